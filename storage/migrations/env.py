"""Alembic's entry: runs the migrations over the URL that storage.database.migrate gives."""

import asyncio

from alembic import context
from sqlalchemy.engine import Connection

from storage.database import open_engine
from storage.tables import Base


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def _online() -> None:
    engine = open_engine(context.config.attributes["url"])
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(_online())
