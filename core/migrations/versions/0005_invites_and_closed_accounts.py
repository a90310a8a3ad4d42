"""Invites, and accounts that their owners have closed.

A closed account keeps neither its address nor its password. The version before does not know of
them while this one is rolled out: it finds no account by an address that is gone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("users", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("users", "email", nullable=True)
    op.alter_column("users", "password_hash", nullable=True)
    op.create_check_constraint(
        op.f("ck_users_closed_is_bare"),
        "users",
        "(closed_at IS NULL) = (email IS NOT NULL)"
        " AND (closed_at IS NULL) = (password_hash IS NOT NULL)",
    )
    op.create_index("ix_users_admins", "users", ["id"], postgresql_where="role = 'admin'")
    op.create_index("ix_users_closed", "users", ["id"], postgresql_where="closed_at IS NOT NULL")
    op.create_table(
        "invites",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("created_by", sa.UUID(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.UUID(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_invites_created_by")),
        sa.ForeignKeyConstraint(["used_by"], ["users.id"], name=op.f("fk_invites_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invites")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invites_code_hash")),
    )
    for column in ("created_by", "expires_at", "used_by"):
        op.create_index(op.f(f"ix_invites_{column}"), "invites", [column])


def downgrade() -> None:
    op.drop_table("invites")
    op.drop_index("ix_users_closed", table_name="users")
    op.drop_index("ix_users_admins", table_name="users")
    op.drop_constraint(op.f("ck_users_closed_is_bare"), "users")
    # Nobody finds it: addresses are looked up in small letters.
    op.execute(
        "UPDATE users SET email = 'CLOSED:' || id, password_hash = '' WHERE closed_at IS NOT NULL"
    )
    op.alter_column("users", "password_hash", nullable=False)
    op.alter_column("users", "email", nullable=False)
    op.drop_column("users", "closed_at")
