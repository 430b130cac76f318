"""Read back the rows that no answer may rest on, as they were delivered.

Output: an Arrow table with the columns `row` (counted from 1, as the file does), `reason`,
`geometry` (WKB in the CRS of the delivery, null where there was none) and `attributes` (one JSON
object).
"""

import pyarrow as pa
import sqlalchemy as sa

from layers.models import QuarantineRow

_BATCH = 10_000

SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("geometry", pa.binary()),
        pa.field("attributes", pa.string()),
    ]
)


def quarantined_rows(connection: sa.Connection, layer_id: str, version: int) -> pa.Table:
    """The quarantined rows of one version, in the order of the delivered file."""
    q = QuarantineRow
    query = sa.select(q.row, q.reason, q.wkb, q.attributes)
    query = query.where(q.layer_id == layer_id, q.version == version).order_by(q.row, q.id)
    batches = []
    for rows in connection.execute(query).partitions(_BATCH):
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)
        ]
        batches.append(pa.record_batch(arrays, schema=SCHEMA))
    return pa.Table.from_batches(batches, SCHEMA)
