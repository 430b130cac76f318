"""The second flow: what the blueprint says about one site (选址预检).

The site, a snapshot and the application date decide everything. What the snapshot is and what may
be seen of it is read first (`View`), then the site is examined (`examination`), and at last the
answer is kept: no connection is held while a site is judged.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from blueprint.catalogue import City
from blueprint.checks.desk import Desk
from blueprint.checks.examination import CheckedSite, Reader, answer, examine, put_together
from blueprint.checks.figures import refuse_unasked
from blueprint.checks.kept import save_check
from blueprint.checks.site import Site
from blueprint.clearance import PUBLIC, Clearance
from blueprint.registry import Snapshot, hidden_layers, load_snapshot
from blueprint.rules.kinds.figures import NOTHING_SAID, ProjectFigures
from blueprint.service import Service
from blueprint.values import document_text


def check_site(
    service: Service,
    site: Site,
    *,
    day: date | None = None,
    snapshot_id: str | None = None,
    as_of: date | None = None,
    clearance: Clearance = PUBLIC,
    project: ProjectFigures = NOTHING_SAID,
    suggest: bool = False,
) -> CheckedSite:
    """Check a site against a snapshot, the newest unless named, and keep the answer.

    A snapshot is named by its id, or by a day on which it was in force (`as_of`). `day` is the
    application date, today unless given. Features of layers above `clearance` count,
    but their place and size are withheld. `project` has the applicant's answers and figures. With
    `suggest` the document says what would take prohibitions and restrictions away.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
        InvalidFigures: a question is answered that the rules do not ask.
    """
    view = view_of(service, snapshot_id, as_of, clearance)
    checked = ask_site(service, view, site, day=day, project=project, suggest=suggest)
    keep_check(service, checked)
    return checked


def keep_check(service: Service, checked: CheckedSite) -> None:
    """Keep an answer."""
    # others that keep theirs wait from the first statement to the last
    text = document_text(checked.document)
    with service.database.write() as connection:
        save_check(connection, checked.document, text)


@dataclass(frozen=True, slots=True)
class View:
    """A snapshot, for whose eyes it is asked, and what these may not see."""

    snapshot: Snapshot
    clearance: Clearance
    hidden: frozenset[str]
    secret: frozenset[str]
    """What the public may not see: it is not kept for study."""


def view_of(
    service: Service, snapshot_id: str | None, as_of: date | None, clearance: Clearance
) -> View:
    """A snapshot, the newest unless it is named, as a clearance sees it.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
    """
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, snapshot_id, as_of)
        return _view(connection, snapshot, clearance)


def _view(connection: sa.Connection, snapshot: Snapshot, clearance: Clearance) -> View:
    hidden = hidden_layers(connection, snapshot, clearance)
    public = clearance == PUBLIC
    secret = hidden if public else hidden_layers(connection, snapshot, PUBLIC)
    return View(snapshot, clearance, hidden, secret)


def ask_site(
    service: Service,
    view: View,
    site: Site,
    *,
    day: date | None,
    project: ProjectFigures,
    suggest: bool,
) -> CheckedSite:
    """As `check_site`; keeping the answer is the caller's. It is judged without a connection.

    Raises:
        InvalidFigures: a question is answered that the rules do not ask.
    """
    snapshot = view.snapshot
    refuse_unasked(snapshot.rule_pack, project)
    today = snapshot.catalogue.city.today()
    desk = Desk(snapshot, site, day or today, view.clearance, view.hidden, project)
    return answer(Reader(service, service.database.read), desk, view.secret, suggest=suggest)


def answer_site(
    service: Service, connection: sa.Connection, desk: Desk, *, suggest: bool = False
) -> CheckedSite:
    """Judge the site of a desk, say how sure the verdict is, and why: the whole document."""
    reader = Reader(service, lambda: nullcontext(connection))
    return answer(reader, desk, None, suggest=suggest)


def judge_site(service: Service, connection: sa.Connection, desk: Desk) -> CheckedSite:
    """Judge the site of a desk; how sure the verdict is is not asked. Nothing is kept."""
    reader = Reader(service, lambda: nullcontext(connection))
    return put_together(examine(reader, desk, None))


def city_of(service: Service, snapshot_id: str | None = None, as_of: date | None = None) -> City:
    """The city of a snapshot: what a site is read for.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
    """
    with service.database.read() as connection:
        return load_snapshot(connection, snapshot_id, as_of).catalogue.city
