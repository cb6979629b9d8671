"""words and their meaning"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "concept_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("concept", sa.String(length=60), nullable=False),
        sa.Column("entry", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("form_key", sa.String(length=32), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user.id"], name=op.f("fk_concept_entry_changed_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concept_entry")),
        sa.UniqueConstraint("concept", name=op.f("uq_concept_entry_concept")),
        sa.UniqueConstraint("form_key", name=op.f("uq_concept_entry_form_key")),
    )
    op.add_column("need", sa.Column("concept", sa.String(length=60), nullable=True))
    op.add_column("skill", sa.Column("concept", sa.String(length=60), nullable=True))
    op.add_column("profile", sa.Column("meaning", sa.LargeBinary(), nullable=True))
    op.add_column("profile", sa.Column("knowledge", sa.String(length=80), nullable=True))
    op.add_column("shortlist", sa.Column("relaxed", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    _forget_concepts()
    op.drop_column("shortlist", "relaxed")
    op.drop_column("profile", "knowledge")
    op.drop_column("profile", "meaning")
    op.drop_column("skill", "concept")
    op.drop_column("need", "concept")
    op.drop_table("concept_entry")


def _forget_concepts() -> None:
    """The version below reads phrases of four parts, and takes every index term for a word."""
    connection = op.get_bind()
    held = sa.table("profile", sa.column("id", sa.Integer), sa.column("card", sa.JSON))
    for id_, card in connection.execute(sa.select(held.c.id, held.c.card)).all():
        short = {**card, "phrases": [phrase[:4] for phrase in card.get("phrases", ())]}
        if "phrases" in card and short != card:
            connection.execute(sa.update(held).where(held.c.id == id_).values(card=short))
    ideas = "SELECT id FROM term WHERE text LIKE '@%'"
    op.execute(f"DELETE FROM posting WHERE term_id IN ({ideas})")
    op.execute("DELETE FROM term WHERE text LIKE '@%'")
