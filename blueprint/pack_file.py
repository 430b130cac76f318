"""Reading a rule pack from its file: every mistake with file, line and remedy, one line each.

Input: a YAML file. Output: `RulePack`, which knows on which lines its rules stand.

Algorithm:
    1. the text becomes data and a tree of nodes with line numbers;
    2. every part is validated by itself; laws and rules that are faulty are told and left out;
    3. what is left is looked through for what does not hang together, names of faulty parts being
       taken as known, so that one mistake is not told as many.
"""

import difflib
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Self, get_args

from pydantic import BaseModel, ValidationError, model_validator
from pydantic_core import ErrorDetails

from blueprint.errors import InvalidRulePack
from blueprint.rules import Mistake, Rule, RulePack, mistakes_of
from blueprint.yaml_nodes import NotYaml, Step, YamlDocument, read_yaml

_DOCS = "docs/rules.md"
_KINDS: dict[str, type[BaseModel]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in get_args(get_args(Rule)[0])
}
_NO_MAPPING = f"is no mapping of fields; write it as {_DOCS} describes"
_WHOLE = {
    "missing": "is missing; add it",
    "too_short": "is empty; give at least one",
    "union_tag_not_found": f"kind is missing; add kind: one of {', '.join(_KINDS)}",
    "model_type": _NO_MAPPING,
    "model_attributes_type": _NO_MAPPING,
    "dict_type": _NO_MAPPING,
}
"""What pydantic's types of errors say here, and the remedy."""
_A_DAY = "write a day such as 2026-08-15"
_REMEDIES = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "date_from_datetime_parsing": _A_DAY,
    "date_from_datetime_inexact": _A_DAY,
    "date_parsing": _A_DAY,
    "date_type": _A_DAY,
    "float_parsing": "write a number",
    "float_type": "write a number",
    "string_pattern_mismatch": "write lower-case letters, digits and underscores",
    "string_type": "write a text, in quotes if it looks like a number",
}
"""The remedy where pydantic's own reason is told."""


