"""A family of projects as a graph: who comes from whom, and which link would be nonsense.

Input: links that stand, of any shape with a kind, a parent and a child. Output: orders and sets of
project ids. A project comes from one other, unless it is merged of several; nobody comes from
oneself; and one that was changed, replaced or merged goes on in that other project alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from blueprint.errors import InvalidLink
from blueprint.lineage.kinds import KIND_NAMES, SUCCEEDING, LinkKind
from blueprint.values import Bilingual


class Edge(Protocol):
    """What a graph needs to know of a link."""

    @property
    def kind(self) -> LinkKind:
        """How the child comes from the parent."""
        ...

    @property
    def parent_id(self) -> str:
        """Where from."""
        ...

    @property
    def child_id(self) -> str:
        """Who."""
        ...


class Family:
    """Standing links of one or several families, in the order in which they were entered."""

    def __init__(self, links: Iterable[Edge]) -> None:
        self._down: dict[str, list[Edge]] = defaultdict(list)
        self._up: dict[str, list[Edge]] = defaultdict(list)
        self._order: dict[str, int] = {}
        for link in links:
            self._down[link.parent_id].append(link)
            self._up[link.child_id].append(link)
            for project in (link.parent_id, link.child_id):
                self._order.setdefault(project, len(self._order))

    def below(self, project: str) -> list[Edge]:
        """The links to its children."""
        return self._down.get(project, [])

    def above(self, project: str) -> list[Edge]:
        """The links to its parents."""
        return self._up.get(project, [])

    def children(self, project: str) -> list[str]:
        """Its children's ids."""
        return [link.child_id for link in self.below(project)]

    def parents(self, project: str) -> list[str]:
        """Its parents' ids."""
        return [link.parent_id for link in self.above(project)]

    def ancestors(self, project: str) -> set[str]:
        """All that it comes from."""
        return _reached(project, self.parents)

    def descendants(self, project: str) -> set[str]:
        """All that comes from it."""
        return _reached(project, self.children)

    def members(self, project: str) -> set[str]:
        """All of its family, itself too."""
        return _reached(project, lambda one: self.parents(one) + self.children(one)) | {project}

    def generations(self, project: str) -> dict[str, int]:
        """How many links its longest way up has, for each of the family; parents come first.

        Within a generation they are in the order in which they were first linked.
        """
        waits = {one: len(self.above(one)) for one in self.members(project)}
        found: dict[str, int] = {}
        now, depth = [one for one, parents in waits.items() if parents == 0], 0
        while now:
            found |= dict.fromkeys(sorted(now, key=lambda one: self._order.get(one, 0)), depth)
            then = []
            for child in (child for one in now for child in self.children(one)):
                waits[child] -= 1
                if waits[child] == 0:
                    then.append(child)
            now, depth = then, depth + 1
        return found

    def heir(self, project: str) -> str:
        """The project that stands in its place: what it was last changed to or replaced by."""
        for link in self.below(project):
            if link.kind in SUCCEEDING:
                return self.heir(link.child_id)
        return project

    def forebears(self, project: str) -> list[str]:
        """The projects in whose place it stands, the first one first."""
        for link in self.above(project):
            if link.kind in SUCCEEDING:
                return [*self.forebears(link.parent_id), link.parent_id]
        return []

    def refuse(self, kind: LinkKind, parent: str, child: str) -> None:
        """See that a link may be added.

        Raises:
            InvalidLink: it may not; the text says why, and what to do.
        """
        name = KIND_NAMES[kind].en
        if parent == child:
            message = f"{child}: cannot be a {name} of itself; name two projects"
            raise InvalidLink(message)
        if child in self.ancestors(parent):
            way = " → ".join(self._way(child, parent))
            message = (
                f"{child}: cannot come from {parent}, which comes from it ({way}); undo a link of "
                "that way first"
            )
            raise InvalidLink(message)
        for link in self.above(child):
            if link.parent_id == parent:
                message = f"{child}: is linked to {parent} as {KIND_NAMES[link.kind].en} already"
                raise InvalidLink(f"{message}; undo that link to say otherwise")
            if not kind == link.kind == "merge":
                message = (
                    f"{child}: comes from {link.parent_id} as {KIND_NAMES[link.kind].en} already; "
                    "several parents has a merger alone, undo that link first"
                )
                raise InvalidLink(message)
        for link in self.below(parent):
            if link.kind in SUCCEEDING or link.kind == "merge":
                message = (
                    f"{parent}: goes on in {link.child_id} by {KIND_NAMES[link.kind].en}; link "
                    "that one, or undo that link first"
                )
                raise InvalidLink(message)

    def doubts(self, project: str) -> Iterator[Bilingual]:
        """What is not complete yet about the links below and above a project."""
        merged = [link for link in self.above(project) if link.kind == "merge"]
        if len(merged) == 1:
            yield Bilingual(
                zh=f"{project} 由合并而来，但只登记了一个来源；合并应有两个以上来源，请补登",
                en=f"{project} is a merger of one project alone; a merger has two or more, "
                "link the others",
            )
        split = [link for link in self.below(project) if link.kind == "split"]
        if len(split) == 1:
            yield Bilingual(
                zh=f"{project} 只登记了一个拆分项目；拆分应有两个以上，请补登",
                en=f"{project} is split into one project alone; a split has two or more, link the "
                "others",
            )

    def _way(self, upper: str, lower: str) -> list[str]:
        """The ids from a project down to one of its descendants."""
        way = [lower]
        while way[-1] != upper:
            parents = self.parents(way[-1])
            way.append(next(p for p in parents if p == upper or upper in self.ancestors(p)))
        return way[::-1]


def _reached(project: str, step: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [project]
    while waiting:
        for other in step(waiting.pop()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found - {project}
