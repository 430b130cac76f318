"""The shapes behind a kept site check: its document keeps none of them, so they are found again.

Input: a check as it was answered. Output: the same document with the shape of each finding, from
the snapshot that it cites. A finding that does not come out as it was answered has no shape: what
is drawn is what was answered, or nothing.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from blueprint.checks.check import judge_site
from blueprint.checks.cited import cited_snapshot
from blueprint.checks.desk import Desk
from blueprint.checks.examination import CheckedSite
from blueprint.checks.site import site_as_checked
from blueprint.documents import Finding, SiteCheck
from blueprint.registry import hidden_layers
from blueprint.service import Service


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A check with shapes; `lost` are the rules whose findings came out otherwise."""

    checked: CheckedSite
    lost: tuple[str, ...]


def desk_of(service: Service, connection: sa.Connection, check: SiteCheck) -> Desk:
    """What a check was judged from.

    Raises:
        CannotVerify: what it cites is not in this store as it was.
        InvalidSite: the geometry in the document is none that could have been checked.
    """
    snapshot = cited_snapshot(service, connection, check)
    hidden = hidden_layers(connection, snapshot, check.clearance)
    site = site_as_checked(check.site, snapshot.catalogue.city)
    return Desk(
        snapshot,
        site,
        check.application_date,
        check.clearance,
        hidden,
        check.project,
        later_layers=check.later_layers,
    )


def redraw(service: Service, connection: sa.Connection, check: SiteCheck) -> Redrawn:
    """The check with the shapes of its findings.

    Raises:
        CannotVerify: what it cites is not in this store as it was.
        InvalidSite: the geometry in the document is none that could have been checked.
    """
    anew = judge_site(service, connection, desk_of(service, connection, check))
    pairs = zip(anew.document.findings, anew.shapes, strict=True)
    found = {_extent(finding): shape for finding, shape in pairs}
    lost = [one.rule for one in check.findings if _extent(one) not in found]
    shapes = tuple(found.get(_extent(finding)) for finding in check.findings)
    return Redrawn(CheckedSite(check, shapes), tuple(dict.fromkeys(lost)))


def _extent(finding: Finding) -> tuple[object, ...]:
    """What a finding is about: which rule, what it comes to, and how large it is."""
    what = (finding.rule, finding.layer, finding.outcome, finding.withheld, finding.relation)
    size = (finding.area, finding.length_m, finding.count)
    return (*what, tuple(finding.feature_ids), *size)
