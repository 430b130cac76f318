"""What every verb of the planning domain works on: one database and its layer store."""

from dataclasses import dataclass

from layers import Database, LayerStore


@dataclass(frozen=True, slots=True)
class Service:
    """An open store; made by `blueprint.bootstrap` alone."""

    database: Database
    layers: LayerStore

    def close(self) -> None:
        """Give the database back."""
        self.database.close()
