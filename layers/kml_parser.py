"""A KML's placemarks one after the other, by a parser that opens nothing else.

Input: the text of a KML in pieces. Output: `Placemark` values: the folder that each lies in, its
texts, its geometry. No DTD is taken, so no entity can name a file; a NetworkLink is counted and not
followed. Source: OGC KML 2.3; Google's extension data (`gx:Track` and the like have no shape here).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from layers import kml_shapes

_CONTAINERS = {"Document", "Folder"}
_SHAPES = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry"}
_TEXTS = {"name", "description", "address", "phoneNumber", "when", "begin", "end"}
_EXTENDED = {("SimpleData", "SchemaData"), ("value", "Data")}
_WITHOUT_SHAPE = {"Track", "MultiTrack", "Model"}
_DEPTH_LIMIT = 200
_TEXT_LIMIT = 64 << 20


class KmlError(Exception):
    """Not a KML that is read here; says why."""


@dataclass(slots=True)
class Placemark:
    """One placemark: its folder's number, its texts by field, its geometry as WKB.

    `problem` says why a geometry that is there could not be read.
    """

    container: int
    texts: dict[str, str] = field(default_factory=dict)
    wkb: bytes | None = None
    problem: str | None = None


@dataclass(slots=True)
class _Shape:
    """A geometry being read: its parts (of a MultiGeometry) or its boundaries."""

    kind: str
    parts: list[bytes] = field(default_factory=list)
    outer: list[str] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)


class KmlParser:
    """Takes text by `feed`, gives each placemark to `take`; `names` are the containers met.

    Without `shapes` placemarks come without geometry, and faster.
    """

    def __init__(self, take: Callable[[Placemark], None], *, shapes: bool = True) -> None:
        self.names: list[str] = []
        self.links = 0
        self._take = take
        self._with_shapes = shapes
        self._path: list[str] = []
        self._inside: list[int] = []
        self._placemark: Placemark | None = None
        self._shapes: list[_Shape] = []
        self._found: list[bytes] = []
        self._data: str | None = None
        self._text: list[str] = []
        self._length = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_dtd
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._gather

    def feed(self, text: str, *, last: bool = False) -> None:
        """Take the next piece of the file.

        Raises:
            KmlError: no KML, damaged, cut short, with a DTD or nested too deep.
        """
        try:
            self._parser.Parse(text, last)
        except expat.ExpatError as error:
            raise KmlError(str(error)) from None

    def _refuse_dtd(self, *_: object) -> None:
        raise KmlError("it has a DTD, which KML has not")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self._path and name != "kml":
            raise KmlError(f"its root is {name[:40]}, not kml")
        if len(self._path) == _DEPTH_LIMIT:
            raise KmlError(f"its elements are nested over {_DEPTH_LIMIT} deep")
        self._text, self._length = [], 0
        if name in _CONTAINERS:
            self.names.append("")
            self._inside.append(len(self.names) - 1)
        elif name == "NetworkLink":
            self.links += 1
        elif name == "Placemark":
            self._placemark = Placemark(self._container())
            self._shapes, self._found = [], []
        elif name in _SHAPES and self._placemark is not None and self._with_shapes:
            self._shapes.append(_Shape(name))
        elif name in _WITHOUT_SHAPE and self._placemark is not None:
            self._placemark.problem = f"a {name} has no shape that is read here"
        elif name in {"Data", "SimpleData"}:
            self._data = attributes.get("name", "")
        self._path.append(name)

    def _container(self) -> int:
        if not self._inside:  # a placemark right under the root
            self.names.append("")
            self._inside.append(len(self.names) - 1)
        return self._inside[-1]

    def _gather(self, text: str) -> None:
        self._length += len(text)
        if self._length > _TEXT_LIMIT:
            raise KmlError("it has a text over 64 MiB; deliver GeoPackage")
        self._text.append(text)

    def _end(self, _: str) -> None:
        name = self._path.pop()
        text = "".join(self._text).strip()
        above = self._path[-1] if self._path else ""
        if name in _CONTAINERS:
            self._inside.pop()
        elif name == "name" and above in _CONTAINERS:
            self.names[self._inside[-1]] = text
        elif self._placemark is not None:
            self._end_inside(self._placemark, name, above, text)
        if name in {"Data", "SimpleData"}:
            self._data = None
        self._text, self._length = [], 0

    def _end_inside(self, placemark: Placemark, name: str, above: str, text: str) -> None:
        if name == "Placemark":
            placemark.wkb = kml_shapes.gathered(self._found)
            self._take(placemark)
            self._placemark = None
        elif name == "coordinates" and self._shapes:
            self._end_coordinates(placemark, text)
        elif name in _SHAPES and self._shapes:
            self._end_shape(placemark, self._shapes.pop())
        elif self._data is not None and (name, above) in _EXTENDED:
            placemark.texts[self._data or "value"] = text
        elif name in _TEXTS and above in {"Placemark", "TimeSpan", "TimeStamp"}:
            placemark.texts[name] = text

    def _end_coordinates(self, placemark: Placemark, text: str) -> None:
        shape = self._shapes[-1]
        boundary = "inner" if "innerBoundaryIs" in self._path[-3:] else "outer"
        if len(self._shapes) > 1 and self._shapes[-2].kind == "Polygon":
            getattr(self._shapes[-2], boundary).append(text)
            return
        try:
            if shape.kind == "Point":
                shape.parts.append(kml_shapes.point(text))
            elif shape.kind in {"LineString", "LinearRing"}:
                shape.parts.append(kml_shapes.line(text))
        except ValueError as error:
            placemark.problem = str(error)

    def _end_shape(self, placemark: Placemark, shape: _Shape) -> None:
        above = self._shapes[-1] if self._shapes else None
        if above is not None and above.kind == "Polygon":
            return  # a boundary: its coordinates are with the polygon
        try:
            if shape.kind == "Polygon":
                shape.parts.append(kml_shapes.polygon(shape.outer, shape.inner))
        except ValueError as error:
            placemark.problem = str(error)
        into = self._found if above is None else above.parts
        whole = kml_shapes.gathered(shape.parts)
        if whole is not None:
            into.append(whole)
