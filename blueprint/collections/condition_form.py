"""The form of a filter: what the library that evaluates it reads, and CQL2 does not have.

Input: a CQL2 JSON document. `refuse_malformed` holds it against the grammar of OGC 21-065r2: how
deep it goes, how many arguments an operation has, where it has to be true or false, which dates
there are. `with_lists_of_literals` says a list of expressions after `in` as comparisons.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from blueprint.errors import InvalidFilter

DEEPEST = 100
"""Whoever evaluates a filter descends into it."""
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_ARITHMETIC = ("+", "-", "*", "/", "%", "^", "div")
_ARGUMENTS = {
    **dict.fromkeys((*_COMPARISONS, *_ARITHMETIC, "like", "in"), 2),
    **dict.fromkeys(("not", "isNull", "casei", "accenti"), 1),
    "between": 3,
}
_AT_LEAST = {"and": 2, "or": 2}
_LOGIC = ("and", "or", "not")
_NO_TRUTH = (*_ARITHMETIC, "casei", "accenti")
_MOMENTS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}


def refuse_malformed(document: Any) -> None:
    """See that a filter is one.

    Raises:
        InvalidFilter: it is none; the text names the part.
    """
    if not _is_truth(document):
        raise _malformed("the whole", "is neither true nor false; write a comparison")
    waiting = [(document, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            message = f"filter: nests deeper than {DEEPEST} steps; write it flatter"
            raise InvalidFilter(message)
        if isinstance(node, dict):
            _refuse_node(node)
            parts = node["args"] if "op" in node else ()
        else:
            parts = node if isinstance(node, list) else ()
        waiting += [(part, depth + 1) for part in parts]


def with_lists_of_literals(node: Any) -> Any:
    """The same filter, where every list after `in` has literals alone."""
    if isinstance(node, list):
        return [with_lists_of_literals(part) for part in node]
    if not isinstance(node, dict) or "op" not in node:
        return node
    args = with_lists_of_literals(node["args"])
    if node["op"] != "in" or not any(isinstance(one, dict) for one in args[1]):
        return {**node, "args": args}
    each = [{"op": "=", "args": [args[0], one]} for one in args[1]]
    return each[0] if len(each) == 1 else {"op": "or", "args": each}


def _refuse_node(node: dict[str, Any]) -> None:
    for name, read in _MOMENTS.items():
        if name in node:
            try:
                read(node[name])
            except (TypeError, ValueError):
                raise _malformed(f"{name} {str(node[name])[:40]}", "there is none") from None
    if "op" in node:
        _refuse_operation(node["op"], node.get("args"))


def _refuse_operation(op: str, args: Any) -> None:
    spatial = op.startswith("s_")
    wanted = 2 if spatial else _ARGUMENTS.get(op)
    if not isinstance(args, list) or (wanted is not None and len(args) != wanted):
        raise _malformed(op, f"takes {wanted or 'at least 2'} arguments")
    if len(args) < _AT_LEAST.get(op, 0):
        raise _malformed(op, "takes at least 2 arguments")
    if op in _LOGIC and not all(map(_is_truth, args)):
        raise _malformed(op, "joins what is neither true nor false")
    if op == "in" and not (isinstance(args[1], list) and args[1]):
        raise _malformed(op, "takes a list, of at least one value")
    if spatial and not all(isinstance(arg, dict) and "op" not in arg for arg in args):
        raise _malformed(op, "compares shapes")


def _is_truth(node: Any) -> bool:
    """Whether a part may be true or false; what a function comes to is not known here."""
    if isinstance(node, dict):
        return "op" in node and node["op"] not in _NO_TRUTH
    return isinstance(node, bool)


def _malformed(what: str, why: str) -> InvalidFilter:
    return InvalidFilter(f"filter: {what}: {why}; correct it")
