"""Alembic's entry: run the migrations on the connection that `blueprint.bootstrap` hands over."""

from alembic import context

import blueprint.models  # noqa: F401 its tables join the metadata
from layers.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
