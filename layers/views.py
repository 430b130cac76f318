"""The columns of the views that desktop GIS see: attribute names made fit for either database.

SQLite takes names that differ in case alone for one, PostgreSQL cuts them at 63 bytes and has none
for an empty one, and some names are the views' own. The stored attributes keep their names.
"""

import pyarrow as pa

from layers.attributes import parse_attributes
from layers.table import column

_OWN = ("fid", "ogc_fid", "feature_id", "geometry")
_NAME_BYTES = 63
_MOST = 1000  # PostgreSQL ends at 1600 columns, SQLite at 2000
_SAMPLED = 1000


def view_columns(features: pa.Table) -> dict[str, str]:
    """Attribute name → column name, for the attributes in the first features of a table."""
    fields: dict[str, None] = {}
    for text in dict.fromkeys(column(features.slice(0, _SAMPLED), "attributes")):
        fields.update(dict.fromkeys(parse_attributes(text)))
    taken = set(_OWN)
    columns = {}
    for field in list(fields)[:_MOST]:
        name, number = _cut(field or "unnamed", _NAME_BYTES), 1
        while name.casefold() in taken:
            number += 1
            end = f"_{number}"
            name = _cut(field or "unnamed", _NAME_BYTES - len(end)) + end
        taken.add(name.casefold())
        columns[field] = name
    return columns


def quote_name(name: str) -> str:
    """A name as SQL takes any, in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text as SQL takes any, in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def _cut(name: str, size: int) -> str:
    return name.encode()[:size].decode(errors="ignore")
