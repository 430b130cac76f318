"""docs/catalogue.md tells of every field that a catalogue may have."""

import re
from pathlib import Path

import pytest
import yaml

from blueprint.catalogue import CatalogueLayer, City
from blueprint.expectations import FieldSpec, Gates
from blueprint.values import Value

DOC = Path(__file__).parents[2] / "docs" / "catalogue.md"


def section(title: str) -> str:
    found = re.search(
        rf"^## {title}\n(.*?)(?=^## |\Z)", DOC.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found, title
    return found[1]


@pytest.mark.parametrize(
    ("title", "model"),
    [("city", City), ("layers", CatalogueLayer), ("Fields", FieldSpec), ("Gates", Gates)],
)
def test_every_field_has_a_row_in_the_docs_and_every_row_is_a_field(
    title: str, model: type[Value]
) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section(title), re.MULTILINE)
    assert sorted(rows) == sorted(model.model_fields)


def test_the_example_of_fields_and_gates_is_valid() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", section("Fields") + section("Gates"), re.DOTALL)
    layer = {
        "id": "land_use",
        "name": {"zh": "用地", "en": "Land use"},
        "department": "nrp",
        "geometry": "polygon",
    }
    for example in examples:
        layer |= yaml.safe_load(example)
    assert CatalogueLayer.model_validate(layer).fields[1].codes is not None
