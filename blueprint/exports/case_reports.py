"""The report on the outcome of a case (策划生成意见), with its drawings, as PDF or Word.

Input: an outcome as its reader may see it, and whether the clock is the reader's too. Output: a
`Bound` report, the same for the same outcome. Drawings are of the check that the outcome cites, as
it was frozen for that copy; where its shapes are not found again nothing is drawn, and it says so.
"""

import re
from html import unescape

import sqlalchemy as sa

from blueprint.cases.outcome import KeptOutcome
from blueprint.cases.outcome_documents import CaseOutcome
from blueprint.checks.examination import CheckedSite
from blueprint.checks.kept import load_check, made_for
from blueprint.clock.chart import case_chart
from blueprint.clock.desk import Departments, city_clock, clock_of_case
from blueprint.errors import CannotVerify, UnknownCheck
from blueprint.exports.check_reports import NOT_DRAWN, cited_of, drawn
from blueprint.report.document import Bound, Drawing, Lang
from blueprint.report.names import CITY, CLOCK, OVERVIEW, POINTS, VICINITY
from blueprint.report.outcome_page import outcome_report
from blueprint.report.sheet import FONT
from blueprint.service import Service

_DRAWN = {CITY, VICINITY, POINTS, OVERVIEW}
_SIZE = re.compile(r'<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"')
_TEXTS = re.compile(r"<text[^>]*>([^<]*)<")
_FAMILIES = re.compile(r'font-family="[^"]*"')


def outcome_report_on(
    service: Service,
    kept: KeptOutcome,
    lang: Lang,
    *,
    departments: Departments = None,
    draw: bool = True,
) -> Bound:
    """The report on an outcome; of the clock, the items of these departments, None: all.

    Raises:
        MissingGlyphs: the font of drawings has not every character of them.
    """
    outcome = kept.outcome
    checked = _checked(service, outcome) if draw else None
    with service.database.read() as connection:
        check = None if checked is None else checked.document
        cited = None if check is None else cited_of(connection, check)
        chart = _chart(connection, outcome, departments) if draw else None
    clock = {} if chart is None else {CLOCK: chart}
    if checked is None:
        undrawn = NOT_DRAWN if draw else None
        report = outcome_report(kept, lang, cited=cited, pictures=clock, undrawn=undrawn)
        return Bound(report, clock)
    from blueprint.exports.surroundings import surroundings_of
    from blueprint.report.site_drawings import SiteDrawings

    drawings = SiteDrawings(checked.document, surroundings_of(service, checked), lang)
    names = drawings.names & _DRAWN
    report = outcome_report(kept, lang, cited=cited, pictures=names | set(clock))
    return Bound(report, drawings.draw("".join(report.texts()), names) | clock)


def _checked(service: Service, outcome: CaseOutcome) -> CheckedSite | None:
    """The check that an outcome cites, with its shapes; None: they are not found again.

    Who may see the outcome may see that check: it was made for the same copy.
    """
    with service.database.read() as connection:
        kept_for = made_for(connection, outcome.check_id)
        if kept_for is None:
            return None
        try:
            check = load_check(connection, outcome.check_id, kept_for)
        except UnknownCheck:
            return None
    try:
        return drawn(service, check)
    except CannotVerify:
        return None


def _chart(
    connection: sa.Connection, outcome: CaseOutcome, departments: Departments
) -> Drawing | None:
    """The strip chart of the case's calibres on the outcome's day; None: nothing is counted."""
    report = clock_of_case(connection, outcome.case.id, outcome.issued_on, departments)
    if not report.items:
        return None
    svg = case_chart(report, city_clock(connection).calendar)
    size = _SIZE.search(svg)
    if size is None:
        return None
    text = "".join(unescape(part) for part in _TEXTS.findall(svg))
    plain = _FAMILIES.sub(f'font-family="{FONT}"', svg)
    return Drawing(float(size[1]), float(size[2]), plain, text)
