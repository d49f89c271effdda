"""Lists and objects as Python writes them, or a keyboard with other quotation marks, as JSON.

['a', {'score': None}]                  what Dify makes of a list that goes into a text parameter
{'at': datetime.date(2026, 1, 31)}      a few objects that have one plain value: dates, decimals, UUIDs, enums
{“city”：“Lisbon”}                       quotation marks, commas and colons of other keyboards
["a", "b",]                             a comma too many, which models like to write
"""

import json
import re

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^'\\]++|\\.)*+'|"(?:[^"\\]++|\\.)*+")|(?P<typed>[“”][^“”]*+[“”]|[‘’][^‘’]*+[‘’]|＂[^＂]*+＂)"""
    r"""|datetime\.(?:datetime|date)\((?P<date>\d+(?:, \d+){2,6})(?:, tzinfo=[\w.]+(?:\([^()]*\))?)?\)"""
    r"""|(?:UUID|<[\w.]+:)[( ](?P<named>'[^'\\]*'|\d+)[)>]|(?:Decimal|np\.\w+)\('?(?P<number>[-+.\deE]++)'?\)"""
    r"""|(?P<word>[A-Za-z_]\w*+)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<other>[,:\s，、：]++|[-+.\d][-+.\deE]*+)""",
    re.DOTALL,
)
_WORDS = {"True": "true", "False": "false", "None": "null", "nan": "NaN", "inf": "Infinity"}
_WORDS |= {word: word for word in ("true", "false", "null", "NaN", "Infinity")}
_SIGNS = str.maketrans({"，": ",", "、": ",", "：": ":", "\xa0": " ", "\u3000": " "})
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "/": "/", "'": "'", '"': '"'}


def as_json(text: str) -> str | None:
    """The same in JSON, which need not be valid; `None` for what holds other objects, or is nothing of the kind."""
    written: list[str] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        position = token.end()
        match token.lastgroup:
            case "text":
                try:
                    written.append(json.dumps(_ESCAPE.sub(_unescaped, token[0][1:-1])))
                except (KeyError, ValueError):
                    return None
            case "typed":
                written.append(json.dumps(token[0][1:-1]))
            case "date":
                written.append(f'"{_iso_8601(token["date"])}"')
            case "named":
                written.append(token["named"].replace("'", '"'))
            case "number":
                written.append(token["number"])
            case "word" if token[0] in _WORDS:
                written.append(_WORDS[token[0]])
            case "word":
                return None
            case "close":
                if written[-1:] and written[-1].strip() == "," and written[-2:-1] not in (["["], ["{"]):
                    written.pop()
                written.append("]" if token[0] == ")" else token[0])
            case "open":
                written.append("[" if token[0] == "(" else token[0])
            case _:
                written.append(token[0].translate(_SIGNS))
    return "".join(written)


def _unescaped(escape: re.Match[str]) -> str:
    """Raises KeyError or ValueError for what neither Python's repr nor JSON writes."""
    code = escape[1] or escape[2] or escape[3]
    return chr(int(code, 16)) if code else _ESCAPED[escape[4]]


def _iso_8601(numbers: str) -> str:
    """Of year, month and day, or of a time down to microseconds."""
    year, month, day, *time = map(int, numbers.split(", "))
    date = f"{year:04}-{month:02}-{day:02}"
    if not time:
        return date
    hour, minute, second, microsecond = (*time, 0, 0, 0)[:4]
    return f"{date}T{hour:02}:{minute:02}:{second:02}" + (f".{microsecond:06}" if microsecond else "")
