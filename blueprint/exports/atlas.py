"""The atlas of conflicts: a PDF with a page for each, made to be printed.

Input: a `Register`. Output: one file of A4 pages, in the register's order. The features are those
of the snapshot that was searched. What a font has no sign for is refused and not replaced: a page
that is signed has to say what the plans say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import shapely
import sqlalchemy as sa

from blueprint.conflicts.difference import CHANGES, ConflictChange
from blueprint.conflicts.ledger import histories
from blueprint.conflicts.life import Entry
from blueprint.conflicts.register import Register, RegisterLine
from blueprint.conflicts.words import basis_words, entry_words, standing_words
from blueprint.errors import MissingGlyphs, PlanningError
from blueprint.exports.formats import written_whole
from blueprint.registry import Snapshot, hidden_layers, load_snapshot
from blueprint.report.atlas_page import Fact, Plate, draw_plate, lettered
from blueprint.report.fonts import refuse_missing
from blueprint.report.lettering import Lettering
from blueprint.report.typeset import typeset_book
from blueprint.service import Service
from blueprint.shared_documents import Area
from blueprint.values import Bilingual
from layers.table import column, geometries

_OUTLINE_M = 100.0
_MOST_PAGES = 5_000

_Shapes = Mapping[tuple[str, str], shapely.Geometry]
"""Features by layer and id."""


@dataclass(frozen=True, slots=True)
class _Book:
    """What the pages of an atlas share."""

    register: Register
    features: _Shapes
    histories: Mapping[str, Sequence[Entry]]
    city: shapely.Geometry | None


def write_atlas(service: Service, register: Register, path: Path) -> None:
    """Write a page for each conflict of a register, whole or not at all.

    Raises:
        MissingGlyphs: no font has a character of a page; the text says of which, and which.
        PlanningError: the register has no conflict, or too many for a book.
        OSError: the file cannot be written.
    """
    count = len(register.lines)
    if not 0 < count <= _MOST_PAGES:
        message = f"{path}: {count} conflicts; an atlas has 1 to {_MOST_PAGES} pages"
        remedy = "narrow it to some rules, or write another format"
        if count == 0:
            remedy = "and for this choice of rules and states there is none to write"
        raise PlanningError(f"{message}, {remedy}")
    book = _read(service, register)
    plates = [
        _plate(book, number, line, shape)
        for number, (line, shape) in enumerate(
            zip(register.lines, register.shapes, strict=True), start=1
        )
    ]
    text = "".join(sorted({character for plate in plates for character in plate.text}))
    _refuse_unknown(text, plates)
    letters = Lettering(lettered(text), shipped=True)
    title = f"{register.head.snapshot.id} · {count}"
    # dated by the day of the states: the same register gives the same file
    moment = datetime.combine(register.day, time(), UTC)
    pages = [draw_plate(plate, letters) for plate in plates]
    with written_whole(path) as half:
        half.write_bytes(typeset_book(pages, title, moment))


def _refuse_unknown(text: str, plates: Sequence[Plate]) -> None:
    try:
        refuse_missing(text)
    except MissingGlyphs:
        for plate in plates:
            try:
                refuse_missing(plate.text)
            except MissingGlyphs as problem:
                raise MissingGlyphs(f"conflict {plate.name}: {problem}") from None


def _read(service: Service, register: Register) -> _Book:
    """The features of the register's conflicts, their histories, and the city's outline."""
    wanted: dict[str, set[str]] = {}
    for line in register.lines:
        for side in (line.conflict.left, line.conflict.right):
            wanted.setdefault(side.layer, set()).add(side.feature_id)
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, register.head.snapshot.id)
        features = {
            (layer, name): shape
            for layer, ids in wanted.items()
            for name, shape in _features(service, connection, snapshot, layer, ids)
        }
        steps = histories(
            connection, (line.conflict.id for line in register.lines), register.head.clearance
        )
        city = _outline(service, connection, snapshot, register)
    return _Book(register, features, steps, city)


def _features(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    layer: str,
    ids: set[str],
) -> Iterator[tuple[str, shapely.Geometry]]:
    table = service.layers.scan(connection, {layer: snapshot.pins[layer]})
    some = table.filter(pc.is_in(table.column("feature_id"), pa.array(sorted(ids))))
    yield from zip(column(some, "feature_id"), geometries(some), strict=True)


def _outline(
    service: Service, connection: sa.Connection, snapshot: Snapshot, register: Register
) -> shapely.Geometry | None:
    boundary = snapshot.catalogue.city.boundary_layer
    hidden = hidden_layers(connection, snapshot, register.head.clearance)
    if boundary not in snapshot.pins or boundary in hidden:
        return None
    shapes = geometries(service.layers.scan(connection, {boundary: snapshot.pins[boundary]}))
    return shapely.simplify(shapely.union_all(shapes), _OUTLINE_M) if len(shapes) else None


def _plate(book: _Book, number: int, line: RegisterLine, shape: shapely.Geometry) -> Plate:
    one, rule, head = line.conflict, line.rule, book.register.head
    sides = one.left, one.right
    left, right = (book.features[side.layer, side.feature_id] for side in sides)
    steps = book.histories.get(one.id, [])
    footer = (
        f"快照 Snapshot {head.snapshot.id} · 规则包 Rules {head.rule_pack.id} "
        f"{head.rule_pack.version}，{head.application_date} · 状态截至 States on "
        f"{book.register.day} · 坐标系 CRS {head.crs}，单位 unit：m · 密级 Clearance "
        f"{head.clearance} · 第 {number} 页，共 {len(book.register.lines)} 页 · page {number} of "
        f"{len(book.register.lines)}"
    )
    return Plate(
        title=rule.title if one.kind is None else one.kind.title,
        name=f"{one.id} · {rule.rule}",
        severity=one.severity,
        sides=(_mark("甲", "A", rule.left_name), _mark("乙", "B", rule.right_name)),
        left=left,
        right=right,
        shared=shape,
        facts=list(_facts(line)),
        history=[entry_words(step) for step in reversed(steps)],
        notice=head.city_notice,
        footer=footer,
        city=book.city,
    )


def _mark(zh: str, en: str, name: Bilingual) -> Bilingual:
    return Bilingual(zh=f"{zh} {name.zh}", en=f"{en} {name.en}")


def _facts(line: RegisterLine) -> Iterator[Fact]:
    one, rule, note = line.conflict, line.rule, line.note
    departments = {ref.id: ref.name for ref in rule.departments}
    sides = ((one.left, rule.left_name, "甲", "A"), (one.right, rule.right_name, "乙", "B"))
    for side, name, zh, en in sides:
        whose = departments[side.department]
        text = Bilingual(
            zh=f"{name.zh} {side.feature_id}，{whose.zh}",
            en=f"{name.en} {side.feature_id}, {whose.en}",
        )
        yield Fact(Bilingual(zh=f"要素{zh}", en=f"Feature {en}"), [text], 2)
    yield Fact(Bilingual(zh="面积", en="Area"), list(_sizes(one.area)))
    band = "疑似误差" if one.band == "suspected_error" else "确实重叠"
    banded = "suspected drafting error" if one.band == "suspected_error" else "real overlap"
    width = Bilingual(
        zh=f"平均 {one.width_m:,.2f} m，{band}", en=f"mean {one.width_m:,.2f} m, {banded}"
    )
    yield Fact(Bilingual(zh="宽度", en="Width"), [width])
    if note.districts:
        where = "、".join(note.districts)
        yield Fact(Bilingual(zh="所在区", en="District"), [Bilingual(zh=where, en=where)], 1)
    if note.change is not None:
        yield Fact(Bilingual(zh="变化", en="Change"), [_change_words(note.change)], 2)
    bases = [basis_words(basis.title, basis.article, basis.number) for basis in rule.legal_bases]
    yield Fact(Bilingual(zh="法律依据", en="Legal bases"), bases, 2)
    others = [
        ref for ref in rule.departments if ref.id not in (one.left.department, one.right.department)
    ]
    if others:
        names = Bilingual(
            zh="、".join(ref.name.zh for ref in others), en=", ".join(ref.name.en for ref in others)
        )
        yield Fact(Bilingual(zh="征求意见", en="To be asked"), [names], 1)
    yield Fact(Bilingual(zh="状态", en="State"), [standing_words(note.standing)], 3)


def _sizes(area: Area) -> Iterator[Bilingual]:
    globe, plane = f"{area.ellipsoidal_m2:,.2f} m²", f"{area.projected_m2:,.2f} m²"
    zh, en = [f"椭球 {globe}", f"投影 {plane}"], [f"ellipsoidal {globe}", f"projected {plane}"]
    if area.decided_by == "projected":
        zh, en = zh[::-1], en[::-1]
    yield Bilingual(zh=f"{zh[0]}（为准），{zh[1]}", en=f"{en[0]} (deciding), {en[1]}")
    yield Bilingual(
        zh=f"{area.hectares:,.4f} 公顷 = {area.mu:,.4f} 亩",
        en=f"{area.hectares:,.4f} ha = {area.mu:,.4f} mu",
    )


def _change_words(change: ConflictChange) -> Bilingual:
    word = CHANGES[change.change]
    if change.grown is None:
        return word
    if change.grown.ellipsoidal_m2 == change.grown.projected_m2 == 0:
        return Bilingual(zh=f"{word.zh}，面积未变", en=f"{word.en}, of the same area")
    grown = f"{change.grown.ellipsoidal_m2:+,.2f} m² / {change.grown.projected_m2:+,.2f} m²"
    return Bilingual(
        zh=f"{word.zh}，增减 {grown}（椭球 / 投影）",
        en=f"{word.en}, by {grown} (ellipsoidal / projected)",
    )
