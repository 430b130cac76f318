"""What would take away a site's prohibitions and restrictions (修改建议), each judged as sites are.

Input: a site check with the desk it was written at, and a way to judge another outline. Output:
`Suggestion`s, at most three: a trimmed site, a moved one, or why neither helps.

Algorithm: the goal is to clear all prohibitions and restrictions, else the prohibitions alone.
    trim    the ground of the blocking rules is cut off (`conflict.trim`); what is judged to block
            what is left, as a thin overlap may once the site is narrow, is cut off too;
    shift   the smallest move that clears the ground of every rule that blocks, save what was on
            the site and is not to be cleared, and that stays where layers speak (`conflict.shift`).
A suggestion is given only if its check has none of the findings that it clears, no other that
prohibits or restricts, and no new doubt. Nothing is told where something withheld lies near, by
whole cells of a grid: an outline drawn beside a withheld edge would show the edge.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from shapely.errors import GEOSException

from blueprint.around import Ground, grown
from blueprint.checks.desk import Desk
from blueprint.checks.obstacles import taken_by, unknown_around
from blueprint.checks.remedy_words import (
    asked,
    moved,
    nothing,
    trimmed,
    uncomputed,
    why_no_shift,
    why_no_trim,
)
from blueprint.checks.site import Site
from blueprint.coordinates import approximations
from blueprint.documents import Finding, Outcome, SiteCheck, Suggestion
from blueprint.rules.kinds.models import HeightRule
from blueprint.rules.pack import SiteCheckRule
from blueprint.values import Bilingual
from conflict.shift import smallest_shift
from conflict.trim import largest_part
from layers import Bounds, Geometries

Judge = Callable[[Site], SiteCheck]
Look = Callable[[Bounds], Ground]
Key = tuple[str, Outcome]
"""A rule and what it comes to."""

FARTHEST_M = 200.0
"""A move beyond this is another site."""
CELL_M = 1000.0
"""Something withheld is near where it lies in a cell of this grid that a move could concern."""
_BLOCKING: tuple[Outcome, ...] = ("prohibited", "restricted")
_SMALLEST_M2 = 1.0
_MOST = 3
_ROUNDS = 4


@dataclass(frozen=True)
class _Scene:
    """A checked site with all that may stand in its way."""

    desk: Desk
    rules: list[SiteCheckRule]
    document: SiteCheck
    ground: Ground
    judge: Judge

    @property
    def window(self) -> Bounds:
        """What a moved site may reach, and a little more."""
        return grown(self.desk.site.bounds, FARTHEST_M + 1)

    @cached_property
    def taken(self) -> dict[Key, Geometries]:
        """The ground of all rules, by what a site comes to there."""
        found: dict[Key, list[Geometries]] = {}
        for rule in self.rules:
            for one in taken_by(rule, self.ground, self.window, self.desk):
                found.setdefault((one.rule, one.outcome), []).append(one.shapes)
        return {key: np.concatenate(shapes) for key, shapes in found.items()}

    @cached_property
    def unknown(self) -> Geometries:
        """Where a layer would not be believed."""
        areas = unknown_around(self.rules, self.ground, self.window, self.desk)
        return np.concatenate([*areas, np.empty(0, dtype=object)])

    @cached_property
    def blockers(self) -> dict[Key, Finding]:
        """What prohibits or restricts the site as it stands."""
        return {
            (finding.rule, finding.outcome): finding
            for finding in self.document.findings
            if finding.outcome in _BLOCKING
        }

    @cached_property
    def bound_to_stay(self) -> set[Key]:
        """Blockers that no outline clears: a building's height is not the ground's."""
        heights = {rule.id for rule in self.rules if isinstance(rule, HeightRule)}
        return {key for key in self.blockers if key[0] in heights}

    def goals(self) -> Iterator[frozenset[Key]]:
        """What to clear: everything, then what prohibits alone."""
        every = frozenset(self.blockers.keys() - self.bound_to_stay)
        gravest = frozenset(key for key in every if key[1] == "prohibited")
        yield from dict.fromkeys(goal for goal in (every, gravest) if goal)

    def titles(self, keys: Iterable[Key]) -> list[Bilingual]:
        """The titles of blockers, each once, in the order of the findings."""
        wanted = set(keys)
        return list(dict.fromkeys(f.title for key, f in self.blockers.items() if key in wanted))


def suggest(
    desk: Desk,
    rules: list[SiteCheckRule],
    reach_m: Mapping[str, float],
    document: SiteCheck,
    judge: Judge,
    look: Look,
) -> list[Suggestion]:
    """Suggestions for a checked site; none where nothing prohibits or restricts it.

    `rules` are those in force, as the answers leave them, `reach_m` how far each layer concerns
    them; `judge` gives the check of another outline at the same desk, `look` what the layers have
    around a box, as far as they concern it.
    """
    if not any(finding.outcome in _BLOCKING for finding in document.findings):
        return []
    area = _cells(grown(desk.site.bounds, FARTHEST_M))
    ground = look(area)
    if any(f.withheld for f in document.findings) or _withheld_near(desk, ground, area, reach_m):
        return [Suggestion(kind="ask", text=asked())]
    desk = replace(desk, approximate=approximations(ground.versions))
    scene = _Scene(desk, rules, document, ground, judge)
    found: list[Suggestion] = []
    reasons: list[Bilingual] = []
    for goal in scene.goals():
        # less to clear is easier: what fails for the last goal, fails for all
        reasons = []
        for attempt in (_trim, _shift):
            try:
                made = attempt(scene, goal)
            except GEOSException:
                made = uncomputed()
            if isinstance(made, Suggestion):
                found.append(made)
            else:
                reasons.append(made)
    return _chosen(scene, found, reasons)


def _cells(bounds: Bounds) -> Bounds:
    """The whole cells of the grid that a box touches."""
    low = [float(np.floor(value / CELL_M) * CELL_M) for value in bounds[:2]]
    high = [float(np.ceil(value / CELL_M) * CELL_M) for value in bounds[2:]]
    return (low[0], low[1], high[0], high[1])


def _withheld_near(desk: Desk, ground: Ground, area: Bounds, reach_m: Mapping[str, float]) -> bool:
    """Whether anything that the reader may not see, known or set aside, could concern the area."""
    for layer in desk.hidden & reach_m.keys():
        frame = shapely.box(*grown(area, reach_m[layer]))
        boxes = ground.quarantined.get(layer, [])
        if any(box is None or frame.intersects(shapely.box(*box)) for box in boxes):
            return True
        if shapely.intersects(ground.features[layer].within(frame.bounds).shapes, frame).any():
            return True
    return False


def _trim(scene: _Scene, goal: frozenset[Key]) -> Suggestion | Bilingual:
    """The largest part that clears the goal, or why there is none."""
    site, cut, neck = scene.desk.site, set(goal), _neck_m(scene, goal)
    for _ in range(_ROUNDS):
        taken = [scene.taken[key] for key in sorted(cut) if key in scene.taken]
        ground = np.concatenate([*taken, np.empty(0, dtype=object)])
        part = largest_part(site.geometry, ground, neck)
        changed = site.redrawn(part)
        if changed.geometry.area < _SMALLEST_M2:
            break
        check = scene.judge(changed)
        left = _left_in(check, scene, goal)
        if not left:
            kept = check.site.area
            lost = scene.document.site.area.less(kept)
            words = trimmed(scene.titles(goal), kept, lost, check.verdict)
            return _suggestion("trim", words, scene, goal, check, lost=lost)
        if left <= cut:
            break
        cut |= left
    return why_no_trim(scene.titles(goal))


def _neck_m(scene: _Scene, goal: frozenset[Key]) -> float:
    """What is narrower than the layers' accuracy can tell is no part of a site."""
    catalogue = scene.desk.snapshot.catalogue
    rules = {rule.id: rule for rule in scene.rules}
    layers = [layer for name, _ in goal for layer in rules[name].asked_layers()]
    return 2 * max(catalogue.by_id[layer].accuracy_m for layer in layers)


