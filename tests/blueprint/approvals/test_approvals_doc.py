"""docs/approvals.md tells of every field of a pack, with an example that is valid."""

import re
from pathlib import Path

import pytest
import yaml

from blueprint.approvals.documents import Counts
from blueprint.approvals.fields import FormField
from blueprint.approvals.kinds import Approval, DocumentKind
from blueprint.approvals.needs import OnField
from blueprint.approvals.pack import ApprovalsPack
from blueprint.values import Value

DOC = (Path(__file__).parents[3] / "docs" / "approvals.md").read_text("utf-8")


def section(title: str) -> str:
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#{{2,3}} |\Z)", DOC, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("The pack", ApprovalsPack),
        ("An approval", Approval),
        ("A document", DocumentKind),
        ("A field", FormField),
        ("How it is decided", Counts),
    ],
)
def test_every_field_has_a_row_and_every_row_is_a_field(title: str, model: type[Value]):
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section(title), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(model.model_fields)


def test_every_way_of_comparing_a_field_is_told():
    told = section("A condition")
    assert all(f"{name}" in told for name in OnField.model_fields)


def test_the_example_is_an_approval():
    (text,) = re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)
    (example,) = yaml.safe_load(text)["approvals"]
    assert Approval.model_validate(example).id == "night_works"
