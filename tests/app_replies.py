"""The events that a running app sends: building blocks for the tests."""

from typing import Any

UNKNOWN_CONVERSATION = (
    "invoke app failed: request failed with status code: 400 and respond with: "
    '{"code": "invalid_param", "message": "", "status": 400}\n'
)
"""What Dify 1.16 says when a chatbot or an agent is to go on with a conversation that it does not have."""
OTHER_CONVERSATION = "c0ffee00-0000-4000-8000-0000000000ff"
CONVERSATION = "c0ffee00-0000-4000-8000-000000000001"
MESSAGE = "c0ffee00-0000-4000-8000-000000000002"
RUN = "c0ffee00-0000-4000-8000-000000000003"
TOOL_FILE = "c0ffee00-0000-4000-8000-000000000004"

USAGE = {"prompt_tokens": 6, "completion_tokens": 1, "total_tokens": 7, "total_price": "0", "currency": "USD"}
RESOURCE = {
    "position": 1,
    "dataset_name": "Handbook",
    "document_name": "Holidays.md",
    "score": 0.8,
    "content": "30 days",
}


def chat(event: str, **fields: Any) -> dict[str, Any]:
    """An event of a chatbot, an agent or a chatflow."""
    return {"event": event, "conversation_id": CONVERSATION, "message_id": MESSAGE, "created_at": 1, **fields}


def chat_end(*, files: Any = None, retriever_resources: Any = None) -> dict[str, Any]:
    metadata = {"usage": USAGE, "retriever_resources": retriever_resources}
    return chat("message_end", id=MESSAGE, metadata=metadata, files=files)


def chatflow(event: str, **data: Any) -> dict[str, Any]:
    return chat(event, workflow_run_id=RUN, data=data)


def workflow(event: str, **data: Any) -> dict[str, Any]:
    return {"event": event, "task_id": "t", "workflow_run_id": RUN, "data": data}


def workflow_finished(outputs: Any, *, status: str = "succeeded", **data: Any) -> dict[str, Any]:
    return workflow("workflow_finished", id=RUN, status=status, outputs=outputs, **data)


def completion(event: str, **fields: Any) -> dict[str, Any]:
    return {"event": event, "task_id": "t", "message_id": MESSAGE, "created_at": 1, **fields}


def error(message: str, *, code: str = "completion_request_error", status: int = 400) -> dict[str, Any]:
    return {"event": "error", "message_id": MESSAGE, "status": status, "code": code, "message": message}


def file_kept_by_dify(host: str, filename: str, **fields: Any) -> dict[str, Any]:
    """An entry of `files`, at `host` ("http://127.0.0.1:5001")."""
    extension = "." + filename.rsplit(".")[-1]
    return {
        "dify_model_identity": "__dify__file__",
        "related_id": TOOL_FILE,
        "filename": filename,
        "extension": extension,
        "transfer_method": "tool_file",
        "type": "document",
        "url": f"{host}/files/tools/{TOOL_FILE}{extension}?timestamp=1&nonce=n&sign=s",
        **fields,
    }
