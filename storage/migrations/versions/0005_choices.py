"""what people chose for themselves, and a meeting that is off the record"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("opted_out", sa.Boolean(), nullable=True))
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("off_record", sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("meetings", schema=None) as batch_op:
        batch_op.drop_column("off_record")
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.drop_column("opted_out")
        batch_op.drop_column("language")
