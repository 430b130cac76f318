"""Reading a pack of data from its YAML file: every mistake with file, line and remedy.

Input: a file, and the `PackKind` that says what its packs look like. Output: the pack, and the
document with the lines that its parts stand on.

Algorithm:
    1. the text becomes data and a tree of nodes with line numbers;
    2. every part is validated by itself; entries that are faulty are told and left out;
    3. what is left is looked through for what does not hang together, names of faulty parts being
       taken as known, so that one mistake is not told as many.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from blueprint.errors import PlanningError
from blueprint.rules.pack import Mistake
from blueprint.rules.yaml_nodes import NotYaml, Step, YamlDocument, read_yaml

PackT = TypeVar("PackT", bound=BaseModel)
TOLD = "told"
"""The type of errors of pydantic's whose text is told as it is: it says what to do."""

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
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "string_pattern_mismatch": "write lower-case letters, digits and underscores",
    "string_type": "write a text, in quotes if it looks like a number",
}
"""The remedy where pydantic's own reason is told."""


@dataclass(frozen=True, slots=True)
class PackKind(Generic[PackT]):
    """What the reader has to know of one kind of pack.

    `loose` takes packs whose parts are sound, whether or not they hang together, which
    `mistakes_of` tells. `lists` and `maps` name the parts that hold entries, each with what one
    entry is called; `models` has the model of an entry by that name, and `variants` those of a part
    whose entries say their own kind.
    """

    model: type[PackT]
    loose: type[PackT]
    mistakes_of: Callable[[PackT], Iterator[Mistake]]
    error: type[PlanningError]
    docs: str
    lists: Mapping[str, str]
    maps: Mapping[str, str]
    models: Mapping[str, type[BaseModel]]
    variants: Mapping[str, Mapping[str, type[BaseModel]]] = field(default_factory=dict)

    @property
    def parts(self) -> Mapping[str, str]:
        """The parts that hold entries, with what one is called."""
        return {**self.lists, **self.maps}


def read_pack(
    kind: PackKind[PackT], path: Path, prepare: Callable[[YamlDocument], object] | None = None
) -> tuple[PackT, YamlDocument]:
    """Read and check a pack; `prepare` may add to what its file says before it is checked.

    Raises:
        kind.error: one line for each mistake, with file, line and remedy.
    """
    document = read_document(path, kind.error)
    mistakes = [
        (line, f"{key} is there twice, and the first one would be lost; take one out")
        for line, key in document.twice()
    ]
    content = document.content if prepare is None else prepare(document)
    pack, found = _validated(kind, content)
    mistakes += [(document.line_of(mistake.at), mistake.text) for mistake in found]
    if mistakes or pack is None:
        lines = [
            f"{path.name}:{line}: {text}" for line, text in sorted(mistakes, key=itemgetter(0))
        ]
        raise kind.error(*lines)
    return pack, document


def read_document(path: Path, error: type[PlanningError]) -> YamlDocument:
    """Read a YAML file.

    Raises:
        error: it cannot be read, or is no YAML; with the line.
    """
    try:
        return read_yaml(path.read_text("utf-8"))
    except NotYaml as problem:
        message = f"{path.name}:{problem.line}: is not YAML ({problem}); mend that line"
        raise error(message) from None
    except OSError as problem:
        message = f"{path}: cannot be read ({problem.strerror}); give the path of a YAML file"
        raise error(message) from None
    except UnicodeDecodeError as problem:
        line = path.read_bytes().count(b"\n", 0, problem.start) + 1
        message = f"{path.name}:{line}: is not UTF-8; save the file in that encoding"
        raise error(message) from None


def _validated(kind: PackKind[PackT], content: object) -> tuple[PackT | None, list[Mistake]]:
    """The pack, or all that is wrong with it."""
    try:
        return kind.model.model_validate(content), []
    except ValidationError:
        pass
    try:
        return None, list(kind.mistakes_of(kind.loose.model_validate(content)))
    except ValidationError as problem:
        mistakes = [_mistake(kind, content, error) for error in problem.errors()]
    faulty = {_part(kind, mistake.at) for mistake in mistakes}
    return None, mistakes + _beyond(kind, content, faulty)


def _part(kind: PackKind[PackT], at: tuple[Step, ...]) -> tuple[Step, ...]:
    return at[:2] if at and at[0] in kind.parts else at[:1]


