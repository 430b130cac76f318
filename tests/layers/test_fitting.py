"""What is proposed for coordinates that do not lie in the city as they were declared."""

import numpy as np
import pytest

from layers.fitting import Place, contradiction, fit_advice, fitting_crs, misplaced_message
from layers.georeference import System, locator
from layers.helmert import Helmert

CITY = "EPSG:4548"
LOCAL = System(
    "xiamen92",
    "厦门92",
    Helmert(12.5, -110.25, -68.75),
    "+proj=tmerc +lon_0=118.5 +x_0=100000 +y_0=-2700000 +ellps=krass",
)
PLACE = Place((550_000, 2_680_000, 655_000, 2_765_000), CITY)
LONLAT = np.array([[118.0, 24.4], [118.1, 24.5], [118.2, 24.45]])


def given_in(crs: str) -> np.ndarray:
    return locator("EPSG:4490", None, crs).transform(LONLAT)


@pytest.mark.parametrize(
    ("crs", "proposed"),
    [
        ("EPSG:4490", "EPSG:4490"),
        ("EPSG:4326", "EPSG:4490"),
        ("EPSG:4548", "EPSG:4548"),
        ("EPSG:4527", "EPSG:4527"),
        ("EPSG:4549", "EPSG:4549"),
        ("EPSG:4528", "EPSG:4528"),
        ("EPSG:4498", "EPSG:4498"),
        ("EPSG:3857", "EPSG:3857"),
        # the 6-degree zone of the same meridian has the same coordinates
        ("EPSG:4509", "EPSG:4548"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True], ids=["as it is", "swapped"])
def test_the_crs_that_coordinates_come_from_is_found(
    crs: str, proposed: str, swapped: bool
) -> None:
    xy = given_in(crs)
    fit = fitting_crs(xy[:, ::-1] if swapped else xy, PLACE)
    assert fit is not None
    assert (fit.crs, fit.swapped) == (proposed, swapped)


def test_of_several_that_fit_the_most_plausible_is_named_as_such() -> None:
    fit = fitting_crs(given_in("EPSG:32650"), PLACE)
    assert fit is not None
    assert (fit.crs, fit.others) == ("EPSG:4548", ("EPSG:32650",))
    assert "most plausibly (EPSG:32650 would too): name it with --crs EPSG:4548" in fit.advice()


@pytest.mark.parametrize(
    ("xy", "said", "says"),
    [
        (given_in("EPSG:4527"), "EPSG:4548", "name it with --crs EPSG:4527"),
        (given_in("EPSG:4548"), "EPSG:4527", "name it with --crs EPSG:4548"),
        (given_in("EPSG:4548"), "EPSG:4490", "name it with --crs EPSG:4548"),
        (given_in("EPSG:4549"), "EPSG:4548", "name it with --crs EPSG:4549"),
        (LONLAT, "EPSG:4548", "name it with --crs EPSG:4490"),
        (LONLAT[:, ::-1], "EPSG:4490", "x and y are swapped: written longitude first"),
        (given_in("EPSG:4548")[:, ::-1], "EPSG:4548", "x and y are swapped: written x (east) fir"),
        (LONLAT - 50, "EPSG:4490", "no CRS that is known here would fit"),
        (np.empty((0, 2)), "EPSG:4490", "no CRS that is known here would fit"),
        (LONLAT * np.nan, None, "no CRS that is known here would fit"),
    ],
)
def test_a_refusal_says_what_would_fit(xy: np.ndarray, said: str | None, says: str) -> None:
    text = misplaced_message("plots", xy, said, PLACE)
    assert text.startswith("plots: ")
    assert says in text
    assert said is None or f"when read as {said}" in text
    assert "\n" not in text


def test_a_system_that_the_city_declares_is_proposed_too() -> None:
    # from the middle of the frame back into the local plane
    local = np.array([[60_000.0, 8_000.0], [65_000.0, 9_000.0]])
    assert "no CRS" in fit_advice(local, PLACE)
    assert fit_advice(local, Place(PLACE.bounds, CITY, (LOCAL,))).endswith("--crs xiamen92")


def test_most_of_the_coordinates_decide() -> None:
    stray = np.vstack([given_in("EPSG:4527"), [[0.0, 0.0]]])
    fit = fitting_crs(stray, PLACE)
    assert fit is not None
    assert fit.crs == "EPSG:4527"


def test_a_few_that_lie_in_the_city_by_accident_hide_no_contradiction() -> None:
    # declared 4548, meant 4549: one of them happens to fall into the frame's west
    meant = locator("EPSG:4490", None, "EPSG:4549").transform(
        np.array([[118.0, 24.4], [118.1, 24.5], [118.4, 24.3], [118.2, 24.5]])
    )
    narrow = Place((300_000, 2_680_000, 655_000, 2_765_000), CITY)
    read = locator(CITY, None, CITY)
    assert (read.transform(meant)[:, 0] > 300_000).any()
    wide = np.vstack([meant, meant - [20_000, 0]])
    assert contradiction("plots", wide, read, PLACE) is not None
    assert contradiction("plots", meant, read, narrow) is None


def test_a_layer_that_reaches_beyond_the_city_contradicts_nothing() -> None:
    province = np.array([[116.0, 23.5], [118.0, 24.5], [120.0, 27.0], [117.0, 28.0]])
    read = locator("EPSG:4490", None, CITY)
    assert contradiction("province", province, read, PLACE) is None
    assert contradiction("plots", LONLAT, read, PLACE) is None
    assert contradiction("nothing", np.empty((0, 2)), read, PLACE) is None
