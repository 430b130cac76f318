"""What every verb of the planning domain works on: one database and its layer store."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from layers import Database, LayerStore


@dataclass(frozen=True, slots=True)
class Service:
    """An open store, closed at the end of a `with` block; made by `blueprint.bootstrap` alone."""

    database: Database
    layers: LayerStore

    def close(self) -> None:
        """Give the database back."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
