"""Rules of any kind from the few words of a case, and the golden cases themselves."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import yaml
from pydantic import TypeAdapter

from blueprint.rules.pack import Rule
from layers import Geometries

CASES = Path(__file__).parents[3] / "cases" / "kinds"
_COMMON = {
    "department": "planning",
    "title": {"zh": "规则", "en": "Rule"},
    "message": {"zh": "说明", "en": "Message"},
    "bases": [{"law": "a_law"}],
}


def golden(name: str) -> list[Any]:
    """The cases of one file as pytest parameters, each named by its sentence."""
    content = yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
    common = content.get("rule", {})
    return [
        pytest.param(case | {"rule": common | case.get("rule", {})}, id=case["name"])
        for case in content["cases"]
    ]


def rule_of(kind: str, **fields: Any) -> Any:
    """A rule of one kind."""
    given = {"id": f"{kind}.a", "kind": kind, "severity": "restricted"} | _COMMON | fields
    return TypeAdapter(Rule).validate_python(given)


def shapes_of(wkts: list[str]) -> Geometries:
    """Geometries from WKT; none: an empty array."""
    return np.array([shapely.from_wkt(wkt) for wkt in wkts], dtype=object)


def texts_of(rows: list[dict[str, Any]]) -> list[str]:
    """Attributes as the store keeps them."""
    return [json.dumps(row, ensure_ascii=False) for row in rows]
