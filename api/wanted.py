"""What a caller may ask of a collection, parameter by parameter."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import core_schema

from api.crs import CRS84, Crs, box_in, one_of, spoken
from api.deps import PlainText, invalid
from blueprint.box import Box
from blueprint.collections.condition import GEOMETRY, Condition, can_ask_for
from blueprint.collections.condition_places import Frame
from layers import Bounds

Lang = Literal["cql2-text", "cql2-json"]


def list_of(items: dict[str, Any], **more: Any) -> WithJsonSchema:
    """How a text whose parts have commas between them is described: as the list that it stands for.

    `description` says of every list in a query that it comes so.
    """
    return WithJsonSchema({"type": "array", "items": items, **more})


@dataclass(frozen=True, slots=True)
class AtMost:
    """A number that counts as `most` where it is greater: no fault of whoever asks for all."""

    most: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """The number, cut."""
        return core_schema.no_info_after_validator_function(self._cut, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The greatest that has a meaning of its own."""
        return {**handler(schema), "maximum": self.most}

    def _cut(self, number: int) -> int:
        return min(number, self.most)


BboxQuery = Annotated[
    str | None,
    list_of({"type": "number"}, oneOf=[{"minItems": n, "maxItems": n} for n in (4, 6)]),
    Query(
        description="four numbers, or six with heights, in the order of the axes of bbox-crs; "
        "CRS84 if not given: min lon, min lat, max lon, max lat; a box in degrees whose first "
        "longitude is the greater goes round by the 180th meridian"
    ),
]
BboxCrsQuery = Annotated[PlainText | None, Query(alias="bbox-crs", description="URI of a CRS")]
CrsQuery = Annotated[
    PlainText | None, Query(description="URI of the CRS of the answer; CRS84 if not given")
]
DatetimeQuery = Annotated[
    PlainText | None,
    Query(
        description="a time or an interval such as 2026-01-01/..: features of a version that is in "
        "effect then"
    ),
]
PropertiesQuery = Annotated[
    PlainText | None,
    list_of({"type": "string"}, minItems=1),
    Query(description="names of attributes, parted by commas; all if not given"),
]
FilterQuery = Annotated[
    str | None,
    Field(max_length=2000),
    Query(alias="filter", description="CQL2 over the queryables of the collection"),
]
FilterLangQuery = Annotated[Lang, Query(alias="filter-lang")]
FilterCrsQuery = Annotated[
    PlainText | None,
    Query(
        alias="filter-crs",
        description="URI of the CRS of coordinates in the filter, in the order of its axes; CRS84 "
        "if not given",
    ),
]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_OPEN = ("", "..")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def crs_of(text: str | None, city_crs: str, name: str) -> Crs:
    """The CRS that is asked for, CRS84 if none is.

    Raises:
        RequestValidationError: it is not spoken here.
    """
    found = one_of(CRS84 if text is None else text, city_crs)
    if found is None:
        there = ", ".join(crs.uri for crs in spoken(city_crs))
        raise invalid("query", name, f"not given in it; there are {there}")
    return found


def parse_bbox(text: str | None, crs: Crs, city_crs: str) -> Box | None:
    """Four numbers, the lesser first, or six of which the heights do not matter.

    Raises:
        RequestValidationError: they are not.
    """
    if text is None:
        return None
    try:
        numbers = [_number(part) for part in text.split(",")]
        if len(numbers) == 6 and numbers[2] <= numbers[5]:
            # what the store holds is plane: it lies at every height
            del numbers[5], numbers[2]
        one, two, three, four = numbers
    except ValueError:
        one, two, three, four = 0.0, 0.0, -1.0, -1.0
    limits = (float("inf"), float("inf"))
    if crs.degrees:
        limits = (90.0, 180.0) if crs.north_first else (180.0, 90.0)
    # a pair of longitudes whose first is the greater goes round the back of the world
    turns = (crs.degrees and not crs.north_first, crs.degrees and crs.north_first)
    sound = all(
        -most <= low <= most and -most <= high <= most and (low <= high or may_turn)
        for low, high, most, may_turn in zip((one, two), (three, four), limits, turns, strict=True)
    )
    if not sound or not all(map(math.isfinite, (one, two, three, four))):
        first, second = ("lat", "lon") if crs.north_first else ("lon", "lat")
        if not crs.degrees:
            first, second = ("northing", "easting") if crs.north_first else ("easting", "northing")
        hint = f"four numbers: min {first}, min {second}, max {first}, max {second}"
        raise invalid("query", "bbox", f"{hint}, in {'degrees' if crs.degrees else 'metres'}")
    return box_in(crs, (one, two, three, four), city_crs)


