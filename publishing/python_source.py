"""Python modules as the rules look at them: parsed once, whoever asks."""

import ast
import functools


@functools.cache
def tree(source: bytes) -> ast.Module:
    """The module's syntax tree; that of an empty one where it does not compile, which is a rule of its own."""
    return ast.Module([], []) if why_it_does_not_compile(source) else ast.parse(source)


@functools.cache
def why_it_does_not_compile(source: bytes) -> str:
    """ "" if it compiles."""
    try:
        compile(source, "module", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return str(error)
    return ""
