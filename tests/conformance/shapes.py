"""What documents have to look like, as JSON Schemas: the facts of the standards, told by ourselves.

Of each document only what a standard requires or restricts is said; whatever else is there is free.
"""

from typing import Any

import jsonschema

Schema = dict[str, Any]


def _object(required: str = "", /, **properties: Schema) -> Schema:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(items: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": least}


TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS84H = "http://www.opengis.net/def/crs/OGC/0/CRS84h"

LINK = _object("href rel", href=TEXT, rel=TEXT, type=TEXT, hreflang=TEXT, title=TEXT, length=WHOLE)
LINKS = _list(LINK)
LANDING = _object("links", title=TEXT, description=TEXT, links=LINKS)
CONFORMANCE = _object("conformsTo", conformsTo=_list(TEXT))
BBOX: Schema = {"type": "array", "items": NUMBER, "minItems": 4, "maxItems": 6}
INTERVAL: Schema = {
    "type": "array",
    "items": {"anyOf": [MOMENT, {"type": "null"}]},
    "minItems": 2,
    "maxItems": 2,
}
COLLECTION = _object(
    "id links",
    id=TEXT,
    title=TEXT,
    description=TEXT,
    links=LINKS,
    itemType=TEXT,
    crs=_list(TEXT),
    extent=_object(
        spatial=_object(bbox=_list(BBOX, 1), crs={"enum": [CRS84, CRS84H]}),
        temporal=_object(interval=_list(INTERVAL, 1)),
    ),
)
COLLECTIONS = _object("links collections", links=LINKS, collections=_list(COLLECTION))

_POSITION: Schema = {"type": "array", "items": NUMBER, "minItems": 2}
_LINE = _list(_POSITION, 2)
_RING = _list(_POSITION, 4)
_COORDINATES: dict[str, Schema] = {
    "Point": _POSITION,
    "MultiPoint": _list(_POSITION),
    "LineString": _LINE,
    "MultiLineString": _list(_LINE),
    "Polygon": _list(_RING),
    "MultiPolygon": _list(_list(_RING)),
}
_DRAWN: list[Schema] = [
    _object("type coordinates", type={"const": kind}, coordinates=coordinates)
    for kind, coordinates in _COORDINATES.items()
]
_GATHERED = _object(
    "type geometries", type={"const": "GeometryCollection"}, geometries=_list({"anyOf": _DRAWN})
)
GEOMETRY: Schema = {"anyOf": [*_DRAWN, _GATHERED]}
FEATURE = _object(
    "type geometry properties",
    type={"const": "Feature"},
    geometry={"anyOf": [GEOMETRY, {"type": "null"}]},
    properties={"type": ["object", "null"]},
    id={"type": ["string", "integer"]},
    links=LINKS,
)
FEATURES = _object(
    "type features",
    type={"const": "FeatureCollection"},
    features=_list(FEATURE),
    links=LINKS,
    timeStamp=MOMENT,
    numberMatched=COUNT,
    numberReturned=COUNT,
)

EXCEPTION = _object("type", type=TEXT, title=TEXT, status=WHOLE, detail=TEXT, instance=TEXT)
_REFERENCE = {**_object("href", href=TEXT, type=TEXT, rel=TEXT), "not": {"required": ["value"]}}
QUALIFIED = _object("value", mediaType=TEXT, encoding=TEXT)
VALUE: Schema = {
    "anyOf": [
        {"type": ["string", "number", "boolean", "array"]},
        _object("bbox", bbox=BBOX),
        QUALIFIED,
        _REFERENCE,
    ]
}
RESULTS: Schema = {"type": "object", "additionalProperties": VALUE}
_DESCRIBED: dict[str, Schema] = {
    "title": TEXT,
    "description": TEXT,
    "keywords": _list(TEXT),
}
PROCESS_SUMMARY = _object(
    "id version",
    **_DESCRIBED,
    id=TEXT,
    version=TEXT,
    jobControlOptions=_list({"enum": ["sync-execute", "async-execute", "dismiss"]}),
    outputTransmission=_list({"enum": ["value", "reference"]}),
    links=LINKS,
)
PROCESS_LIST = _object("processes links", processes=_list(PROCESS_SUMMARY), links=LINKS)
INPUT = _object(
    "schema",
    **_DESCRIBED,
    schema={"type": "object"},
    minOccurs=COUNT,
    maxOccurs={"anyOf": [COUNT, {"const": "unbounded"}]},
)
OUTPUT = _object("schema", **_DESCRIBED, schema={"type": "object"})
PROCESS: Schema = {
    "allOf": [
        PROCESS_SUMMARY,
        _object(
            inputs={"type": "object", "additionalProperties": INPUT},
            outputs={"type": "object", "additionalProperties": OUTPUT},
        ),
    ]
}
STATUS = _object(
    "jobID status type",
    jobID=TEXT,
    processID=TEXT,
    type={"const": "process"},
    status={"enum": ["accepted", "running", "successful", "failed", "dismissed"]},
    message=TEXT,
    created=MOMENT,
    started=MOMENT,
    finished=MOMENT,
    updated=MOMENT,
    progress={"type": "integer", "minimum": 0, "maximum": 100},
    links=LINKS,
)
JOB_LIST = _object("jobs links", jobs=_list(STATUS), links=LINKS)

_PART: Schema = {"$ref": "#/$defs/part"}
_PARTS: Schema = {"type": "array", "items": _PART}
_FLAG: Schema = {"type": "boolean"}
VALUE_SCHEMA: Schema = {
    "$ref": "#/$defs/part",
    "$defs": {
        "part": {
            "anyOf": [
                {"type": "object", "required": ["$ref"], "maxProperties": 1},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        **dict.fromkeys(
                            ("title", "description", "pattern", "format", "contentMediaType",
                             "contentEncoding", "contentSchema"), TEXT),
                        **dict.fromkeys(("multipleOf", "maximum", "minimum"), NUMBER),
                        **dict.fromkeys(
                            ("maxLength", "minLength", "maxItems", "minItems", "maxProperties",
                             "minProperties"), COUNT),
                        **dict.fromkeys(
                            ("exclusiveMaximum", "exclusiveMinimum", "uniqueItems", "nullable",
                             "readOnly", "writeOnly", "deprecated"), _FLAG),
                        **dict.fromkeys(("allOf", "oneOf", "anyOf"), _PARTS),
                        **dict.fromkeys(("not", "items"), _PART),
                        "type": {"enum": ["array", "boolean", "integer", "number", "object",
                                          "string"]},
                        "required": _list(TEXT, 1),
                        "enum": _list({}, 1),
                        "properties": {"type": "object", "additionalProperties": _PART},
                        "additionalProperties": {"anyOf": [_FLAG, _PART]},
                        "default": {},
                        "example": {},
                    },
                },
            ]
        }
    },
}  # fmt: skip
"""A schema of an input or output: what OpenAPI 3.0 knows, and the three of embedded contents."""

