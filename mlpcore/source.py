"""Show the library's own source in a chapter: what is read is what runs."""

import ast
import inspect
import textwrap


class Source:
    """Source code as a notebook shows it: a Python block, highlighted."""

    def __init__(self, code: str):
        self.code = code

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.code}\n```"

    def __repr__(self) -> str:
        return self.code


def show_source(*objects, docstring: bool = False, checks: bool = True) -> Source:
    """The source of functions, methods or classes of the library, one below the other.

    Docstrings, and what decorates the object itself, are left out unless docstring=True: the
    chapter around it says what they say. checks=False leaves out the statements `if ...: raise`.
    TypeError for what has no Python source (a number, a built-in).
    """
    return Source("\n\n\n".join(_source(thing, docstring, checks) for thing in objects))


def _source(thing, docstring: bool, checks: bool) -> str:
    thing = inspect.unwrap(thing) if callable(thing) else thing
    try:
        code = textwrap.dedent(inspect.getsource(thing)).rstrip()
    except (TypeError, OSError) as error:
        raise TypeError(f"show_source takes a function, method or class; got {thing!r}") from error
    tree, lines = ast.parse(code), code.split("\n")
    left_out = [] if docstring else list(getattr(tree.body[0], "decorator_list", []))
    blank = set()
    for node in ast.walk(tree):
        if not docstring and _has_docstring(node) and len(node.body) > 1:
            left_out.append(node.body[0])
            end = node.body[0].end_lineno
            blank |= {end + 1} if not lines[end].strip() else set()
        if not checks and _is_check(node):
            left_out.append(node)
    drop = blank.union(*(range(node.lineno, node.end_lineno + 1) for node in left_out))
    kept = [line for number, line in enumerate(lines, 1) if number not in drop]
    return "\n".join(kept).strip("\n")


def _has_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None


def _is_check(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], ast.Raise)
