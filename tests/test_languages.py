"""Everything that people read in Dify of the plugin, in the four languages that Dify has for plugins."""

import functools
import re
import textwrap
import tomllib
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from publishing import contents
from workspace.plugin.yaml_file import Loader

ROOT = Path(__file__).parent.parent
LANGUAGES = {"en_US", "zh_Hans", "ja_JP", "pt_BR"}
FILES = [path for path in contents.read(ROOT).files if path.endswith(".yaml")]
READ_BY_PEOPLE = {"label", "help", "placeholder", "human", "human_description"}
"""The fields that Dify shows; `description` is one where it stands in the manifest or a provider."""

SAME_IN_ALL = {
    "Switchboard": "the plugin's name",
    "langgenius/cohere/cohere/rerank-v3.5": "the id of a model",
    "gpt-4o = langgenius/openai/openai/gpt-4o, whisper-1 = speech2text:langgenius/openai/openai/whisper-1": "ids",
    "https://chat.example.com, http://localhost:3000": "addresses",
}
WITHOUT_SCRIPT = {("ja_JP", "LLM"): "as Dify says it"}
SAME_AS_ENGLISH = {
    ("pt_BR", "Prompt"): "the word in Brazil, and in Dify",
    ("pt_BR", "Top N"): "as Dify leaves Top K",
    ("zh_Hans", "Top N"): "as Dify leaves Top K",
}
TRANSLATED_BY_USE = {
    "Parameters": "those of a tool, and those to extract",
}
"""English texts that stand for two things."""

HAN, KANA = re.compile("[\u4e00-\u9fff]"), re.compile("[\u3040-\u30ff]")


def texts(node, where):
    """The place and the content of everything that is written in languages."""
    if isinstance(node, dict):
        if "en_US" in node:
            yield where, node
        for key, value in node.items():
            yield from texts(value, f"{where}.{key}")
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from texts(value, f"{where}[{value.get('name', position) if isinstance(value, dict) else position}]")


def fields(node):
    """Every field of every mapping."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield key, value
        yield from fields(value)


@functools.cache
def read(path):
    return yaml.load((ROOT / path).read_bytes(), Loader)


TEXTS = [text for path in FILES for text in texts(read(path), path)]
CONNECT = [
    text
    for name in ("texts.toml", "programs.toml")
    for text in texts(tomllib.loads((ROOT / "endpoints/connect/wire" / name).read_text(encoding="utf-8")), name)
]
ELSEWHERE = {
    language: [
        *((where, text[language]) for where, text in CONNECT),
        (f"README_{language}.md", (ROOT / "readme" / f"README_{language}.md").read_text(encoding="utf-8")),
    ]
    for language in LANGUAGES - {"en_US"}
}
"""What people read besides: the page that says how to connect, and the translations of the README."""
every_text = pytest.mark.parametrize("text", [text for _, text in TEXTS], ids=[where for where, _ in TEXTS])


@pytest.mark.parametrize("path", FILES)
def test_what_people_read_is_written_in_languages(path):
    content = read(path)
    shown = [value for key, value in fields(content) if key in READ_BY_PEOPLE]

    assert bool(shown) is (not path.startswith("endpoints/") or path == "endpoints/group.yaml")
    assert all(isinstance(value, dict) and "en_US" in value for value in shown)
    for parameter in content.get("parameters", []):
        assert {"label", "human_description"} <= parameter.keys(), parameter["name"]
    for setting in content.get("settings", []):
        assert {"label", "help"} <= setting.keys(), setting["name"]
    for _, options in (field for field in fields(content) if field[0] == "options"):
        assert all("label" in option for option in options)


@every_text
def test_it_is_there_in_all_four(text):
    assert set(text) == LANGUAGES
    assert all(value == value.strip() != "" for value in text.values())


@every_text
def test_it_is_translated(text):
    english = text["en_US"]
    same = {language for language in LANGUAGES - {"en_US"} if text[language] == english}

    assert same == (
        LANGUAGES - {"en_US"} if english in SAME_IN_ALL else {lang for lang, en in SAME_AS_ENGLISH if en == english}
    )


@every_text
def test_each_is_in_its_own_script(text):
    assert not HAN.search(text["en_US"] + text["pt_BR"])
    assert not KANA.search(text["en_US"] + text["pt_BR"] + text["zh_Hans"])
    for language in ("zh_Hans", "ja_JP"):
        if text[language] != text["en_US"] and (language, text[language]) not in WITHOUT_SCRIPT:
            assert HAN.search(text[language]) or KANA.search(text[language])
        assert not re.search("[\u3001-\u9fff] [\u3001-\u9fff]", text[language]), "folded lines leave a space"
    if len(text["ja_JP"]) > 12 and text["ja_JP"] != text["en_US"]:
        assert KANA.search(text["ja_JP"])


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("tools/")])
def test_the_description_of_a_tool_fits_the_two_lines_that_dify_shows_of_it(path):
    """Some 54 Latin letters to a line, or half as many characters that are twice as wide: 335 pixels."""
    for language, text in read(path)["description"]["human"].items():
        columns = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
        assert columns <= 104, language
        assert len(textwrap.wrap(text, 54)) <= 2 or columns > len(text), language


def test_what_is_called_alike_in_english_is_called_alike_in_each_language():
    found = defaultdict(set)
    for where, text in TEXTS:
        if where.endswith("label"):
            found[text["en_US"]].add(tuple(text[language] for language in sorted(LANGUAGES)))

    assert {english for english, translations in found.items() if len(translations) > 1} == set(TRANSLATED_BY_USE)


@pytest.mark.parametrize(
    ("language", "wrong", "right"),
    [
        ("zh_Hans", "嵌入模型|重排序模型", "Embedding 模型, Rerank 模型"),
        ("zh_Hans", "智能体|代理", "Agent"),
        ("zh_Hans", "聊天流|对话流", "Chatflow"),
        ("zh_Hans", "提供商|提供者", "供应商"),
        ("zh_Hans", "工作区", "工作空间"),
        ("zh_Hans", "本地插件", "本地集成包"),
        ("zh_Hans", "总结", "摘要"),
        ("ja_JP", "インテグレーション", "連携"),
        ("ja_JP", "リランク|リランキング|再順位付け", "Rerank"),
        ("ja_JP", "言語モデル", "LLM"),
        ("ja_JP", "パラメーター", "パラメータ"),
        ("ja_JP", "エンベディング", "埋め込み"),
        ("pt_BR", "[Ee]spaço de trabalhos|[Ww]orkspace", "espaço de trabalho"),
        ("pt_BR", "[Nn]odo", "nó"),
        ("pt_BR", "[Mm]odelos? de (embedding|rerank)", "Modelo de incorporação, Modelo de reordenação"),
        ("pt_BR", "[Aa]pelido", "alias"),
        ("pt_BR", "(?<!compatível )com visão|[Tt]iver visão", "compatível com visão"),
        ("pt_BR", "[Mm]atriz", "array"),
        ("pt_BR", "\\b([Ff]icheiro|[Uu]tilizador|[Gg]uard(?:ar|am?)\\b)", "arquivo, usuário, armazenar ou salvar"),
    ],
)
def test_terms_are_those_that_dify_shows(language, wrong, right):
    texts_in_it = [*((where, text[language]) for where, text in TEXTS), *ELSEWHERE[language]]
    found = [f"{where}: {each.group()}" for where, text in texts_in_it if (each := re.search(wrong, text))]

    assert found == [], f"Dify says {right}"