_PAIR: Schema = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
_CRS: Schema = {"type": ["string", "object"]}
_SIZE: Schema = {"type": "number", "minimum": 1, "multipleOf": 1}
BOX = _object(
    "lowerLeft upperRight",
    lowerLeft=_PAIR,
    upperRight=_PAIR,
    crs=_CRS,
    orderedAxes={"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2},
)
TILE_MATRIX = _object(
    "id scaleDenominator cellSize pointOfOrigin tileWidth tileHeight matrixWidth matrixHeight",
    id=TEXT,
    title=TEXT,
    description=TEXT,
    keywords=_list(TEXT),
    scaleDenominator=NUMBER,
    cellSize=NUMBER,
    cornerOfOrigin={"enum": ["topLeft", "bottomLeft"]},
    pointOfOrigin=_PAIR,
    tileWidth=_SIZE,
    tileHeight=_SIZE,
    matrixWidth=_SIZE,
    matrixHeight=_SIZE,
)
TILE_MATRIX_SET = _object(
    "crs tileMatrices",
    id=TEXT,
    title=TEXT,
    description=TEXT,
    keywords=_list(TEXT),
    uri=TEXT,
    crs=_CRS,
    orderedAxes=_list(TEXT, 1),
    wellKnownScaleSet=TEXT,
    boundingBox=BOX,
    tileMatrices=_list(TILE_MATRIX, 1),
)
_TILE_LINK = {**LINK, "properties": {**LINK["properties"], "templated": _FLAG}}
TILE_LIMITS = _object(
    "tileMatrix minTileRow maxTileRow minTileCol maxTileCol",
    tileMatrix=TEXT,
    minTileRow=COUNT,
    maxTileRow=COUNT,
    minTileCol=COUNT,
    maxTileCol=COUNT,
)
TILE_LAYER = _object(
    "id dataType",
    id=TEXT,
    title=TEXT,
    description=TEXT,
    dataType=TEXT,
    geometryDimension={"type": "integer", "minimum": 0, "maximum": 3},
    featureType=TEXT,
    minTileMatrix=TEXT,
    maxTileMatrix=TEXT,
    boundingBox=BOX,
    propertiesSchema=_object(
        "type properties",
        type={"const": "object"},
        required=_list(TEXT, 1),
        properties={"type": "object", "additionalProperties": {"type": "object"}},
    ),
    links=_list(LINK, 1),
)
TILE_SET = _object(
    "dataType crs",
    title=TEXT,
    description=TEXT,
    keywords=_list(TEXT),
    version=TEXT,
    attribution=TEXT,
    license=TEXT,
    mediaTypes=_list(TEXT),
    dataType=TEXT,
    crs=_CRS,
    tileMatrixSetURI=TEXT,
    tileMatrixSet=TILE_MATRIX_SET,
    tileMatrixSetLimits=_list(TILE_LIMITS),
    boundingBox=BOX,
    centerPoint=_object(coordinates=_PAIR, tileMatrix=TEXT),
    layers=_list(TILE_LAYER, 1),
    links=_list(_TILE_LINK),
)


def is_shaped(document: Any, schema: Schema) -> None:
    """A document has that shape.

    Raises:
        AssertionError: it has not; the text says where.
    """
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(schema, format_checker=checker)
    fault = jsonschema.exceptions.best_match(validator.iter_errors(document))
    if fault is not None:
        where = "/".join(map(str, fault.absolute_path)) or "the document"
        raise AssertionError(f"{where}: {fault.message[:300]}")
