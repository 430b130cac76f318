"""Taking a project in: what is said of it and its site, as somebody hands them in.

Input: a mapping of facts, and perhaps a drawing. Output: `ProjectFacts` that are sound, or one line
that says what to mend. An applicant may propose a project and withdraw it; how far it has come
otherwise is moved by its cases, or said by staff.
"""

from dataclasses import dataclass

from pydantic import ValidationError

from blueprint.access.caller import Caller
from blueprint.cases.facts import ProjectFacts, ProjectSite, ProjectState, SaidFacts
from blueprint.cases.sites import drawn_site
from blueprint.catalogue import City
from blueprint.checks.handed_site import HandedSite
from blueprint.errors import InvalidProject, NotAllowed
from blueprint.rules.kinds.figures import NOTHING_SAID

_BY_APPLICANTS: frozenset[ProjectState] = frozenset({"proposed", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is handed in: facts, and a drawing with what has to be known to read it."""

    said: SaidFacts
    site: HandedSite | None = None
    crs: str | None = None
    layer: str | None = None

    def facts(self, city: City, kept: ProjectSite | None = None) -> ProjectFacts:
        """The facts with the site that is drawn, else with the one that is kept.

        Raises:
            DataError, InvalidSite, InvalidFigures: the drawing cannot be taken.
            InvalidProject: figures are said in the drawing and beside it.
        """
        said = dict(self.said)
        if self.site is not None:
            kept, figures = drawn_site(self.site, city, self.crs, self.layer)
            if figures is not None:
                if self.said.figures != NOTHING_SAID:
                    message = "figures: are given beside the drawing and in it; leave one out"
                    raise InvalidProject(message)
                said["figures"] = figures.model_copy(update={"code": None})
        return ProjectFacts(**said, site=kept)


def said_facts(said: object) -> SaidFacts:
    """What is said of a project, from a mapping.

    Raises:
        InvalidProject: something of it cannot be.
    """
    try:
        return SaidFacts.model_validate(said)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "facts"
        message = f"{where}: {first['msg']}; correct it or leave it out"
        raise InvalidProject(message) from None


def require_sayable(caller: Caller, said: SaidFacts, before: ProjectState = "proposed") -> None:
    """See that a caller may say that a project is in that state.

    Raises:
        NotAllowed: an applicant's project comes no further by his own word.
    """
    if caller.role == "applicant" and said.state not in {*_BY_APPLICANTS, before}:
        message = f"state {said.state}: is reached by cases; leave it out, or say withdrawn"
        raise NotAllowed(message)
