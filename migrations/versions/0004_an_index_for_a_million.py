"""an index for a million"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# How much a word stands out, as engine.cards.impacts works it out: w / (w + 2 (1 - .6 + .6 length / 20)) of 60.
NORM = "(0.8 + 0.06 * profile.length)"


def upgrade() -> None:
    # By which versions somebody added by hand was judged.
    op.add_column("candidate", sa.Column("versions", sa.JSON(none_as_null=True), nullable=True))
    _content_apart()
    op.create_table(
        "word_index",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("profiles", sa.Integer(), nullable=False),
        sa.Column("length", sa.Double(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("neighbours_to", sa.Integer(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_word_index_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_index")),
    )
    # Neighbours are found from the last word down by the next `profiles reindex`, which the new lexicon asks for anyway.
    op.execute(
        "INSERT INTO word_index (id, profiles, length, revision, neighbours_to)"
        " SELECT 1, COUNT(*), COALESCE(SUM(length), 0), 0, (SELECT MAX(id) FROM term) FROM profile"
    )
    op.create_table(
        "term_neighbour",
        sa.Column("term_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("ratio", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["term_id"], ["term.id"], name=op.f("fk_term_neighbour_term_id_term"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["term.id"], name=op.f("fk_term_neighbour_other_id_term"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("term_id", "other_id", name=op.f("pk_term_neighbour")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_term_neighbour_other_id"), "term_neighbour", ["other_id"])
    _postings(
        [
            sa.Column("term_id", sa.Integer(), nullable=False),
            sa.Column("impact", sa.SmallInteger(), autoincrement=False, nullable=False),
            sa.Column("profile_id", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("term_id", "impact", "profile_id", name=op.f("pk_posting")),
        ],
        f"term_id, {_whole_number(f'60 * weight / (weight + {NORM})')}, profile_id",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("term_neighbour")
    _postings(
        [
            sa.Column("term_id", sa.Integer(), nullable=False),
            sa.Column("profile_id", sa.Integer(), nullable=False),
            sa.Column("weight", sa.Double(), nullable=False),
            sa.PrimaryKeyConstraint("term_id", "profile_id", name=op.f("pk_posting")),
        ],
        # Weights are halves; a word said so often that its impact has no next step comes back as about that often.
        f"term_id, profile_id, {_whole_number(f'2 * {NORM} * impact / (60.5 - impact)')} / 2.0",
    )
    op.drop_table("word_index")
    _content_back()
    op.drop_column("candidate", "versions")


def _whole_number(value: str) -> str:
    """The nearest one from 1 on: a cast rounds on PostgreSQL and cuts off on SQLite."""
    nearest = f"FLOOR({value} + 0.5)" if op.get_bind().dialect.name == "postgresql" else f"({value} + 0.5)"
    return f"CASE WHEN {value} < 1 THEN 1 ELSE CAST({nearest} AS INTEGER) END"


def _postings(columns: list[sa.schema.SchemaItem], values: str, **options: bool) -> None:
    """The table of postings anew, filled from the one before."""
    op.drop_index("ix_posting_profile_id", "posting")
    op.rename_table("posting", "posting_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE posting_before DROP CONSTRAINT pk_posting CASCADE")
        op.execute("ALTER TABLE posting_before DROP CONSTRAINT fk_posting_term_id_term")
        op.execute("ALTER TABLE posting_before DROP CONSTRAINT fk_posting_profile_id_profile")
    op.create_table(
        "posting",
        *columns,
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_posting_term_id_term")),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profile.id"], name=op.f("fk_posting_profile_id_profile"), ondelete="CASCADE"
        ),
        **options,
    )
    op.execute(
        f"INSERT INTO posting SELECT {values} FROM posting_before AS p JOIN profile ON profile.id = p.profile_id"
        " ORDER BY 1, 2, 3"
    )
    op.drop_table("posting_before")
    op.create_index("ix_posting_profile_id", "posting", ["profile_id"])


def _content_apart() -> None:
    op.create_table(
        "profile_content",
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("card", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("meaning", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profile.id"], name=op.f("fk_profile_content_profile_id_profile"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_profile_content")),
    )
    op.execute(
        "INSERT INTO profile_content (profile_id, card, words, meaning) SELECT id, card, words, meaning FROM profile"
    )
    # Sketches come with the next `profiles reindex`, like the neighbours.
    with op.batch_alter_table("profile") as batch:
        for column in ("meaning", "words", "card"):
            batch.drop_column(column)
        batch.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("sketch", sa.String(length=84), nullable=False, server_default="A" * 84))
    with op.batch_alter_table("profile") as batch:
        batch.alter_column("revision", existing_type=sa.Integer(), server_default=None)
        batch.alter_column("sketch", existing_type=sa.String(length=84), server_default=None)
    op.create_index(op.f("ix_profile_revision"), "profile", ["revision"])


def _content_back() -> None:
    for column in (
        sa.Column("card", sa.JSON(none_as_null=True)),
        sa.Column("words", sa.Text()),
        sa.Column("meaning", sa.LargeBinary()),
    ):
        op.add_column("profile", column)
    for name in ("card", "words", "meaning"):
        op.execute(
            f"UPDATE profile SET {name} = (SELECT {name} FROM profile_content WHERE profile_content.profile_id = profile.id)"
        )
    op.drop_table("profile_content")
    op.drop_index("ix_profile_revision", "profile")
    for name in ("sketch", "revision"):
        op.drop_column("profile", name)
    with op.batch_alter_table("profile") as batch:
        batch.alter_column("card", existing_type=sa.JSON(none_as_null=True), nullable=False)
        batch.alter_column("words", existing_type=sa.Text(), nullable=False)
