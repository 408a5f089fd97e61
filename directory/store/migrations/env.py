"""Alembic's entry: the connection is handed in by `store.migrate`, never opened here."""

from alembic import context

from directory.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=context.config.attributes.get("include_name"),
    transaction_per_migration=False,
)
context.run_migrations()
