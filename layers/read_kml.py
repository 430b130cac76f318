"""Read a KML's placemarks, each folder that has some being a layer.

Input: a KML; longitude and latitude on WGS 84. Output: one row a placemark, all attributes as text.
The file is read twice: which fields there are is known at its end only.
"""

import re
from collections import Counter
from pathlib import Path

from layers.checks import first_bytes
from layers.description import Batches, Description, Sink
from layers.errors import UnreadableSource
from layers.kml_parser import KmlError, KmlParser, Placemark
from layers.ogr import choose_layer, names_told_apart
from layers.text_encoding import text_encoding

_CHUNK = 1 << 20
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")


def read_kml(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read the placemarks of one folder, the only one or the one that is named."""
    declared = _DECLARED.search(first_bytes(path, 1024))
    true, ground = text_encoding(path, encoding, declared[1].decode() if declared else None)
    fields: dict[int, dict[str, None]] = {}
    counts: Counter[int] = Counter()

    def look(placemark: Placemark) -> None:
        counts[placemark.container] += 1
        fields.setdefault(placemark.container, {}).update(dict.fromkeys(placemark.texts))

    parser = _parse(path, true, KmlParser(look, shapes=False))
    filled = sorted(counts)
    names = _layer_names([parser.names[at] for at in filled])
    if not names:
        linked = "; it only links to others, deliver those" if parser.links else ""
        message = f"{path.name}: holds no placemark{linked}; check the file and deliver it again"
        raise UnreadableSource(message)
    chosen = choose_layer(path.name, names, layer)
    wanted = filled[names.index(chosen)]
    columns = list(fields[wanted])
    batches = Batches(names_told_apart(columns, None), sink)
    unread = 0

    def take(placemark: Placemark) -> None:
        nonlocal unread
        if placemark.container == wanted:
            unread += placemark.problem is not None
            wkb = placemark.problem.encode() if placemark.problem else placemark.wkb
            batches.add((placemark.texts.get(name) for name in columns), wkb)

    _parse(path, true, KmlParser(take))
    batches.flush()
    notes = [f"text read as {true} ({ground})"]
    if unread:
        notes.append(f"{unread} of {counts[wanted]} places cannot be read")
    if parser.links:
        notes.append(f"{parser.links} links to other files were not followed")
    return Description(path.name, "KML", chosen, "OGC:CRS84", true, tuple(notes))


def _parse(path: Path, encoding: str, parser: KmlParser) -> KmlParser:
    try:
        with path.open("r", encoding=encoding, newline="") as file:
            while text := file.read(_CHUNK):
                parser.feed(text)
        parser.feed("", last=True)
    except KmlError as error:
        message = f"{path.name}: is not whole KML ({error}); check the file and deliver it again"
        raise UnreadableSource(message) from None
    return parser


def _layer_names(folders: list[str]) -> list[str]:
    return names_told_apart([name or "placemarks" for name in folders], None)