def _number(text: str) -> float:
    """A number in digits; Python reads words and 1_18 too."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    return float(text)


def parse_lonlat_box(text: str | None) -> Bounds | None:
    """Four numbers of degrees, longitude first, the lesser ones before the greater.

    Raises:
        RequestValidationError: they are not.
    """
    if text is None:
        return None
    try:
        west, south, east, north = (_number(part) for part in text.split(","))
    except ValueError:
        west, south, east, north = math.nan, math.nan, math.nan, math.nan
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise invalid("query", "bbox", "four numbers: min lon, min lat, max lon, max lat")
    return (west, south, east, north)


def days_of(text: str | None) -> tuple[date, date]:
    """The first and the last day of a time or an interval; both inclusive, UTC.

    Raises:
        RequestValidationError: it is none.
    """
    first, last = moments_of(text)
    return first.date(), last.date()


def moments_of(text: str | None) -> tuple[datetime, datetime]:
    """The first and the last moment of a time or an interval; both inclusive, UTC.

    A day has all its moments, and so has a second.

    Raises:
        RequestValidationError: it is none.
    """
    if text is None:
        return _ALWAYS
    ends = text.split("/")
    try:
        if len(ends) == 1:
            return _span(ends[0])
        start, end = ends
        first = _ALWAYS[0] if start in _OPEN else _span(start)[0]
        last = _ALWAYS[1] if end in _OPEN else _span(end)[1]
    except (ValueError, OverflowError):
        last, first = _ALWAYS
    if first > last or (len(ends) == 2 and set(ends) <= set(_OPEN)):
        hint = "a time as 2026-11-01 or 2026-11-01T00:00:00Z, or two with / between, .. for open"
        raise invalid("query", "datetime", hint)
    return first, last


def _span(text: str) -> tuple[datetime, datetime]:
    if _DAY.fullmatch(text):
        start = datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
        return start, datetime.combine(start, time.max, tzinfo=UTC)
    if not re.match(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}", text, re.ASCII):
        raise ValueError(text)
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None:
        raise ValueError(text)
    moment = moment.astimezone(UTC)
    return moment, moment if moment.microsecond else moment.replace(microsecond=999_999)


def chosen_fields(text: str | None, fields: Mapping[str, str]) -> list[str] | None:
    """The attributes that are asked for; None: all.

    Raises:
        RequestValidationError: the layer has none of that name.
    """
    if text is None:
        return None
    names = list(dict.fromkeys(text.split(",")))
    _refuse_unknown(names, fields, "properties")
    return names


def condition_of(
    text: str | None, language: Lang, crs: Crs, fields: Mapping[str, str]
) -> Condition | None:
    """The filter that is given, its coordinates in a CRS.

    Raises:
        RequestValidationError: it names what the layer has not or no filter can ask for.
        InvalidFilter: it is no CQL2.
    """
    if text is None:
        return None
    parse = Condition.of_text if language == "cql2-text" else Condition.of_json
    condition = parse(text, Frame(crs.code, crs.north_first, crs.degrees))
    names = sorted(condition.properties - {GEOMETRY})
    for name in names:
        if name in fields and not can_ask_for(name):
            hint = f"{name[:60]}: a filter cannot ask for a name that has a dot or nothing in it"
            raise invalid("query", "filter", f"{hint}; see queryables for those that it can")
    _refuse_unknown(names, {name: fields[name] for name in fields if can_ask_for(name)}, "filter")
    return condition


def _refuse_unknown(names: list[str], fields: Mapping[str, str], parameter: str) -> None:
    for name in names:
        if name not in fields:
            there = ", ".join(sorted(fields)) or "none"
            raise invalid("query", parameter, f"{name[:60]}: no such attribute; there are {there}")
