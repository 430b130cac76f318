"""One font for all pictures, the shipped one, and a site with what can be found on it."""

from pathlib import Path

import matplotlib as mpl
import pytest
import shapely
from matplotlib import font_manager
from shapely import LineString, Point, Polygon, box

from blueprint.documents import Finding, Outcome
from blueprint.shared_documents import Area, DepartmentRef
from blueprint.values import Bilingual

X, Y = 456300.0, 2708800.0
SITE = Polygon([(X, Y), (X + 210, Y + 15), (X + 240, Y + 120), (X + 20, Y + 160)])
STRIP = Polygon([(X, Y), (X + 210, Y + 15), (X + 210, Y + 15.3), (X, Y + 0.3)])
FIELD = box(X - 80, Y + 20, X + 60, Y + 110)


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the tests' own, on a machine without a Chinese font: equal pictures everywhere."""
    monkeypatch.setattr(mpl, "get_cachedir", lambda: str(shared_cache))
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    return shared_cache


def both(text: str) -> Bilingual:
    return Bilingual(zh=text, en=text)


def finding(name: str, outcome: Outcome, shape: shapely.Geometry | None = None) -> Finding:
    area = None
    if shape is not None and shape.area > 0:
        area = Area.of(shape.area, shape.area * 1.0003, "ellipsoidal")
    return Finding(
        rule=f"site.{name}",
        layer=name,
        title=both(f"占用{name}"),
        outcome=outcome,
        message=both("请征求意见"),
        notes=[both("该图层尚无数据")] if outcome == "no_data" else [],
        department=DepartmentRef(id="nrp", name=both("自然资源和规划局")),
        legal_bases=[],
        area=area,
        share=None if area is None else min(1, shape.area / SITE.area),
        length_m=shape.length if isinstance(shape, LineString) else None,
        count=1 if isinstance(shape, Point) else None,
        width_m=None if area is None else 2 * shape.area / shape.length,
    )
