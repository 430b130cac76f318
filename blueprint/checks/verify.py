"""Verifying a site check: judged anew from what it cites, held against what was kept.

Input: the document of a site check. Output: `Verification`: whether the store, the snapshot and the
rules that it cites still give this answer for its application date, and where not; and whether the
store has kept this very document. Nothing is stored.

What cannot be made anew is told from the document's own word: the site's name, how it was drawn
(its CRS and notes), its id and moment. The kept copy, if there is one, answers for these. Members
that this program adds to documents, and that one of another version did not write, are listed and
count as no difference.
"""

import json
from math import isfinite
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field, ValidationError

from blueprint.checks.check import answer_site
from blueprint.checks.kept import kept_text, load_check, made_for, unknown_check
from blueprint.checks.redrawn import desk_of
from blueprint.clearance import PUBLIC, Clearance, covers
from blueprint.document_differences import Difference, differences
from blueprint.documents import SiteCheck
from blueprint.engine import this_engine
from blueprint.errors import CannotVerify, UnknownCheck
from blueprint.service import Service
from blueprint.shared_documents import EngineRef, RulePackRef, SnapshotRef
from blueprint.values import Bilingual, Value, text_hash
from layers.table import canonical_json

_DEEPEST = 100
_NOT_MADE_ANEW = ("check_id", "checked_at", "engine")


class Verification(Value):
    """What verifying a check came to; `differences` are from the document to the answer of today.

    `kept` holds the document against the store's own: `altered` with `alterations`, from the kept
    one to the document; `not_here`: the store has kept none of this id. `engine` judged anew.
    `content_hash` is over the document in canonical form, and what reports on it print.
    """

    check_id: str
    status: Literal["identical", "differs"]
    text: Bilingual
    snapshot: SnapshotRef
    rule_pack: RulePackRef
    site_hash: str
    content_hash: str = Field(description="SHA-256 of the document in canonical form")
    cited_engine: EngineRef | None
    engine: EngineRef
    differences: list[Difference]
    kept: Literal["as_answered", "altered", "not_here"]
    alterations: list[Difference]
    not_yet_told: list[str] = Field(
        description="members that a document of another version did not have"
    )


def read_check(text: str, name: str) -> dict[str, Any]:
    """The document of a site check, from its text.

    Raises:
        CannotVerify: it is none.
    """
    try:
        found = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        _refuse_unwritable(found)
        check = SiteCheck.model_validate(found, extra="ignore")
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"])) or "top level"
        message = f"{name}: is no site check ({where}: {first['msg']}); give one that was answered"
        raise CannotVerify(message) from None
    except (ValueError, RecursionError) as problem:
        message = f"{name}: is not JSON ({problem}); give the document of a site check"
        raise CannotVerify(message) from None
    for member, said in (("check_id", check.check_id), ("snapshot.id", check.snapshot.id)):
        if not said.isprintable():
            message = f"{name}: {member} has control characters; give a check that was answered"
            raise CannotVerify(message)
    document: dict[str, Any] = found
    return document


def verify_check(
    service: Service, document: dict[str, Any], clearance: Clearance = PUBLIC
) -> Verification:
    """Judge a site check anew and hold the answers side by side.

    Raises:
        CannotVerify: it was made for a higher clearance, or what it cites is not in the store.
        InvalidSite: the geometry in the document is none that could have been checked.
    """
    check = SiteCheck.model_validate(document, extra="ignore")
    if not covers(clearance, check.clearance):
        message = (
            f"{check.check_id}: was made for {check.clearance}; "
            f"verify it with --clearance {check.clearance}"
        )
        raise CannotVerify(message)
    with service.database.read() as connection:
        anew = _anew(service, connection, check)
        kept = _kept(connection, check)
    here = this_engine()
    found = list(differences(_without(document), _without(anew)))
    later = check.engine is None or check.engine.blueprint != here.blueprint
    not_yet = [one.path for one in found if later and one.kind == "added" and one.path[-1] != "]"]
    found = [one for one in found if one.path not in not_yet]
    altered = [] if kept is None else list(differences(json.loads(kept), document))
    return Verification(
        check_id=check.check_id,
        status="differs" if found or altered else "identical",
        text=_text(found, altered, other_engine=check.engine != here),
        snapshot=check.snapshot,
        rule_pack=check.rule_pack,
        site_hash=check.site.geometry_hash,
        content_hash=text_hash(canonical_json(document)),
        cited_engine=check.engine,
        engine=here,
        differences=found,
        kept="not_here" if kept is None else "altered" if altered else "as_answered",
        alterations=altered,
        not_yet_told=not_yet,
    )


def verify_kept(service: Service, check_id: str, clearance: Clearance) -> Verification:
    """Verify a check that the store has kept.

    Raises:
        UnknownCheck: there is none that the caller may see.
        CannotVerify: what it cites is not in the store.
    """
    with service.database.read() as connection:
        kept_for = made_for(connection, check_id)
        if kept_for is None or not covers(clearance, kept_for):
            raise unknown_check(check_id)
        load_check(connection, check_id, kept_for, clearance)
        text = kept_text(connection, check_id, kept_for)
    return verify_check(service, read_check(text or "", check_id), clearance)


def _kept(connection: sa.Connection, check: SiteCheck) -> str | None:
    """The check as it was kept; None: it was not, or may not be given out any more."""
    try:
        load_check(connection, check.check_id, check.clearance)
    except UnknownCheck:
        return None
    return kept_text(connection, check.check_id, check.clearance)


def _anew(service: Service, connection: sa.Connection, check: SiteCheck) -> dict[str, Any]:
    """The document as it is answered now, on what it cites."""
    desk = desk_of(service, connection, check)
    suggest = check.suggestions is not None
    checked = answer_site(service, connection, desk, suggest=suggest)
    return checked.document.model_dump(mode="json")


def _without(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _NOT_MADE_ANEW}


def _text(found: list[Difference], altered: list[Difference], *, other_engine: bool) -> Bilingual:
    by = Bilingual(zh="", en="")
    if other_engine:
        by = Bilingual(zh="（与当时所用引擎版本不同）", en=" (by another engine than it cites)")
    if found:
        zh = f"重算结果与文件有 {len(found)} 处不同{by.zh}"
        en = f"judged anew, it differs in {len(found)} places{by.en}"
    else:
        zh, en = f"重算结果与文件一致{by.zh}", f"judged anew, it is identical{by.en}"
    if altered:
        zh += f"；与库中留存的原件有 {len(altered)} 处不同"
        en += f"; it is not what was answered: {len(altered)} places were altered"
    return Bilingual(zh=zh, en=en)


def _refuse(constant: str) -> None:
    message = f"{constant} is no number"
    raise ValueError(message)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        _refuse(text)
    return number


def _refuse_unwritable(value: object, depth: int = 0) -> None:
    """Refuse what could be read but not written again: half characters, endless nesting."""
    if depth > _DEEPEST:
        message = f"nested deeper than {_DEEPEST}"
        raise ValueError(message)
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for member, content in value.items():
            member.encode()
            _refuse_unwritable(content, depth + 1)
    elif isinstance(value, list):
        for content in value:
            _refuse_unwritable(content, depth + 1)
