"""Proving an outcome: its document held against what the ledger has kept.

Input: the document of an outcome, bare or as it is given out. Output: `OutcomeVerification`: its
content hash, whether the ledger has kept this very document, and where not. The copy is looked for
that the document says it is; whoever may not see the whole is told of the applicant's copy alone.
"""

import json
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field, ValidationError

from blueprint.cases.files import Step, steps_of
from blueprint.cases.ledger import OUTCOME, PUBLIC_OUTCOME
from blueprint.cases.outcome_documents import CaseOutcome
from blueprint.cases.readers import Reader
from blueprint.document_differences import Difference, differences
from blueprint.errors import CannotVerify, PlanningError
from blueprint.values import Value, text_hash
from layers.table import canonical_json


class OutcomeVerification(Value):
    """What an outcome's document came to; `alterations` are from the kept one to the document.

    `not_here`: the ledger has no outcome of this id, or none that the reader may know of.
    """

    outcome_id: str
    case_id: str
    content_hash: str = Field(description="SHA-256 of the outcome in canonical form")
    kept: Literal["as_issued", "altered", "not_here"]
    number: int | None = Field(description="of the step of the ledger; null: not here")
    newest: bool | None = Field(description="false: another outcome has taken its place")
    alterations: list[Difference]


def read_outcome(path: Path) -> dict[str, Any]:
    """The document of an outcome, from a file: bare, or as the service gives it out.

    Raises:
        CannotVerify: it is none.
        PlanningError: the file cannot be read.
    """
    try:
        said = json.loads(path.read_text("utf-8"))
        document = said.get("outcome", said)
        CaseOutcome.model_validate(document, extra="ignore")
    except OSError as problem:
        message = f"{path}: cannot be read ({problem.strerror}); give the document of an outcome"
        raise PlanningError(message) from None
    except (ValueError, AttributeError, RecursionError, ValidationError):
        message = f"{path.name}: is no outcome; give the JSON document as it was given out"
        raise CannotVerify(message) from None
    found: dict[str, Any] = document
    return found


def verify_outcome(
    connection: sa.Connection, document: dict[str, Any], reader: Reader
) -> OutcomeVerification:
    """Hold the document of an outcome against the ledger's."""
    said = CaseOutcome.model_validate(document, extra="ignore")
    digest = text_hash(canonical_json(document))
    whole = said.audience == "approval"
    steps = steps_of(connection, said.case.id, OUTCOME if whole else PUBLIC_OUTCOME)
    if whole and not reader.is_approval:
        steps = []
    step = next((one for one in steps if _is_of(one, said.outcome_id)), None)
    altered = [] if step is None else list(differences(json.loads(step.document), document))
    if step is not None and not altered and digest != step.sha256:
        # equal to what is kept, whose hash is another: the ledger itself was altered
        altered = [Difference(path="", kind="changed", old=step.sha256, new=digest)]
    return OutcomeVerification(
        outcome_id=said.outcome_id,
        case_id=said.case.id,
        content_hash=digest,
        kept="not_here" if step is None else "altered" if altered else "as_issued",
        number=None if step is None else step.number,
        newest=None if step is None else step.number == steps[-1].number,
        alterations=altered,
    )


def _is_of(step: Step, outcome_id: str) -> bool:
    said: dict[str, Any] = json.loads(step.document)
    return said.get("outcome_id") == outcome_id
