"""Reading what an applicant says of the project, from the command line or from a JSON member."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from blueprint.errors import InvalidFigures
from blueprint.rules.kinds.figures import NOTHING_SAID, ProjectFigures
from blueprint.rules.pack import RulePack


def figures_of(said: object) -> ProjectFigures:
    """The project's figures from a mapping; None: nothing is said.

    Raises:
        InvalidFigures: a figure cannot be, or is none that is known.
    """
    if said is None:
        return NOTHING_SAID
    try:
        return ProjectFigures.model_validate(said)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "project"
        message = f"{where}: {first['input']!r}: {first['msg']}; correct it or leave it out"
        raise InvalidFigures(message) from None


def figures_from_options(
    answers: Sequence[str], figures: Mapping[str, float | str | None]
) -> ProjectFigures:
    """The project's figures from `question=yes` texts and options; an option may be None.

    Raises:
        InvalidFigures: an answer is neither yes nor no, is given twice, or a figure cannot be.
    """
    given: dict[str, str] = {}
    for text in answers:
        question, sign, answer = text.partition("=")
        if not sign or answer not in ("yes", "no"):
            message = f"{text}: is no answer; write question=yes or question=no"
            raise InvalidFigures(message)
        if given.setdefault(question, answer) != answer:
            message = f"{question}: is answered with yes and with no; give one of the two"
            raise InvalidFigures(message)
    said = {name: value for name, value in figures.items() if value is not None}
    return figures_of({"answers": given, **said})


def wish_of(said: object) -> bool:
    """Whether suggestions are asked for, from a JSON member; None: they are not.

    Raises:
        InvalidFigures: it is neither true nor false.
    """
    if said is None or isinstance(said, bool):
        return bool(said)
    message = f"suggest: {said!r}: is neither true nor false; give one of the two"
    raise InvalidFigures(message)


def refuse_unasked(pack: RulePack, project: ProjectFigures) -> None:
    """See that every answer is to a question of the pack: a misspelt one would answer nothing.

    Raises:
        InvalidFigures: one is not.
    """
    for question in project.answers:
        if question not in pack.questions:
            asked = ", ".join(pack.questions) or "nothing"
            message = f"{question}: the rules do not ask this; they ask {asked}"
            raise InvalidFigures(message)
