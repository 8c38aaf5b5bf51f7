"""what an agent hears, so that its successor knows what was missed"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("heartbeat_ms", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("open_tracks", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.drop_column("open_tracks")
        batch_op.drop_column("heartbeat_ms")
        batch_op.drop_column("heartbeat_at")
