"""The page that says how to connect, as HTML: plain, without a script, asking for nothing from elsewhere.

What it says is in files beside this one: `page.html` and `page.css`, `texts.toml` in four languages, and
`programs.toml`, each program with the lines to copy. In these `$base` stands for the address, `$key` and `$model` for
what the reader fills in.
"""

import functools
import html
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from dify_plugin.entities.model import ModelType
from werkzeug import Request

from endpoints.http.chosen_tools import chosen_tools
from endpoints.http.settings import APP_PREFIX, GroupSettings
from switchboard.errors import SwitchboardError

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Authorization",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

KEY, MODEL = "KEY", "MODEL"
"""What stands in the lines to copy for what the reader has to fill in."""

UNKNOWN = "https://dify.example.com/e/ENDPOINT"
"""The address, where nobody tells it."""

_FOLDER = Path(__file__).parent
_LANGUAGES = {"en": "en_US", "zh": "zh_Hans", "ja": "ja_JP", "pt": "pt_BR"}
_IN_HTML = {"en_US": "en", "zh_Hans": "zh-Hans", "ja_JP": "ja", "pt_BR": "pt-BR"}


class Reached(NamedTuple):
    """What a key reaches: names as requests give them."""

    models: list[tuple[str, ModelType]]
    apps: list[str]
    tools: list[str]
    whole_workspace: bool

    def first(self, model_type: ModelType) -> str:
        """The name of a model of this type."""
        return next((name for name, each in self.models if each is model_type), MODEL)


def reached(settings: Mapping[str, Any]) -> Reached:
    """Raises UnreadableSetting."""
    group = GroupSettings(settings)
    return Reached(
        [(model.name, model.model_type) for model in group.models()],
        [APP_PREFIX + app.name for app in group.apps()],
        [tool.label for tool in chosen_tools(settings)],
        group.reaches_workspace,
    )


def page(request: Request, found: Reached | SwitchboardError | None) -> str:
    """`found` is what the key reaches, why that cannot be told, or None where nobody has asked."""
    language = _language(request)
    texts = {name: text[language] for name, text in _read("texts.toml").items()}
    names = found if isinstance(found, Reached) else Reached([], [], [], whole_workspace=False)
    values = {
        "base": base_address(request),
        "key": KEY,
        "model": names.first(ModelType.LLM),
        "embedding_model": names.first(ModelType.TEXT_EMBEDDING),
        "rerank_model": names.first(ModelType.RERANK),
    }
    programs = [
        {
            "id": program["id"],
            "name": program["name"],
            "where": program["where"][language],
            "lines": Template(program["lines"].strip("\n")).substitute(values),
        }
        for program in _read("programs.toml")["programs"]
    ]
    contents = {
        **{name: _inline(text) for name, text in texts.items()},
        "language": _IN_HTML[language],
        "base": html.escape(values["base"]),
        "style": _file("page.css"),
        "reach": _reach(found, texts),
        "links": "".join(f'<li><a href="#{each["id"]}">{html.escape(each["name"])}</a></li>' for each in programs),
        "programs": "".join(map(_program, programs)),
    }
    return Template(_file("page.html")).substitute(contents)


def base_address(request: Request) -> str:
    """Where this endpoint is: Dify's nginx, or the plugin daemon where it has said nothing, tells it in a header.

    What is told is copied into shells, so it may hold nothing but what addresses of endpoints hold.
    """
    told = re.match(r"https?://[\w.:\[\]-]+(?:/[\w./~-]*)?(?=\?|$)", request.headers.get("Dify-Hook-Url", ""))
    return told[0].rstrip("/") if told else UNKNOWN


def _language(request: Request) -> str:
    wanted = (tag.lower().partition("-")[0] for tag in request.accept_languages.values())
    return next((_LANGUAGES[tag] for tag in wanted if tag in _LANGUAGES), "en_US")


def _program(program: Mapping[str, str]) -> str:
    return (
        f'<section id="{program["id"]}"><h3>{html.escape(program["name"])}</h3><p>{_inline(program["where"])}</p>'
        f'<pre tabindex="0"><code>{html.escape(program["lines"], quote=False)}</code></pre></section>'
    )


def _reach(found: Reached | SwitchboardError | None, texts: Mapping[str, str]) -> str:
    if found is None:
        return f'<p><a href="?list#reach">{_inline(texts["reach_show"])}</a> {_inline(texts["reach_how"])}</p>'
    if isinstance(found, SwitchboardError):
        again = f'<a href="?list#reach">{_inline(texts["reach_show"])}</a>'
        return f'<p role="alert" lang="en">{_inline(str(found))}</p><p>{again}</p>'
    lists = [
        _list(texts["reach_models"], [f"{name} ({model_type.value})" for name, model_type in found.models]),
        _list(texts["reach_apps"], found.apps),
        _list(texts["reach_tools"], found.tools),
    ]
    told = "".join(lists) or f"<p>{_inline(texts['reach_nothing'])}</p>"
    return told + (f"<p>{_inline(texts['reach_workspace'])}</p>" if found.whole_workspace else "")


def _list(heading: str, names: list[str]) -> str:
    items = "".join(f"<li>{html.escape(name)}</li>" for name in names)
    return f"<h3>{_inline(heading)}</h3><ul>{items}</ul>" if names else ""


def _inline(text: str) -> str:
    """A text in HTML, with what stands between backquotes as code."""
    parts = html.escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


@functools.cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(_file(name))


@functools.cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
