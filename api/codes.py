"""Project codes (项目代码): any code explained, part by part."""

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request

from api.deps import Day, PlainText, ServiceDep
from api.problems import problems
from blueprint.cases.files import city_day
from blueprint.codes import CheckDigit, CodeExplanation, explain_code

router = APIRouter(prefix="/codes", tags=["lineage"])


@router.get("/{code}", responses=problems())
def explain_project_code(
    code: PlainText,
    request: Request,
    service: ServiceDep,
    day: Annotated[
        Day | None, Query(alias="date", description="YYYY-MM-DD, on which it is read; today")
    ] = None,
) -> CodeExplanation:
    """A project code part by part: what each means, how sure that is, and what is wrong.

    Whatever is wrong is told among the problems. A code without any is written as codes are; that
    it was issued is known to the central platform alone.
    """
    if day is None:
        with service.database.read() as connection:
            day = city_day(connection)
    return explain_code(code, day, cast("CheckDigit | None", request.app.state.check_digit))
