import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from blueprint.rules.kinds.distance import in_zones, widths

from .conftest import golden, rule_of, shapes_of, texts_of

SITE = shapely.box(0, 0, 100, 100)


@pytest.mark.parametrize("case", golden("widths"))
def test_a_feature_has_the_width_that_the_table_gives(case):
    found = widths(rule_of("distance", **case["rule"]), texts_of(case["attributes"]))
    expected = [str(width) for width in case["widths"]]
    told = zip(found.metres, found.assumed, strict=True)
    assert [f"{metres:g}{'?' if assumed else ''}" for metres, assumed in told] == expected


@pytest.mark.parametrize("case", golden("zones"))
def test_a_site_lies_in_the_zones_that_the_case_tells(case):
    drawn = case["drawn"]
    found = in_zones(
        rule_of("distance", **case["rule"]),
        SITE,
        shapes_of(case["lines"]),
        texts_of(case["attributes"]),
        None if drawn is None else shapes_of(drawn),
        texts_of(case["drawn_attributes"]) if "drawn_attributes" in case else None,
    )
    told = []
    for zone in found:
        words = [
            "theoretical" if zone.theoretical else "drawn",
            f"{5 * round(zone.shape.area / 5)}",
        ]
        words.append(",".join(map(str, sorted(zone.rows.tolist()))))
        far = "" if zone.metres is None else f"{zone.metres:g}"
        told.append(" ".join([*words, far + ("?" if zone.assumed else "")]).strip())
    assert told == case["met"]


@given(
    kv=st.one_of(st.none(), st.floats(0, 1000)),
    other=st.one_of(st.none(), st.floats(0, 1000)),
)
def test_an_attribute_that_becomes_known_never_widens_a_zone(kv, other):
    rule = rule_of(
        "distance",
        layer="line",
        otherwise_m=7,
        widths=[
            {"where": "kV >= 500", "metres": 20},
            {"where": "other < 10", "metres": 90},
            {"where": "kV >= 35", "metres": 10},
        ],
    )
    given = {name: value for name, value in (("kV", kv), ("other", other)) if value is not None}
    known, less, nothing = widths(rule, texts_of([given, {"kV": kv} if kv else {}, {}])).metres
    assert known <= less <= nothing
    assert nothing == rule.reach_m


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"widths": []}, "at least 1"),
        ({"zone_where": "a = 1"}, "add zone_layer"),
        ({"zone_layer": "line"}, "is the layer itself"),
        ({"widths": [{"where": "a = 1", "metres": 0}]}, "greater than 0"),
        ({"widths": [{"where": "a =", "metres": 5}]}, "CQL2"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(fields, says):
    table = {"layer": "line", "widths": [{"where": "a = 1", "metres": 5}]}
    with pytest.raises(ValidationError, match=says):
        rule_of("distance", **(table | fields))
