"""Coordinate systems that a city declares: read, refused, named, and labelled in every answer."""

import json

import numpy as np
import pytest
import shapely

from blueprint.catalogue import City, load_catalogue
from blueprint.checks.site import site_of
from blueprint.coordinates import resolve
from blueprint.errors import InvalidCatalogue, InvalidSite
from layers import read_geojson
from layers.errors import UnsuitableCrs
from layers.gcj02 import gcj02_of
from layers.georeference import locator
from layers.source import with_crs

from .conftest import catalogue

NAME = {"zh": "厦门92", "en": "Xiamen 92"}
KRASSOVSKY = "+proj=tmerc +lon_0=118.5 +x_0=100000 +y_0=-2700000 +ellps=krass"
HELMERT = {"dx_m": 12.5, "dy_m": -110.25, "dz_m": -68.75}
TURNED = HELMERT | {"rx_arcsec": 1.2, "convention": "position_vector"}
POINTS = [
    {"local": [0, 0], "cgcs2000": [600_000, 2_700_000]},
    {"local": [9000, 0], "cgcs2000": [609_000, 2_700_000]},
    {"local": [0, 9000], "cgcs2000": [600_000, 2_709_000]},
]
SYSTEM = {"id": "xiamen92", "name": NAME, "crs": KRASSOVSKY, "helmert": HELMERT}
LOCAL = {"id": "local", "name": NAME, "to": "EPSG:4548", "control_points": POINTS}
PLOT = np.array([[118.0, 24.42], [118.001, 24.42], [118.001, 24.421], [118.0, 24.42]])


def city(*systems: dict[str, object]) -> City:
    fields = catalogue().city.model_dump() | {"coordinate_systems": systems}
    return City.model_validate(fields)


def drawn(corners: np.ndarray) -> bytes:
    return shapely.to_geojson(shapely.Polygon(corners)).encode()


def test_a_catalogue_reads_the_same_when_it_is_loaded_again() -> None:
    kept = city(SYSTEM, LOCAL, SYSTEM | {"id": "old", "helmert": TURNED})
    assert City.model_validate_json(kept.model_dump_json()) == kept


@pytest.mark.parametrize(
    ("system", "says"),
    [
        (SYSTEM | {"id": "gcj02"}, "is what GCJ-02 is called"),
        (SYSTEM | {"helmert": None}, "give one of helmert, plane and control_points"),
        (SYSTEM | {"plane": {"north_m": 0, "east_m": 0}}, "not helmert and plane"),
        (SYSTEM | {"crs": None}, "need its crs"),
        (SYSTEM | {"crs": "Beijing"}, "not a known CRS"),
        (SYSTEM | {"to": "EPSG:4548"}, "leave to out"),
        (SYSTEM | {"tolerance_m": 0.5}, "belong to control_points"),
        (SYSTEM | {"helmert": HELMERT | {"rz_arcsec": 2}}, "no convention"),
        (SYSTEM | {"helmert": HELMERT | {"dx_m": float("nan")}}, "finite"),
        (LOCAL | {"to": None}, "need to"),
        (LOCAL | {"to": "EPSG:2414"}, "Beijing 1954"),
        (LOCAL | {"control_points": POINTS[:1]}, "needs 2"),
        (LOCAL | {"fit": "affine"}, "needs 4"),
        (LOCAL | {"control_points": [*POINTS[:2], POINTS[2] | {"local": [0, 9001]}]},
         r"is off by 0\.\d+ m"),
    ],
)  # fmt: skip
def test_a_system_that_does_not_hold_is_refused_when_the_catalogue_is_read(
    system: dict[str, object], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        city(system)


def test_one_id_is_one_system() -> None:
    with pytest.raises(ValueError, match="xiamen92 is there twice"):
        city(SYSTEM, SYSTEM)


def test_the_catalogues_error_names_the_place_and_the_residual(tmp_path) -> None:
    wrong = LOCAL | {"control_points": [*POINTS[:2], POINTS[2] | {"local": [0, 9001]}]}
    fields = catalogue().model_dump(mode="json")
    fields["city"]["coordinate_systems"] = [wrong]
    path = tmp_path / "catalogue.yaml"
    path.write_text(json.dumps(fields), "utf-8")
    with pytest.raises(InvalidCatalogue, match=r"city\.coordinate_systems\.0.*local.*off by.*RMSE"):
        load_catalogue(path)


@pytest.mark.parametrize(
    ("named", "id_"),
    [("xiamen92", "xiamen92"), ("Xiamen92", "xiamen92"), ("GCJ-02", "GCJ-02"), ("gcj02", "GCJ-02"),
     ("BD-09", "BD-09"), ("bd_09", "BD-09")],
)  # fmt: skip
def test_a_system_is_named_by_its_id(named: str, id_: str) -> None:
    said, system = resolve(named, city(SYSTEM))
    assert said is None
    assert system is not None
    assert system.id == id_


def test_what_is_no_system_is_a_crs_or_refused_with_the_systems_there_are() -> None:
    assert resolve("EPSG:4548", city(SYSTEM)) == ("EPSG:4548", None)
    assert resolve(None, city(SYSTEM)) == (None, None)
    with pytest.raises(UnsuitableCrs, match=r"xiamen29: not a known CRS.*xiamen92, GCJ-02, BD-09"):
        resolve("xiamen29", city(SYSTEM))


def test_a_site_drawn_in_the_citys_own_system_comes_home_with_its_residuals() -> None:
    corners = np.array([[1000, 1000], [1100, 1000], [1100, 1100], [1000, 1000]])
    town = city(LOCAL)
    _, system = resolve("local", town)
    site = site_of(read_geojson(drawn(corners), "plot"), town, system)
    assert site.bounds == pytest.approx((601_000, 2_701_000, 601_100, 2_701_100), abs=0.001)
    assert site.source_crs == "local (厦门92)"
    assert any("residuals 1: 0.000 m" in note for note in site.notes)
    assert (site.approximate, site.crs_assumed) == (None, False)


def test_a_site_drawn_on_a_web_map_is_brought_back_and_labelled() -> None:
    town = city()
    _, system = resolve("GCJ-02", town)
    site = site_of(read_geojson(drawn(gcj02_of(PLOT)), "plot"), town, system)
    true = locator("EPSG:4490", None, town.crs).transform(PLOT)
    assert site.bounds[:2] == pytest.approx(true.min(axis=0), abs=0.001)
    assert site.approximate == site.source_crs == "GCJ-02"


@pytest.mark.parametrize(
    ("read_as", "advice"),
    [
        ("EPSG:4548", "read as EPSG:4527 they would fit: name it with --crs EPSG:4527"),
        ("EPSG:4490", "read as EPSG:4527 they would fit: name it with --crs EPSG:4527"),
        (None, "read as EPSG:4527 they would fit: name it with --crs EPSG:4527"),
    ],
)
def test_a_site_whose_coordinates_contradict_its_crs_hears_what_fits(
    read_as: str | None, advice: str
) -> None:
    metres = locator("EPSG:4490", None, "EPSG:4527").transform(PLOT)
    source = with_crs(read_geojson(drawn(metres), "plot"), read_as)
    with pytest.raises(InvalidSite) as refused:
        site_of(source, city())
    assert str(refused.value).endswith(advice)


def test_a_site_in_an_old_datum_is_refused_however_well_it_would_fit() -> None:
    source = with_crs(read_geojson(drawn(PLOT), "plot"), "EPSG:4214")
    with pytest.raises(UnsuitableCrs, match="PROJ would guess"):
        site_of(source, city(SYSTEM))
