"""What a pack tells of one approval, and of one kind of document."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from blueprint.approvals.needs import Need
from blueprint.cases.stages import Stage
from blueprint.rules.legal import Citation
from blueprint.values import Bilingual, Slug, Value

Months = Annotated[int, Field(ge=1, le=1200)]
LicenceName = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class DocumentKind(Value):
    """A kind of document (材料): who makes it, how long it counts, whether it is asked once.

    `licence` is its name in the library of electronic licences (电子证照), if it is one. What is of
    the applicant serves all of its projects. One that is not reusable is made for each approval.
    """

    title: Bilingual
    made_by: Literal["applicant", "professional", "authority"]
    department: Slug | None = None
    licence: LicenceName | None = None
    of: Literal["applicant", "project"] = "project"
    valid_months: Months | None = None
    reusable: bool = True
    bases: tuple[Citation, ...] = ()


def _asked(given: Any) -> Any:
    """What is asked for, lists within the list laid out: so what many ask for is written once."""
    if not isinstance(given, list | tuple):
        return given
    laid_out: list[Any] = []
    for one in given:
        laid_out += one if isinstance(one, list) else [one]
    # most are asked for without more ado: their id alone
    return [{"id": one} if isinstance(one, str) else one for one in laid_out]


class AskedDocument(Value):
    """That an approval asks for a document: always, or on a condition."""

    id: Slug
    when: Need = "always"


class AskedField(Value):
    """That an approval asks for a field of the form; what is optional may stay open."""

    id: Slug
    optional: bool = False


class Limit(Value):
    """A time limit: days of a unit, and the laws that set it; a city's promise rests on none."""

    days: Annotated[int, Field(ge=0, le=3660)]
    unit: Literal["working", "calendar"]
    bases: tuple[Citation, ...] = ()


class Approval(Value):
    """An approval (审批事项), or an opinion, filing or acceptance that a project needs.

    `stage` is the one in which it has to be had; with `parallel` it may be asked for beside the
    others of that stage. `gives` are the documents that come out of it.
    """

    id: Slug
    title: Bilingual
    stage: Stage
    parallel: bool = False
    department: Slug
    needed_when: Need
    bases: tuple[Citation, ...] = ()
    statutory: Limit | None = None
    promised: Limit | None = None
    documents: Annotated[tuple[AskedDocument, ...], BeforeValidator(_asked)] = ()
    fields: Annotated[tuple[AskedField, ...], BeforeValidator(_asked)] = ()
    gives: tuple[Slug, ...] = ()
    note: str | None = None

    def citations(self) -> Iterator[Citation]:
        """Every citation, those of its limits too."""
        yield from self.bases
        for limit in (self.statutory, self.promised):
            if limit is not None:
                yield from limit.bases

    def needs(self) -> Iterator[Need]:
        """Its condition and those of its documents."""
        yield self.needed_when
        yield from (document.when for document in self.documents)
