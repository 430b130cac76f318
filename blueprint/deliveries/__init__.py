"""What departments hand in: a file becomes the next version of a layer, or is refused.

In: a file and the catalogue's `expectations`. Algorithm: `ingest`, with `gates` and `coverage`.
Out: a version in the store, and the `report` on every row.
"""
