"""The tools of the workspace's agent: a calculator and a word counter. Neither needs a clock or a network."""

import ast
import json
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

type Number = int | float


class Toolbox(NamedTuple):
    """What an agent has: `tools` in Dify's wire form (name, description, JSON Schema of the parameters), and `call`,
    which takes a name and the arguments as a model wrote them, and gives what is told to the model."""

    tools: list[dict[str, Any]]
    call: Callable[[str, str], str]
    suggested: tuple[str, ...] = ()
    """Questions to begin with."""


TOOLS: list[dict[str, Any]] = [
    {
        "name": "calculator",
        "description": "Calculate an arithmetic expression, such as (3 + 4) * 2.",
        "parameters": {
            "type": "object",
            "properties": {"expression": {"type": "string", "description": "Numbers and + - * / // % ** ( )"}},
            "required": ["expression"],
        },
    },
    {
        "name": "word_counter",
        "description": "Count the words of a text.",
        "parameters": {
            "type": "object",
            "properties": {"text": {"type": "string", "description": "The text whose words are counted"}},
            "required": ["text"],
        },
    },
]
"""In Dify's wire form: name, description, JSON Schema of the parameters."""

_OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_LARGEST_POWER = 1000


def call(name: str, arguments: str) -> str:
    """What a tool says to `arguments`, a JSON object as a model wrote it. A mistake is an answer too, for the model."""
    try:
        given = json.loads(arguments or "{}")
        match name:
            case "calculator":
                return str(calculate(str(given["expression"])))
            case "word_counter":
                return str(len(str(given["text"]).split()))
            case _:
                return f"there is not a tool named {name}"
    except (ValueError, KeyError, TypeError, ArithmeticError, SyntaxError) as error:
        return f"tool invoke error: {error}"


def calculate(expression: str) -> Number:
    """The value of an arithmetic expression; `ValueError` for anything else in it."""
    return _value(ast.parse(expression.strip(), mode="eval").body)


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            first, second = _value(left), _value(right)
            if isinstance(op, ast.Pow) and (abs(second) > _LARGEST_POWER or abs(first) > _LARGEST_POWER):
                raise ValueError("the power is too large")
            return _OPERATORS[type(op)](first, second)
    raise ValueError("only numbers, brackets and + - * / // % ** are understood")


CALCULATOR_AND_WORD_COUNTER = Toolbox(
    TOOLS, call, suggested=("What is (3 + 4) * 2?", "How many words are in: to be or not to be")
)
