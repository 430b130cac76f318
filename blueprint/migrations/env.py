"""Alembic's entry: run the migrations on the connection that `blueprint.bootstrap` hands over."""

from alembic import context

import blueprint.cases.models
import blueprint.models
import blueprint.service_models  # noqa: F401 the same
from layers.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
