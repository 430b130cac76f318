"""A local plane by control points: what is recovered, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from layers.control_points import ControlPoints, fit
from layers.errors import UnsuitableCrs

SQUARE = np.array([[1000.0, 2000.0], [9000.0, 2500.0], [8500.0, 9500.0], [500.0, 8800.0]])
TURN = math.radians(1.5)
MATRIX = 1.00002 * np.array([[math.cos(TURN), -math.sin(TURN)], [math.sin(TURN), math.cos(TURN)]])
HOME = SQUARE @ MATRIX.T + [600_000.0, 2_700_000.0]

COORDINATE = st.floats(-50_000, 50_000)
POINTS = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=8)


def control(**more: object) -> ControlPoints:
    return ControlPoints((), "EPSG:4548", **more)


def apart(points: np.ndarray) -> bool:
    """Whether no two of the points are nearer than 100 m."""
    gaps = np.hypot(*(points[:, None] - points[None]).T)
    return bool((gaps + 1e9 * np.eye(len(points)) > 100).all())


@given(points=POINTS, turn=st.floats(-math.pi, math.pi), ppm=st.floats(-500, 500))
def test_a_similarity_is_recovered_from_what_it_moved(
    points: list[tuple[float, float]], turn: float, ppm: float
) -> None:
    source = np.array(points)
    assume(apart(source))
    scale = 1 + ppm * 1e-6
    matrix = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    found = fit(source, source @ matrix.T + [600_000, 2_700_000], control(), "local")
    assert found.worst_m < 1e-6
    elsewhere = np.array([[12_345.6, -6_543.2]])
    expected = elsewhere @ matrix.T + [600_000, 2_700_000]
    assert np.abs(found.apply(elsewhere) - expected).max() < 0.001
    assert found.scale == pytest.approx(scale, abs=1e-9)
    # anticlockwise in the matrix is against north to east
    assert math.remainder(math.radians(found.rotation_deg) + turn, math.tau) == pytest.approx(
        0, abs=1e-8
    )


def test_an_affine_fit_takes_a_stretch_that_no_similarity_can() -> None:
    stretched = HOME * [1.0003, 0.9998]
    with pytest.raises(UnsuitableCrs, match="off by"):
        fit(SQUARE, stretched, control(), "local")
    assert fit(SQUARE, stretched, control(kind="affine"), "local").worst_m < 1e-6


def test_the_residual_of_a_wrong_point_is_shown_and_that_point_named() -> None:
    wrong = HOME.copy()
    wrong[2, 0] += 3.0
    with pytest.raises(UnsuitableCrs, match=r"local: control point 3 is off by 1\.\d+ m.*0\.1 m"):
        fit(SQUARE, wrong, control(), "local")
    found = fit(SQUARE, wrong, control(tolerance_m=5.0), "local")
    assert found.residuals_m.index(found.worst_m) == 2
    assert found.rmse_m == pytest.approx(np.sqrt(np.mean(np.square(found.residuals_m))))


def test_the_fit_is_the_one_of_least_squares() -> None:
    noise = np.array([[0.02, -0.01], [-0.03, 0.02], [0.01, 0.03], [0.0, -0.04]])
    found = fit(SQUARE, HOME + noise, control(), "local")
    # x' = a x - b y + c, y' = b x + a y + d as one linear system
    x, y = SQUARE.T
    one, zero = np.ones(4), np.zeros(4)
    system = np.vstack([np.column_stack([x, -y, one, zero]), np.column_stack([y, x, zero, one])])
    solution, *_ = np.linalg.lstsq(system, np.concatenate([*(HOME + noise).T]), rcond=None)
    assert found.matrix[0][0] == pytest.approx(solution[0], abs=1e-9)
    assert found.matrix[1][0] == pytest.approx(solution[1], abs=1e-9)


@pytest.mark.parametrize(
    ("source", "target", "kind", "says"),
    [
        (SQUARE[:1], HOME[:1], "similarity", "has 1 control points; a similarity needs 2"),
        (SQUARE[:3], HOME[:3], "affine", "an affine fit needs 4"),
        (SQUARE[[0, 1, 0]], HOME[[0, 1, 2]], "similarity", "1 and 3 are less than 1 m apart"),
        (SQUARE, HOME[[0, 1, 1, 3]], "similarity", "2 and 3 are less than 1 m apart"),
        (np.outer(range(4), [900, 1]), HOME, "affine", "lie in line"),
        (SQUARE[:, ::-1], HOME, "similarity", "swap them"),
        (SQUARE[:, ::-1], HOME, "affine", "swap x and y"),
        (SQUARE[:2] * 1.3, HOME[:2], "similarity", "give a third"),
        (SQUARE[:2, ::-1], HOME[:2], "similarity", "give a third"),
        (np.full((3, 2), np.nan), HOME[:3], "similarity", "control point 1 lies nowhere"),
    ],
    ids=[
        "one point", "three for affine", "twins", "twin goals", "in line", "swapped",
        "swapped affine", "two with a scale", "two swapped", "not finite",
    ],
)  # fmt: skip
def test_control_points_that_prove_nothing_are_refused(
    source: np.ndarray, target: np.ndarray, kind: str, says: str
) -> None:
    with pytest.raises(UnsuitableCrs, match=says) as refused:
        fit(source.astype(float), target, control(kind=kind), "local")
    assert str(refused.value).startswith("local: ")
    assert "\n" not in str(refused.value)
