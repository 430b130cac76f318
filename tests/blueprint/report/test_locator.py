import shapely

from blueprint.report.locator import write_locator

CITY = shapely.box(0, 0, 60_000, 40_000)
SITE = shapely.box(45_000, 10_000, 45_100, 10_100)


class Sheet:
    """Remembers what is drawn and written."""

    def __init__(self) -> None:
        self.shapes, self.texts = [], []

    def draw(self, shapes, look, inside=None):
        self.shapes.append(shapely.GeometryCollection(list(shapely.get_parts(shapes))))

    def write(self, at, text, script, align="left"):
        self.texts.append(text)


def test_the_mark_lies_in_the_outline_where_the_site_lies_in_the_city():
    sheet = Sheet()
    write_locator(sheet, CITY, SITE, (500, 100, 740, 400))
    outline, ring, _ = sheet.shapes
    minx, miny, maxx, maxy = outline.bounds
    centre = ring.centroid
    assert abs((centre.x - minx) / (maxx - minx) - shapely.centroid(SITE).x / 60_000) < 1e-9
    assert abs((centre.y - miny) / (maxy - miny) - shapely.centroid(SITE).y / 40_000) < 1e-9
    assert "区位 Location" in sheet.texts


def test_the_outline_stays_in_its_room_and_keeps_its_proportions():
    sheet = Sheet()
    frame = write_locator(sheet, CITY, SITE, (500, 100, 740, 400))
    minx, miny, maxx, maxy = sheet.shapes[0].bounds
    assert shapely.box(*frame).buffer(1e-6).contains(sheet.shapes[0])
    assert abs((maxx - minx) / (maxy - miny) - 1.5) < 1e-9


def test_without_room_nothing_is_drawn():
    sheet = Sheet()
    assert write_locator(sheet, CITY, SITE, (500, 100, 740, 180)) is None
    assert sheet.shapes == sheet.texts == []
