"""What is known of a field of the form, and from where: said, drawn in the blueprint, of the file.

Input: what is said of the project (`ProjectFacts`), the applicant's profile, a site check. Output:
`Known` by field. What is said holds; where nothing is said, what the blueprint measures; then what
the applicant's file has. What none of them gives is not known, and never taken as nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from blueprint.approvals.fields import FormField, FromFinding, Given
from blueprint.approvals.pack import ApprovalsPack
from blueprint.approvals.profiles import ProfileVersion
from blueprint.approvals.seen import Seen
from blueprint.cases.facts import ProjectFacts
from blueprint.documents import Finding, SiteCheck
from blueprint.values import Value

_UNMEASURED = ("clear", "no_data")


class Source(Value):
    """Where a value comes from: what was said, a finding or the site as drawn, or the profile."""

    kind: Literal["said", "finding", "site", "profile"]
    rule: str | None = None
    check_id: str | None = None
    profile_version: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A value and where it comes from."""

    value: Given
    source: Source


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that is known of a project when its approvals are asked for."""

    pack: ApprovalsPack
    facts: ProjectFacts
    check: SiteCheck | None = None
    profile: ProfileVersion | None = None

    def of(self, name: str) -> Known | None:
        """What is known of a field; None: nothing."""
        return self.said(name) or self.drawn(name) or self.filed(name)

    def said(self, name: str) -> Known | None:
        """What was said: of the project, or of the applicant where the field is kept there."""
        home = self.pack.fields[name].home
        if home is None:
            value: Given | None = self.facts.stated.get(name)
        elif home[0] == "profile":
            return self._of_profile(home[1])
        elif home[0] == "answer":
            answer = self.facts.figures.answers.get(home[1])
            value = None if answer is None else answer == "yes"
        elif home[0] == "figure":
            value = getattr(self.facts.figures, home[1])
        else:
            value = getattr(self.facts, home[1])
        # what was said elsewhere and is none that the field may have says nothing
        if value is None or not self.pack.fields[name].takes(value):
            return None
        return Known(value, Source(kind="said"))

    def drawn(self, name: str) -> Known | None:
        """What the blueprint measures: of the site, or of a rule on it."""
        field, check = self.pack.fields[name], self.check
        if field.from_site is not None:
            return self._of_site()
        if field.from_finding is None or check is None:
            return None
        value = _measured(field.from_finding, check)
        if value is None:
            return None
        rule = field.from_finding.rule
        return Known(value, Source(kind="finding", rule=rule, check_id=check.check_id))

    def filed(self, name: str) -> Known | None:
        """What the applicant's file has."""
        source = self.pack.fields[name].from_profile
        return None if source is None else self._of_profile(source)

    def _of_site(self) -> Known | None:
        """The area of the site: as it was checked, else as it is drawn."""
        drawn = self.facts.site.area if self.facts.site is not None else None
        area = drawn if self.check is None else self.check.site.area
        check_id = None if self.check is None else self.check.check_id
        source = Source(kind="site", check_id=check_id)
        return None if area is None else Known(round(area.deciding_m2, 2), source)

    def _of_profile(self, attribute: str) -> Known | None:
        if self.profile is None:
            return None
        value = getattr(self.profile.profile, attribute)
        source = Source(kind="profile", profile_version=self.profile.version)
        return None if value is None else Known(value, source)


def _measured(wanted: FromFinding, check: SiteCheck) -> Given | None:
    """What a rule measures on the site; None: it is not known, or withheld."""
    answer = Seen(check).rule(wanted.rule)
    if answer.holds is False:
        return False if wanted.gives == "met" else 0.0
    found = [one for one in check.findings if one.rule == wanted.rule]
    known = [one for one in found if one.outcome not in _UNMEASURED and not one.withheld]
    if len(known) != len(found) or not known:
        return None
    if wanted.gives == "met":
        return answer.holds
    given = [_GIVES[wanted.gives](one) for one in known]
    sizes = [size for size in given if size is not None]
    if len(sizes) != len(given):
        return None
    whole = sum(sizes)
    # parts of one rule may share ground: together they are no more than the site
    return round(min(whole, check.site.area.deciding_m2), 2) if wanted.gives == "area_m2" else whole


def _area(finding: Finding) -> float | None:
    return None if finding.area is None else finding.area.deciding_m2


def _length(finding: Finding) -> float | None:
    return finding.length_m


def _count(finding: Finding) -> float | None:
    return finding.count


_GIVES: dict[str, Callable[[Finding], float | None]] = {
    "area_m2": _area,
    "length_m": _length,
    "count": _count,
}


def as_asked(field: FormField, value: Given) -> Given:
    """A value as the field's type writes it: whole numbers as such."""
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if field.type == "integer" and whole else value