def _shift(scene: _Scene, goal: frozenset[Key]) -> Suggestion | Bilingual:
    """The smallest move that clears the goal, or why there is none."""
    site, stays = scene.desk.site, scene.blockers.keys() - goal
    doubted = {f.rule for f in scene.document.findings if f.outcome == "no_data"}
    in_the_way = [
        shapes
        for (rule, outcome), shapes in scene.taken.items()
        if (outcome in _BLOCKING and (rule, outcome) not in stays)
        or (outcome == "no_data" and rule not in doubted)
    ]
    found = smallest_shift(site.geometry, np.concatenate([*in_the_way, scene.unknown]), FARTHEST_M)
    if found.move is None:
        return why_no_shift(scene.titles(goal), exact=found.exact)
    east, north = found.move
    changed = site.redrawn(
        shapely.transform(site.geometry, lambda xy: xy + np.array([east, north]))
    )
    check = scene.judge(changed)
    if _left_in(check, scene, goal):
        return why_no_shift(scene.titles(goal), exact=False)
    words, move = moved(scene.titles(goal), east, north, check.verdict, exact=found.exact)
    return _suggestion("shift", words, scene, goal, check, move=move)


def _left_in(check: SiteCheck, scene: _Scene, goal: frozenset[Key]) -> set[Key]:
    """What speaks against a changed site: what it had to clear, other blockers, new doubts."""
    stays = scene.blockers.keys() - goal
    doubts = {(f.rule, f.layer) for f in scene.document.findings if f.outcome == "no_data"}
    return {
        (f.rule, f.outcome)
        for f in check.findings
        if (f.outcome in _BLOCKING and (f.rule, f.outcome) not in stays)
        or (f.outcome == "no_data" and (f.rule, f.layer) not in doubts)
    }


def _suggestion(
    kind: str,
    text: Bilingual,
    scene: _Scene,
    goal: frozenset[Key],
    check: SiteCheck,
    **more: object,
) -> Suggestion:
    left = {(f.rule, f.outcome) for f in check.findings if f.outcome in _BLOCKING}
    layers = dict.fromkeys(finding.layer for key, finding in scene.blockers.items() if key in goal)
    fields = {
        "kind": kind,
        "text": text,
        "notes": scene.desk.approximate_notes(*layers),
        "clears": sorted({rule for rule, _ in goal}),
        "leaves": sorted({rule for rule, _ in left}),
        "verdict": check.verdict,
        "complete": check.complete,
        "area": check.site.area,
        "geometry_hash": check.site.geometry_hash,
        "geometry": check.site.geometry,
    }
    return Suggestion.model_validate(fields | more)


def _chosen(scene: _Scene, found: list[Suggestion], reasons: list[Bilingual]) -> list[Suggestion]:
    """At most three, those that clear everything first; or one that says why there is none."""
    fewest = {(one.kind, one.geometry_hash): one for one in reversed(found)}
    chosen = [one for one in found if fewest[one.kind, one.geometry_hash] is one][:_MOST]
    if chosen:
        return chosen
    return [Suggestion(kind="nothing", text=nothing(scene.titles(scene.bound_to_stay), reasons))]