def _beyond(kind: PackKind[PackT], content: object, faulty: set[tuple[Step, ...]]) -> list[Mistake]:
    """What does not hang together in the parts that are not faulty."""
    whole = {(), *((name,) for name in kind.parts)}
    if not isinstance(content, dict) or whole & faulty:
        return []  # what is there to refer to cannot be told
    kept: dict[str, object] = {"id": "p", "version": "0", "name": {"zh": "", "en": ""}}
    kept |= {key: value for key, value in content.items() if (key,) not in faulty}
    for entries in kind.maps:
        given = content.get(entries) or {}
        kept[entries] = {k: v for k, v in given.items() if (entries, str(k)) not in faulty}
    rows: dict[str, list[int]] = {}
    for entries in kind.lists:
        given = content.get(entries) or []
        rows[entries] = [row for row in range(len(given)) if (entries, row) not in faulty]
        kept[entries] = [given[row] for row in rows[entries]]
    unread = {part[1] for part in faulty if part[0] in kind.maps}
    return [
        replace(
            mistake,
            at=(mistake.at[0], rows[str(mistake.at[0])][int(mistake.at[1])], *mistake.at[2:]),
        )
        if mistake.at[0] in kind.lists
        else mistake
        for mistake in kind.mistakes_of(kind.loose.model_validate(kept))
        if mistake.unknown not in unread
    ]


def _mistake(kind: PackKind[PackT], content: object, error: ErrorDetails) -> Mistake:
    at = error["loc"]
    model: type[BaseModel] | None = kind.model
    if at and at[0] in kind.parts and len(at) > 1:
        model = kind.models.get(str(at[0]))
        variants = kind.variants.get(str(at[0]), {})
        if len(at) > 2 and at[2] in variants:
            # the step that only tells pydantic's variant of the entry is no part of the file
            model = variants[str(at[2])]
            at = (*at[:2], *at[3:])
    at = _in_file(content, at)
    return Mistake(at, f"{_where(kind, content, at)}{_what(kind, error, at, model)}")


def _in_file(content: object, at: tuple[Step, ...]) -> tuple[Step, ...]:
    """A path without the steps that pydantic alone takes: names of variants, and of keys."""
    found: list[Step] = []
    node = content
    for number, step in enumerate(at):
        if step == "[key]":
            continue
        beneath = _beneath(node, step)
        if beneath is not None:
            node = beneath[0]
        elif number + 1 < len(at) or " " in str(step):
            continue  # names of variants have a blank, as no field's has
        found.append(step)
    return tuple(found)


def _beneath(node: object, step: Step) -> tuple[object] | None:
    if isinstance(node, dict):
        for key, value in node.items():
            if str(key) == str(step):
                return (value,)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return (node[step],)
    return None


def _where(kind: PackKind[PackT], content: object, at: tuple[Step, ...]) -> str:
    """The part and the field, as its author calls them."""
    if not at:
        return "the pack "
    head, rest = str(at[0]), at[1:]
    if at[0] in kind.lists and rest:
        entry = content[at[0]][rest[0]] if isinstance(content, dict) else None
        name = entry.get("id") if isinstance(entry, dict) else None
        head, rest = f"{kind.lists[head]} {name or int(rest[0]) + 1}", rest[1:]
    elif at[0] in kind.maps and rest:
        head, rest = f"{kind.maps[head]} {rest[0]}", rest[1:]
    steps = ".".join(str(step) for step in rest)
    return f"{head}, {steps}: " if steps else f"{head}: "


def _what(
    kind: PackKind[PackT],
    error: ErrorDetails,
    at: tuple[Step, ...],
    model: type[BaseModel] | None,
) -> str:
    """What is wrong and what to do about it."""
    what, given, context = error["type"], error["input"], error.get("ctx", {})
    of_entry = at and at[0] in kind.parts
    variants = kind.variants.get(str(at[0]), {}) if of_entry else {}
    no_mapping = f"is no mapping of fields; write it as {kind.docs} describes"
    whole = {
        "missing": "is missing; add it",
        "too_short": "is empty; give at least one",
        "union_tag_not_found": f"kind is missing; add kind: one of {', '.join(variants)}",
        "model_type": no_mapping,
        "model_attributes_type": no_mapping,
        "dict_type": no_mapping,
    }
    if what in whole:
        return whole[what]
    if what in ("value_error", TOLD):
        return str(context.get("error", error["msg"]))
    if what == "extra_forbidden":
        own = len(at) == (3 if of_entry else 1)
        return _unknown(kind, str(at[-1]), model if own else None)
    if what in ("literal_error", "union_tag_invalid"):
        one = f"kind {context['tag']!r}" if "tag" in context else repr(given)
        return (
            f"{one} is none of {context.get('expected') or ', '.join(variants)}; write one of them"
        )
    reason = error["msg"][0].lower() + error["msg"][1:]
    if what == "string_pattern_mismatch":
        reason = f"does not fit {context['pattern']}"
    return f"{given!r}: {reason}; {_REMEDIES.get(what, f'correct it, see {kind.docs}')}"


def _unknown(kind: PackKind[PackT], name: str, model: type[BaseModel] | None) -> str:
    fields = list(model.model_fields) if model is not None else []
    near = difflib.get_close_matches(name, fields, n=1)
    if near:
        return f"is not known; write {near[0]}, or take it out"
    return f"is not known here; take it out, or see {kind.docs} for the fields there are"
