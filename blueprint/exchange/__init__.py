"""The national exchange tables, filled from what is known, so that nothing is entered twice.

Input: a project with its lineage, its cases with their events and opinions, the control lines of a
snapshot. Output: `Exchange`: rows by table, files that rows name, and notes: which columns are
empty, and why. Algorithm: `sources` gathers what the store has, within one reading; `rows` puts it
into the columns that `columns` lists; `package` and `workbook` write it.
"""

from blueprint.exchange.documents import Exchange
from blueprint.exchange.make import exchange_of
from blueprint.exchange.package import exchange_file

__all__ = ["Exchange", "exchange_file", "exchange_of"]
