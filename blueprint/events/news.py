"""What a subscriber is told of an event: ids and links, and only of what it may see at that moment.

A finding, a verdict, a place or a size is never in a message: whoever is told follows the link, and
is answered by what they may see.
"""

import os
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from blueprint.checks.shown import check_shown
from blueprint.clearance import Clearance, covers, sees_all
from blueprint.conflicts.documents import ConflictRun
from blueprint.conflicts.kept_runs import overlay_rules
from blueprint.conflicts.ledger import is_shown
from blueprint.errors import UnknownCheck
from blueprint.models import ConflictRunRow
from blueprint.registry import hidden_layers, load_snapshot

News = Mapping[str, Any]


def news_of(
    connection: sa.Connection, kind: str, subject: Mapping[str, Any], clearance: Clearance
) -> News | None:
    """What may be told of an event; None: nothing, not even that it was."""
    if "conflict_id" in subject:
        return _of_conflict(connection, subject["conflict_id"], clearance)
    if "run_id" in subject:
        return _of_run(connection, subject, clearance)
    if "case_id" in subject:
        return _of_case(subject, clearance)
    try:
        check = check_shown(connection, subject["check_id"], clearance)
    except UnknownCheck:
        return None
    news = {"check_id": check.check_id, "href": _href(f"/site-checks/{check.check_id}")}
    if kind == "verdict-would-differ":
        return {**news, "snapshot": subject["after"], "before": subject["before"]}
    return {**news, "snapshot": check.snapshot.id}


def _of_conflict(connection: sa.Connection, conflict_id: str, clearance: Clearance) -> News | None:
    if not is_shown(connection, conflict_id, clearance):
        return None
    return {"conflict_id": conflict_id, "href": _href(f"/conflicts/{conflict_id}")}


def _of_case(subject: Mapping[str, Any], clearance: Clearance) -> News | None:
    """Of a case, for those from whom nothing of it is withheld."""
    if not sees_all(clearance):
        return None
    case_id = subject["case_id"]
    return {
        "case_id": case_id,
        "snapshot": subject["after"],
        "before": subject["before"],
        "href": _href(f"/cases/{case_id}/changes"),
    }


def _of_run(
    connection: sa.Connection, subject: Mapping[str, Any], clearance: Clearance
) -> News | None:
    query = sa.select(ConflictRunRow.document).where(ConflictRunRow.id == subject["run_id"])
    head = ConflictRun.model_validate_json(connection.scalars(query).one(), extra="ignore")
    if not covers(clearance, head.clearance):
        return None
    snapshot = load_snapshot(connection, head.snapshot.id)
    hidden, rules = hidden_layers(connection, snapshot, clearance), overlay_rules(snapshot)
    seen = [
        name
        for name in subject["rules"]
        if name in rules and not hidden & set(rules[name].asked_layers())
    ]
    if not seen:
        return None
    href = _href(f"/conflicts?snapshot={snapshot.ref.id}")
    return {"run_id": head.run_id, "snapshot": snapshot.ref.id, "rules": seen, "href": href}


def _href(path: str) -> str:
    """A link into this service, whole where BLUEPRINT_URL says where it is reached."""
    return os.environ.get("BLUEPRINT_URL", "").rstrip("/") + path
