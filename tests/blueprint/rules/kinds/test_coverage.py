import pytest
import shapely

from blueprint.rules.kinds.coverage import partition

from .conftest import golden, rule_of, shapes_of, texts_of


@pytest.mark.parametrize("case", golden("partitions"))
def test_a_partition_has_the_faults_that_the_case_tells(case):
    ids = [f"f{row}" for row in range(len(case["shapes"]))]
    found = partition(
        rule_of("coverage", **case["rule"]),
        shapes_of(case["shapes"]),
        ids,
        texts_of(case["attributes"]),
        shapely.from_wkt(case["outline"]) if "outline" in case else None,
    )
    told = [f"overlap {spot.area_m2:g} {' '.join(spot.ids)}" for spot in found.overlaps]
    told += [f"gap {spot.area_m2:g}" for spot in found.gaps]
    told += [f"duplicate {number} {' '.join(of)}" for number, of in found.duplicates.items()]
    told += [f"missing {name} {' '.join(of)}" for name, of in found.missing.items()]
    told += [f"undecided {' '.join(found.undecided)}"] if found.undecided else []
    told += [f"numerical {found.numerical}"] if found.numerical else []
    assert told == case["says"]
    assert found.sound == all(line.startswith("numerical") for line in case["says"])
