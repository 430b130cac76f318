"""Reports on kept site checks: the report of one, with its map, as PDF or Word.

Input: the id of a check, and who asks. Output: bytes, the same for the same check as long as its
layers are as sensitive as they were.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import sqlalchemy as sa

from blueprint.checks.examination import CheckedSite
from blueprint.checks.kept import kept_text
from blueprint.checks.redrawn import redraw
from blueprint.checks.shown import show_check
from blueprint.clearance import Clearance
from blueprint.documents import SiteCheck
from blueprint.errors import CannotVerify, UnknownSnapshot
from blueprint.registry import hidden_layers, load_snapshot
from blueprint.report.control_lines import control_lines
from blueprint.report.document import Bound, Lang
from blueprint.report.names import MAP
from blueprint.report.site_cited import Cited
from blueprint.report.site_report import site_report
from blueprint.service import Service
from blueprint.values import Bilingual, document_text, text_hash

Form = Literal["pdf", "docx"]
"""The files that a report is written as."""

NOT_DRAWN = Bilingual(
    zh="所引快照不在本库中、已被改动，或重算结果与留存结论不同，故不绘图；请先核验本预检。",
    en="What the check cites is not in this store as it was, or gives another answer now: nothing "
    "is drawn. Verify this check first.",
)
"""Why a report has no drawings."""


def report_on(
    service: Service, check_id: str, clearance: Clearance, lang: Lang, *, draw: bool = True
) -> Bound:
    """The report on a kept check, with its drawings; without, it has a map that is drawn elsewhere.

    Raises:
        UnknownCheck: there is none that the caller may see.
        MissingGlyphs: the font of drawings has not every character of them.
    """
    check = show_check(service, check_id, clearance)
    with service.database.read() as connection:
        kept = kept_text(connection, check_id, check.clearance)
        # a reader's part of a check is kept nowhere: its hash is over what is shown
        digest = text_hash(document_text(check) if kept is None else kept)
        cited = cited_of(connection, check)
    if not draw:
        return Bound(site_report(check, digest, lang, cited=cited, pictures={MAP}))
    try:
        checked = drawn(service, check)
    except CannotVerify:
        return Bound(site_report(check, digest, lang, cited=cited, undrawn=NOT_DRAWN))
    from blueprint.exports.surroundings import surroundings_of
    from blueprint.report.site_drawings import SiteDrawings

    drawings = SiteDrawings(check, surroundings_of(service, checked), lang)
    report = site_report(check, digest, lang, cited=cited, pictures=drawings.own)
    return Bound(report, drawings.draw("".join(report.texts()), drawings.own))


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


def cited_of(connection: sa.Connection, check: SiteCheck) -> Cited:
    """What the check's snapshot says of rules, laws and layers; nothing, where it is gone."""
    try:
        snapshot = load_snapshot(connection, check.snapshot.id)
    except UnknownSnapshot:
        return Cited()
    pack, catalogue = snapshot.rule_pack, snapshot.catalogue
    themes = {
        layer.id: theme.name
        for theme in catalogue.themes
        for subtheme in theme.subthemes
        for layer in subtheme.layers
    }
    return Cited(
        titles={rule.id: rule.title for rule in pack.check_rules},
        laws=pack.laws,
        bases={rule.id: rule.bases for rule in pack.check_rules},
        lines=control_lines(catalogue, hidden_layers(connection, snapshot, check.clearance)),
        themes=themes,
    )


def drawn_check(service: Service, check_id: str, clearance: Clearance) -> CheckedSite:
    """A kept check with the shapes behind its findings.

    Raises:
        UnknownCheck: there is none that the caller may see.
        CannotVerify: what it cites is not here as it was, or gives other shapes.
    """
    return drawn(service, show_check(service, check_id, clearance))


def map_of(service: Service, checked: CheckedSite) -> bytes:
    """The map of a check as PNG."""
    from blueprint.exports.dossier import scene_of
    from blueprint.report.maps import draw_site_map

    with TemporaryDirectory(prefix="blueprint-map-") as folder:
        path = Path(folder, "map.png")
        draw_site_map(scene_of(service, checked), path)
        return path.read_bytes()


def drawn(service: Service, check: SiteCheck) -> CheckedSite:
    """A check with the shapes behind its findings.

    Raises:
        CannotVerify: what it cites is not here as it was, or gives other shapes.
    """
    with service.database.read() as connection:
        redrawn = redraw(service, connection, check)
    if redrawn.lost:
        message = (
            f"{check.check_id}: judged anew, {', '.join(redrawn.lost)} come out otherwise than was "
            "answered, and what is drawn would not be what was answered; verify the check"
        )
        raise CannotVerify(message)
    return redrawn.checked
