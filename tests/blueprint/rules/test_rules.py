from datetime import date
from pathlib import Path

import pytest
import yaml

from blueprint.catalogue import load_catalogue
from blueprint.errors import InvalidCatalogue, InvalidRulePack
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack
from tests.blueprint.conftest import LAW, catalogue, exclusive_rule, rule_pack, site_rule

SAMPLE = Path(__file__).parents[3] / "sample_data" / "catalogue.yaml"


def written(tmp_path: Path, document: object) -> Path:
    path = tmp_path / "pack.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return path


def pack_document(*rules, **changes):
    name = {"zh": "包", "en": "Pack"}
    base = {"id": "p", "version": "1", "name": name, "laws": {"a_law": LAW}, "rules": list(rules)}
    return base | changes


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (pack_document(site_rule("zone", "forbidden")), "rule site.zone, severity"),
        (pack_document(site_rule("zone") | {"bufer_m": 5}), "bufer_m"),
        (pack_document(site_rule("zone", where="kind = ")), "CQL2"),
        (pack_document(site_rule("zone", buffer_m=-1)), "buffer_m"),
        (pack_document(site_rule("zone", bases=[])), "bases"),
        (pack_document(site_rule("zone", bases=[{"law": "no_law"}])), "law no_law is not listed"),
        (pack_document(site_rule("zone"), site_rule("zone")), "site.zone is there twice"),
        (pack_document(laws={"a_law": LAW | {"superseded_by": "none"}}), "superseded_by none"),
        (["no", "mapping"], "no mapping of fields"),
    ],
)
def test_a_faulty_pack_is_refused_naming_the_place(tmp_path: Path, document, says):
    with pytest.raises(InvalidRulePack) as refused:
        load_rule_pack(written(tmp_path, document))
    assert "pack.yaml" in str(refused.value)
    assert says in str(refused.value)


@pytest.mark.parametrize("content", ["rules: [", "\x00", "id: *nothing"])
def test_a_pack_that_is_not_yaml_is_refused_in_one_line(tmp_path: Path, content):
    path = tmp_path / "pack.yaml"
    path.write_text(content)
    with pytest.raises(InvalidRulePack, match=r"pack\.yaml:1: is not YAML") as refused:
        load_rule_pack(path)
    assert "\n" not in str(refused.value)


def test_a_missing_pack_is_refused(tmp_path: Path):
    with pytest.raises(InvalidRulePack, match="cannot be read"):
        load_rule_pack(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (site_rule("nowhere"), "layer nowhere is not in the catalogue"),
        (site_rule("zone", department="nobody"), "department nobody"),
        (exclusive_rule("zone", "metro"), "layer metro holds no polygons"),
    ],
)
def test_a_rule_that_does_not_fit_the_catalogue_is_refused(rule, says):
    with pytest.raises(InvalidRulePack, match=says):
        rule_pack(rule).check_against(catalogue())


@pytest.mark.parametrize(
    ("day", "laws"),
    [
        (date(2025, 12, 31), ["old"]),
        (date(2026, 1, 1), ["old", "new"]),
        (date(2026, 6, 30), ["old", "new"]),
        (date(2026, 7, 1), ["new"]),
    ],
)
def test_the_days_on_which_a_law_begins_and_ends_are_in_force(day, laws):
    old, new = LAW | {"in_force_until": "2026-06-30"}, LAW | {"in_force_from": "2026-01-01"}
    rule = site_rule("zone", bases=[{"law": "old"}, {"law": "new"}])
    pack = rule_pack(rule, laws={"old": old, "new": new})
    assert [basis.law for basis in pack.bases_in_force(pack.site_rules[0], day)] == laws


def test_the_shipped_pack_fits_the_sample_catalogue_and_covers_the_field():
    pack = load_rule_pack(SHIPPED_PACK)
    pack.check_against(load_catalogue(SAMPLE))
    assert len(pack.site_rules) >= 25
    assert len(pack.exclusive_rules) >= 3


def test_the_shipped_pack_never_forgives_slivers_of_farmland_and_redline():
    pack = load_rule_pack(SHIPPED_PACK)
    strict = {"permanent_basic_farmland", "eco_redline"}
    for rule in pack.site_rules:
        if rule.layer in strict:
            assert not rule.forgive_slivers, rule.id
    for rule in pack.exclusive_rules:
        if strict & {rule.left, rule.right}:
            assert not rule.forgive_slivers, rule.id


def test_every_shipped_rule_has_a_basis_in_force_today():
    pack = load_rule_pack(SHIPPED_PACK)
    day = date(2026, 11, 23)
    assert [rule.id for rule in pack.rules if not pack.bases_in_force(rule, day)] == []


def test_the_sample_catalogue_has_the_reforms_numbers():
    tree = load_catalogue(SAMPLE)
    assert len(tree.themes) == 15
    assert sum(len(theme.subthemes) for theme in tree.themes) == 54
    assert len(tree.by_id) == 275
    assert len(tree.departments) == 235
    assert {layer.department for layer in tree.layers()} == set(tree.department_names)


def catalogue_document():
    return catalogue().model_dump(mode="json")


def broken(change):
    document = catalogue_document()
    change(document, document["themes"][0]["subthemes"][0]["layers"])
    return document


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (broken(lambda d, ls: ls[1].update(id="boundary")), "layer boundary is there twice"),
        (broken(lambda d, ls: ls[1].update(name=ls[0]["name"])), "layer name"),
        (broken(lambda d, ls: ls[1].update(department="nobody")), "nobody is not listed"),
        (broken(lambda d, ls: d["city"].update(boundary_layer="metro")), "no polygon layer"),
        (broken(lambda d, ls: ls[1].update(id="Not A Slug")), "layers.1.id"),
        (broken(lambda d, ls: ls[1].update(name={"zh": 'a"b', "en": "x"})), "layers.1.name.zh"),
        (broken(lambda d, ls: ls[1].update(sensitivity="secret")), "sensitivity"),
    ],
)
def test_a_faulty_catalogue_is_refused_naming_the_place(tmp_path: Path, document, says):
    with pytest.raises(InvalidCatalogue) as refused:
        load_catalogue(written(tmp_path, document))
    assert says in str(refused.value)
