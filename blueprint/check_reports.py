"""Reports on kept site checks: the report of one, with its map, as PDF or Word.

Input: the id of a check, and who asks. Output: bytes, the same for the same check as long as its
layers are as sensitive as they were.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import sqlalchemy as sa

from blueprint.clearance import Clearance
from blueprint.documents import SiteCheck
from blueprint.errors import CannotVerify, UnknownSnapshot
from blueprint.examination import CheckedSite
from blueprint.kept_checks import kept_text
from blueprint.redrawn import redraw
from blueprint.registry import load_snapshot
from blueprint.report.document import Bound, Lang
from blueprint.report.site_report import MAP, site_report
from blueprint.service import Service
from blueprint.shown_checks import show_check
from blueprint.values import Bilingual, document_text, text_hash

Form = Literal["pdf", "docx"]
"""The files that a report is written as."""

_GONE = Bilingual(
    zh="所引快照不在本库中、已被改动，或重算结果与留存结论不同，故不绘图；请先核验本预检。",
    en="What the check cites is not in this store as it was, or gives another answer now: nothing "
    "is drawn. Verify this check first.",
)


def report_on(
    service: Service, check_id: str, clearance: Clearance, lang: Lang, *, draw: bool = True
) -> Bound:
    """The report on a kept check; with its map, unless that is drawn elsewhere.

    Raises:
        UnknownCheck: there is none that the caller may see.
    """
    check = show_check(service, check_id, clearance)
    with service.database.read() as connection:
        kept = kept_text(connection, check_id, check.clearance)
        # a reader's part of a check is kept nowhere: its hash is over what is shown
        digest = text_hash(document_text(check) if kept is None else kept)
        titles = _titles(connection, check)
    picture = _map(service, check) if draw else b""
    undrawn = picture if isinstance(picture, Bilingual) else None
    report = site_report(check, digest, lang, titles=titles, undrawn=undrawn)
    return Bound(report, {} if isinstance(picture, Bilingual) else {MAP: picture})


def bound_file(bound: Bound, form: Form) -> bytes:
    """A report as a file of that form.

    Raises:
        MissingGlyphs: the font of PDFs has not every character of it.
    """
    if form == "pdf":
        from blueprint.report.typeset import typeset

        return typeset(bound)
    from blueprint.report.word import written

    return written(bound)


def _titles(connection: sa.Connection, check: SiteCheck) -> dict[str, Bilingual]:
    """What the rules of the check's snapshot are called; nothing, where it is gone."""
    try:
        pack = load_snapshot(connection, check.snapshot.id).rule_pack
    except UnknownSnapshot:
        return {}
    return {rule.id: rule.title for rule in pack.check_rules}


def drawn_check(service: Service, check_id: str, clearance: Clearance) -> CheckedSite:
    """A kept check with the shapes behind its findings.

    Raises:
        UnknownCheck: there is none that the caller may see.
        CannotVerify: what it cites is not here as it was, or gives other shapes.
    """
    return _drawn(service, show_check(service, check_id, clearance))


def map_of(service: Service, checked: CheckedSite) -> bytes:
    """The map of a check as PNG."""
    from blueprint.dossier import scene_of
    from blueprint.report.maps import draw_site_map

    with TemporaryDirectory(prefix="blueprint-map-") as folder:
        path = Path(folder, MAP)
        draw_site_map(scene_of(service, checked), path)
        return path.read_bytes()


def _drawn(service: Service, check: SiteCheck) -> CheckedSite:
    with service.database.read() as connection:
        redrawn = redraw(service, connection, check)
    if redrawn.lost:
        message = (
            f"{check.check_id}: judged anew, {', '.join(redrawn.lost)} come out otherwise than was "
            "answered, and what is drawn would not be what was answered; verify the check"
        )
        raise CannotVerify(message)
    return redrawn.checked


def _map(service: Service, check: SiteCheck) -> bytes | Bilingual:
    """The map as PNG, or why there is none."""
    try:
        return map_of(service, _drawn(service, check))
    except CannotVerify:
        return _GONE
