"""Copies of a check, one for each audience, as that audience may see it (冻结副本).

Input: a site on a snapshot for a day. Output: the whole check, for approval staff; the check as the
public may see it, for the applicant; as planners may; and for each department as it may, with its
own findings alone. Each is judged for its clearance, so that a layer above it leaves nothing in it
but what any check would tell. Clearances that withhold the same of what the rules ask for come to
the same answer, which is judged once.
"""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace

import sqlalchemy as sa

from blueprint.cases.documents import Audience
from blueprint.cases.questions import keyed
from blueprint.checks.desk import Desk
from blueprint.checks.examination import Reader, answer
from blueprint.clearance import INTERNAL, PUBLIC, RESTRICTED, Clearance, clearance_of
from blueprint.documents import SiteCheck
from blueprint.judge import verdict_of, worst_of
from blueprint.registry import Snapshot, hidden_layers
from blueprint.service import Service
from blueprint.values import Bilingual

CLEARANCES: dict[Audience, Clearance] = {
    "approval": RESTRICTED,
    "planning": INTERNAL,
    "applicant": PUBLIC,
}
"""Whose eyes the copies are for that are of no department."""

_OWN = Bilingual(
    zh="部门副本：仅列本部门被征询的检测结论及其所依据的图层",
    en="a department's copy: only the findings that it is asked about, and their layers",
)


class Judges:
    """Judges one site for whatever clearance, each answer once."""

    def __init__(self, service: Service, connection: sa.Connection, desk: Desk) -> None:
        self._service, self._connection, self._desk = service, connection, desk
        pack = desk.snapshot.rule_pack
        asked = {layer for rule in pack.check_rules for layer in rule.asked_layers()}
        self._asked = frozenset(asked | {desk.snapshot.catalogue.city.boundary_layer})
        self._known: dict[frozenset[str], SiteCheck] = {}

    @property
    def snapshot(self) -> Snapshot:
        """On which the site is judged."""
        return self._desk.snapshot

    def check(self, clearance: Clearance) -> SiteCheck:
        """The check for a clearance."""
        hidden = hidden_layers(self._connection, self._desk.snapshot, clearance)
        matters = hidden & self._asked
        if matters not in self._known:
            desk = replace(self._desk, clearance=clearance, hidden=hidden)
            reader = Reader(self._service, lambda: nullcontext(self._connection))
            # what the public may not see is not kept for study
            secret = hidden_layers(self._connection, self._desk.snapshot, PUBLIC)
            self._known[matters] = answer(reader, desk, secret, suggest=False).document
        return self._known[matters].model_copy(update={"clearance": clearance})


def department_copy(check: SiteCheck, keys: Iterable[str], snapshot: Snapshot) -> SiteCheck:
    """A check for a department with no more than the findings of those keys."""
    by_key, wanted = keyed(check.findings), set(keys)
    findings = [finding for key, finding in by_key.items() if key in wanted]
    rules = {rule.id: rule for rule in snapshot.rule_pack.check_rules}
    own = {finding.rule for finding in findings}
    hidden = [worst_of(rules[f.rule]) for f in findings if f.outcome == "no_data"]
    return check.model_copy(
        update={
            "verdict": verdict_of(findings, hidden),
            "reasons": [],
            "robustness": None,
            "what_would_change_it": [],
            "complete": not hidden,
            "notes": [_OWN, *check.notes],
            "findings": findings,
            "layers": [
                line.model_copy(update={"rules": sorted(own & set(line.rules))})
                for line in check.layers
                if own & set(line.rules)
            ],
            "rules_not_in_force": [],
        }
    )


def department_clearance(department: str) -> Clearance:
    """Whose eyes a department's copy is for."""
    return clearance_of("public", [department])
