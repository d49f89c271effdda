"""A knowledge base whose passages are found by their words, which needs no store of vectors."""

import time
from typing import Any

from tests.dify.apps import PREFIX
from tests.dify.console import Console

LONGEST_INDEXING = 60.0
BY_WORDS = {
    "search_method": "keyword_search",
    "reranking_enable": False,
    "top_k": 10,
    "score_threshold_enabled": False,
    "score_threshold": 0.5,
}
LINES = {"segmentation": {"separator": "\n", "max_tokens": 200, "chunk_overlap": 0}, "pre_processing_rules": []}


def add_knowledge(console: Console, text: str) -> str:
    """Its id, once Dify has indexed it; each line of the text is a passage."""
    named = {"name": f"{PREFIX} knowledge", "indexing_technique": "economy", "permission": "only_me"}
    knowledge_id = str(console.post("/datasets", named)["id"])
    files = {"file_ids": [console.upload_file("passages.txt", text.encode())["upload_file_id"]]}
    source = {"type": "upload_file", "info_list": {"data_source_type": "upload_file", "file_info_list": files}}
    document: dict[str, Any] = {
        "data_source": source,
        "indexing_technique": "economy",
        "process_rule": {"mode": "custom", "rules": LINES},
        "doc_form": "text_model",
        "doc_language": "English",
        "retrieval_model": BY_WORDS,
    }
    console.post(f"/datasets/{knowledge_id}/documents", document)
    until = time.monotonic() + LONGEST_INDEXING
    while (status := _status(console, knowledge_id)) != "completed":
        if status == "error" or time.monotonic() > until:
            raise RuntimeError(f"Dify did not index the knowledge base ({status}): see the log of its worker.")
        time.sleep(0.5)
    return knowledge_id


def knowledge(console: Console, name: str) -> list[str]:
    """The ids of those whose name begins with this."""
    found = console.pages("/datasets")
    return [str(each["id"]) for each in found if each["name"].startswith(name)]


def _status(console: Console, knowledge_id: str) -> str:
    [document] = console.get(f"/datasets/{knowledge_id}/documents", page=1, limit=10)["data"]
    return str(document["indexing_status"])
