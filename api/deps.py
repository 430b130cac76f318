"""What every route may ask for, and what every route refuses."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, cast

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BeforeValidator, Field

from api.gate import caller_of
from blueprint.access.caller import Caller
from blueprint.clearance import Clearance
from blueprint.service import Service
from blueprint.values import LONGEST_LINE, is_plain

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


ServiceDep = Annotated[Service, Depends(_service)]


CallerDep = Annotated[Caller, Depends(caller_of)]


def _clearance(caller: CallerDep) -> Clearance:
    """Whose eyes the answer is for (decision 28)."""
    return caller.clearance


ClearanceDep = Annotated[Clearance, Depends(_clearance)]


def refuse_unknown_parameters(request: Request) -> None:
    """A misspelt parameter would be answered as if it had not been given: refuse it.

    Raises:
        RequestValidationError: a query parameter is none of the route's, or is given twice.
    """
    known = list(dict.fromkeys(_parameters(request.scope["route"].dependant)))
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            there = f"there are {', '.join(known)}" if known else "this path takes none"
            raise invalid("query", name, f"no such parameter; {there}")
        if given.count(name) > 1:
            raise invalid("query", name, "given more than once")


def _parameters(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route and of all that it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for beneath in dependant.dependencies:
        yield from _parameters(beneath)


def invalid(part: str, name: str, hint: str) -> RequestValidationError:
    """The error of one parameter."""
    return RequestValidationError([{"loc": (part, name), "msg": hint, "type": "value_error"}])


def _plain(text: str) -> str:
    if not is_plain(text):
        raise ValueError("give it without control characters")
    return text


def _iso_day(value: object) -> object:
    # pydantic would read a number as seconds since 1970
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("give a day as YYYY-MM-DD")
    return value


PlainText = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(_plain)]
Day = Annotated[date, BeforeValidator(_iso_day)]
SnapshotQuery = Annotated[
    PlainText | None, Query(description="id of a snapshot; the newest if not given")
]
AsOfQuery = Annotated[
    Day | None, Query(description="YYYY-MM-DD: the snapshot in force at the end of that day")
]
