"""A kept site check as a caller may see it: whole, or no more than his department's part of it.

Whoever may see all that a check was made for gets it as it was answered. An officer gets one that
was made for more, too, if a finding of it is of his department: judged again on the snapshot, the
rules and the day that it cites, for his own clearance, so that nothing above it is in there.
"""

import sqlalchemy as sa

from blueprint.checks.check import answer_site
from blueprint.checks.cited import cited_snapshot
from blueprint.checks.desk import Desk
from blueprint.checks.kept import kept_text, load_check, made_for, read_kept, unknown_check
from blueprint.checks.site import site_as_checked
from blueprint.clearance import Clearance, covers, own_departments
from blueprint.documents import SiteCheck
from blueprint.registry import hidden_layers
from blueprint.service import Service
from blueprint.values import Bilingual

_PART = Bilingual(
    zh="该检测为更高密级作出；此处按读者的密级重新判定，仅供其部门参考",
    en="made for more clearance; judged again here for this reader's, with their department's part",
)


def show_check(service: Service, check_id: str, clearance: Clearance) -> SiteCheck:
    """A site check for a reader of this clearance.

    Raises:
        UnknownCheck: there is none that the caller may see.
        CannotVerify: it was altered, or has to be judged again and what it cites is not here.
    """
    with service.database.read() as connection:
        kept_for = made_for(connection, check_id)
        if kept_for is None:
            raise unknown_check(check_id)
        if covers(clearance, kept_for):
            return load_check(connection, check_id, kept_for, clearance)
        text = kept_text(connection, check_id, kept_for)
        check = read_kept(text or "", check_id)
        return _part(service, connection, check, clearance)


def check_shown(connection: sa.Connection, check_id: str, clearance: Clearance) -> SiteCheck:
    """A site check as it was answered, for a reader who may see all that it was made for.

    Raises:
        UnknownCheck: there is none that the reader may see whole.
    """
    kept_for = made_for(connection, check_id)
    if kept_for is None or not covers(clearance, kept_for):
        raise unknown_check(check_id)
    return load_check(connection, check_id, kept_for, clearance)


def _part(
    service: Service, connection: sa.Connection, check: SiteCheck, clearance: Clearance
) -> SiteCheck:
    own = own_departments(clearance)
    if not own:
        raise unknown_check(check.check_id)
    snapshot = cited_snapshot(service, connection, check)
    layers = snapshot.catalogue.by_id
    if not any(
        {finding.department.id, layers[finding.layer].department} & own
        for finding in check.findings
        if finding.outcome != "clear"
    ):
        raise unknown_check(check.check_id)
    hidden = hidden_layers(connection, snapshot, clearance)
    site = site_as_checked(check.site, snapshot.catalogue.city)
    desk = Desk(
        snapshot,
        site,
        check.application_date,
        clearance,
        hidden,
        check.project,
        later_layers=check.later_layers,
    )
    seen = answer_site(service, connection, desk).document
    return seen.model_copy(
        update={
            "check_id": check.check_id,
            "checked_at": check.checked_at,
            "notes": [_PART, *seen.notes],
        }
    )
