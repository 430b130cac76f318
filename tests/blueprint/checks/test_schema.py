import json
from pathlib import Path

import jsonschema
import pytest

from blueprint.checks.schema import schema_text, site_check_schema
from tests.blueprint.conftest import Town, site_rule

DOCS = Path(__file__).parents[3] / "docs"
SITE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"


def test_the_schema_in_docs_is_the_one_that_the_models_give():
    # to renew it: python -m blueprint.checks.schema > docs/site-check.schema.json
    assert (DOCS / "site-check.schema.json").read_text("utf-8") == schema_text()


@pytest.fixture
def document(town: Town):
    town.deliver("zone", SITE)
    town.deliver("metro", "LINESTRING (900 1050, 1200 1050)")
    town.deliver("station", "POINT (1010 1010)")
    town.deliver("barracks", SITE)
    layers = ("zone", "metro", "station", "barracks", "farmland")
    town.publish(*(site_rule(layer) for layer in layers))
    return town.check(SITE).document.model_dump(mode="json")


def test_a_check_with_findings_of_every_kind_is_valid_under_the_schema(document):
    schema = site_check_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(document)
    assert len(document["findings"]) == 5


@pytest.mark.parametrize("field", ["verdict", "snapshot", "layers", "findings", "site"])
def test_a_check_without_a_required_field_is_not_valid(document, field):
    del document[field]
    with pytest.raises(jsonschema.ValidationError, match=field):
        jsonschema.validate(document, site_check_schema())


def test_a_share_over_the_whole_is_not_valid(document):
    hit = next(f for f in document["findings"] if f["share"] is not None)
    hit["share"] = 1.0001
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(json.dumps(document)), site_check_schema())
