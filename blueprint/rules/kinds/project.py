"""Which other projects count on a day (在办和已批项目).

Input: a `project` rule, the attributes (JSON texts) of projects, a day, the applicant's own code.
Output: a `Standing` for each. A state that is missing where the rule reads one, and a day that is
none, leave a project undecided, never gone; one without a first or last day is open on that side.

Codes are compared without blanks and hyphens, in capitals: 2111-522323-04-01-342068 is written
with hyphens and without.
"""

from dataclasses import dataclass
from datetime import date

from blueprint.codes import plain_code
from blueprint.rules.filters import decide
from blueprint.rules.kinds.project_rule import ProjectRule
from layers.attributes import is_missing, parse_attributes

_ISO_DAY = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a project counts; None: undecided. Texts as the layer has them, None: missing."""

    counts: bool | None
    code: str | None
    name: str | None
    state: str | None


def standings(
    rule: ProjectRule, attributes: list[str], day: date, own_code: str | None
) -> list[Standing]:
    """Each project on a day; the applicant's own does not count."""
    own = None if own_code is None else plain_code(own_code)
    found = []
    for taken, text in zip(decide(rule.where, attributes), attributes, strict=True):
        values = parse_attributes(text)
        code = _text(values, rule.code_field)
        is_own = own is not None and code is not None and plain_code(code) == own
        state = _text(values, rule.state_field)
        known = [taken, _state_counts(rule, state), *_days_count(rule, values, day)]
        counts = False if is_own or False in known else None if None in known else True
        found.append(Standing(counts, code, _text(values, rule.name_field), state))
    return found


def _text(values: dict[str, object], name: str | None) -> str | None:
    value = None if name is None else values.get(name)
    text = "" if is_missing(value) else str(value).strip()
    return text or None


def _state_counts(rule: ProjectRule, state: str | None) -> bool | None:
    if rule.state_field is None:
        return True
    return None if state is None else state in rule.states


def _days_count(rule: ProjectRule, values: dict[str, object], day: date) -> list[bool | None]:
    """Whether the project has begun, and whether it still lasts."""
    first, last = _text(values, rule.from_field), _text(values, rule.until_field)
    begun: bool | None = True
    lasts: bool | None = True
    if first is not None:
        known = _day(first)
        begun = None if known is None else known <= day
    if last is not None:
        known = _day(last)
        lasts = None if known is None else known >= day
    return [begun, lasts]


def _day(text: str) -> date | None:
    """A day, as text or the beginning of a moment; None: it is none."""
    try:
        return date.fromisoformat(text.replace("/", "-")[:_ISO_DAY])
    except ValueError:
        return None