class _LoosePack(RulePack):
    """A pack whose parts are sound, whether or not they hang together."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        return self


def load_rule_pack(path: Path) -> RulePack:
    """Read and check a rule pack.

    Raises:
        InvalidRulePack: one line for each mistake, with file, line and remedy.
    """
    document = _document(path)
    mistakes = [
        (line, f"{key} is there twice, and the first one would be lost; take one out")
        for line, key in document.twice()
    ]
    pack, found = _validated(document.content)
    mistakes += [(document.line_of(mistake.at), mistake.text) for mistake in found]
    if mistakes or pack is None:
        lines = [
            f"{path.name}:{line}: {text}" for line, text in sorted(mistakes, key=itemgetter(0))
        ]
        raise InvalidRulePack(*lines)
    places = {row: document.line_of(("rules", row)) for row in range(len(pack.rules))}
    pack.place_in(path.name, places)
    return pack


def _document(path: Path) -> YamlDocument:
    try:
        return read_yaml(path.read_text("utf-8"))
    except NotYaml as problem:
        message = f"{path.name}:{problem.line}: is not YAML ({problem}); mend that line"
        raise InvalidRulePack(message) from None
    except OSError as problem:
        message = f"{path}: cannot be read ({problem.strerror}); give the path of a YAML file"
        raise InvalidRulePack(message) from None
    except UnicodeDecodeError as problem:
        line = path.read_bytes().count(b"\n", 0, problem.start) + 1
        message = f"{path.name}:{line}: is not UTF-8; save the file in that encoding"
        raise InvalidRulePack(message) from None


def _validated(content: object) -> tuple[RulePack | None, list[Mistake]]:
    """The pack, or all that is wrong with it."""
    try:
        return RulePack.model_validate(content), []
    except ValidationError:
        pass
    try:
        return None, list(mistakes_of(_LoosePack.model_validate(content)))
    except ValidationError as problem:
        mistakes = [_mistake(content, error) for error in problem.errors()]
    return None, mistakes + _beyond(content, {_part(mistake.at) for mistake in mistakes})


def _part(at: tuple[Step, ...]) -> tuple[Step, ...]:
    return at[:2] if at[:1] in (("laws",), ("rules",), ("questions",)) else at[:1]


def _beyond(content: object, faulty: set[tuple[Step, ...]]) -> list[Mistake]:
    """What does not hang together in the parts that are not faulty."""
    whole = {(), ("laws",), ("questions",), ("rules",)}
    if not isinstance(content, dict) or whole & faulty:
        return []  # what is there to refer to cannot be told
    kept = {"id": "p", "version": "0", "name": {"zh": "", "en": ""}}
    kept |= {key: value for key, value in content.items() if (key,) not in faulty}
    for entries in ("laws", "questions"):
        given = content.get(entries) or {}
        kept[entries] = {k: v for k, v in given.items() if (entries, str(k)) not in faulty}
    rows = [row for row in range(len(content["rules"])) if ("rules", row) not in faulty]
    kept["rules"] = [content["rules"][row] for row in rows]
    unread = {part[1] for part in faulty if part[0] in ("laws", "questions")}
    return [
        replace(mistake, at=("rules", rows[int(mistake.at[1])], *mistake.at[2:]))
        if mistake.at[0] == "rules"
        else mistake
        for mistake in mistakes_of(_LoosePack.model_validate(kept))
        if mistake.unknown not in unread
    ]


def _mistake(content: object, error: ErrorDetails) -> Mistake:
    at = error["loc"]
    model: type[BaseModel] = RulePack
    if at[:1] == ("rules",) and len(at) > 2 and at[2] in _KINDS:
        # the step that only tells pydantic's variant of the rule is no part of the file
        model = _KINDS[str(at[2])]
        at = (*at[:2], *at[3:])
    at = tuple(step for step in at if step != "[key]")
    return Mistake(at, f"{_where(content, at)}{_what(error, at, model)}")


def _where(content: object, at: tuple[Step, ...]) -> str:
    """The part and the field, as its author calls them."""
    if not at:
        return "the pack "
    head, rest = str(at[0]), at[1:]
    if at[0] == "rules" and rest:
        rule = content["rules"][rest[0]] if isinstance(content, dict) else None
        name = rule.get("id") if isinstance(rule, dict) else None
        head, rest = f"rule {name or int(rest[0]) + 1}", rest[1:]
    elif at[0] in ("laws", "questions") and rest:
        head, rest = f"{str(at[0])[:-1]} {rest[0]}", rest[1:]
    steps = ".".join(str(step) for step in rest)
    return f"{head}, {steps}: " if steps else f"{head}: "


def _what(error: ErrorDetails, at: tuple[Step, ...], model: type[BaseModel]) -> str:
    """What is wrong and what to do about it."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind in _WHOLE:
        return _WHOLE[kind]
    match kind:
        case "value_error":
            return str(context["error"])
        case "extra_forbidden":
            return _unknown(str(at[-1]), model if len(at) == 3 else None)
        case "literal_error":
            return f"{given!r} is none of {context['expected']}; write one of them"
        case "union_tag_invalid":
            return f"kind {context['tag']!r} is none of {', '.join(_KINDS)}; write one of them"
    reason = error["msg"][0].lower() + error["msg"][1:]
    if kind == "string_pattern_mismatch":
        reason = f"does not fit {context['pattern']}"
    return f"{given!r}: {reason}; {_REMEDIES.get(kind, f'correct it, see {_DOCS}')}"


def _unknown(name: str, model: type[BaseModel] | None) -> str:
    fields = list(model.model_fields) if model is not None else []
    near = difflib.get_close_matches(name, fields, n=1)
    if near:
        return f"is not known; write {near[0]}, or take it out"
    return f"is not known here; take it out, or see {_DOCS} for the fields there are"
