"""lists at a million"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

STANDING = "canonical_id IS NULL"
WRITTEN = "written_for IS NOT NULL"
GIVEN = "withdrawn_at IS NULL"
INDEXES = (  # name, table, columns, of which rows
    ("ix_party_of_kind", "party", ["kind", "kana_key", "name_key", "id"], STANDING),
    ("ix_party_written_for", "party", ["written_for"], WRITTEN),
    ("ix_supporter_of_the_directory", "supporter", ["public_key"], "state = 'active'"),
    ("ix_party_district_id", "party", ["district_id"], None),
    ("ix_organization_organization_kind", "organization", ["organization_kind"], None),
    ("ix_representation_person_id", "representation", ["person_id"], None),
    ("ix_representation_claimed", "representation", ["created_at", "id"], "state = 'claimed'"),
    ("ix_consent_party_id", "consent", ["party_id"], None),
    ("ix_basis_standing", "basis", ["party_id"], "ended_at IS NULL"),
    ("ix_consent_purpose", "consent", ["purpose", "party_id"], GIVEN),
    ("ix_supporter_party_id", "supporter", ["party_id", "state"], None),
    ("ix_supporter_anywhere", "supporter", ["anywhere"], None),
    ("ix_group_organization_id", "group", ["organization_id", "state"], None),
    ("ix_group_state", "group", ["state"], None),
    ("ix_group_anywhere", "group", ["anywhere"], None),
    ("ix_help_request_ended_at", "help_request", ["ended_at", "id"], None),
    ("ix_help_request_released_at", "help_request", ["released_at", "id"], None),
    ("ix_help_request_submitted_at", "help_request", ["submitted_at", "id"], None),
    ("ix_message_created_at", "message", ["created_at", "id"], None),
    ("ix_candidate_registration", "candidate", ["registry", "registration_id"], None),
)
WIDER = (  # name, table, columns as they were, columns
    ("ix_party_kana_key", "party", ["kana_key"], ["kana_key", "name_key", "id"]),
    # What the few in closer choice say is read from it alone.
    ("ix_posting_profile_id", "posting", ["profile_id"], ["profile_id", "term_id", "impact"]),
    ("ix_supporter_field_field_number", "supporter_field", ["field_number"], ["field_number", "supporter_id"]),
    ("ix_supporter_district_district_id", "supporter_district", ["district_id"], ["district_id", "supporter_id"]),
    ("ix_group_field_field_number", "group_field", ["field_number"], ["field_number", "group_id"]),
    ("ix_group_district_district_id", "group_district", ["district_id"], ["district_id", "group_id"]),
)
BY_LETTERS = (("party", "name_key", 120), ("party", "kana_key", 120), ("term", "text", 80))
AT_ONCE = 10_000
TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


def upgrade() -> None:
    for name, table, _before, _columns in WIDER:
        op.drop_index(name, table)
    _compare_letter_by_letter("C")
    _read_names_of_unknown_reading()
    with op.batch_alter_table("party") as batch:
        batch.alter_column("kana_key", existing_type=sa.String(120), nullable=False)
    _cut_names_into_pairs()
    for name, table, _before, columns in WIDER:
        op.create_index(name, table, columns)
    op.drop_index("ix_party_canonical_id", "party")
    merged = sa.text("canonical_id IS NOT NULL")
    op.create_index("ix_party_canonical_id", "party", ["canonical_id"], sqlite_where=merged, postgresql_where=merged)
    for name, table, columns, condition in INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _compare_letter_by_letter(collation: str) -> None:
    """As SQLite does. In the order of a language, what begins with some letters does not stand together."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column, length in BY_LETTERS:
            op.alter_column(table, column, type_=sa.String(length, collation=collation), existing_nullable=False)


def _read_names_of_unknown_reading() -> None:
    """They are sorted and compared by the name itself; kana in one script."""
    rows, change = (
        sa.text(f"SELECT id, name_key FROM party WHERE kana_key IS NULL AND id > :last ORDER BY id LIMIT {AT_ONCE}"),
        sa.text("UPDATE party SET kana_key = :key WHERE id = :id"),
    )
    last = 0
    while some := op.get_bind().execute(rows, {"last": last}).all():
        last = some[-1].id
        op.get_bind().execute(change, [{"id": id_, "key": name.translate(TO_HIRAGANA)} for id_, name in some])


def _cut_names_into_pairs() -> None:
    op.create_table(
        "name_gram",
        sa.Column("gram", sa.String(2), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_name_gram_party_id_party"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("gram", "party_id", name=op.f("pk_name_gram")),
        sqlite_with_rowid=False,
    )
    # In the order of the key: a million names take about a minute. registry/grams.py writes the same for one name.
    op.execute(
        "INSERT INTO name_gram (gram, party_id) WITH RECURSIVE longest (letters) AS (SELECT MAX(letters) FROM"
        " (SELECT MAX(LENGTH(name_key)) AS letters FROM party UNION ALL SELECT MAX(LENGTH(kana_key)) FROM party) AS each),"
        " place (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM place, longest WHERE at + 1 < letters)"
        " SELECT SUBSTR(name_key, at, 2), id FROM party JOIN place ON at < LENGTH(name_key)"
        " UNION SELECT SUBSTR(kana_key, at, 2), id FROM party JOIN place ON at < LENGTH(kana_key)"
        " ORDER BY 1, 2"
    )


def downgrade() -> None:
    for name, table, _columns, _condition in reversed(INDEXES):
        op.drop_index(name, table)
    op.drop_table("name_gram")
    for name, table, _before, _columns in WIDER:
        op.drop_index(name, table)
    op.drop_index("ix_party_canonical_id", "party")
    op.create_index("ix_party_canonical_id", "party", ["canonical_id"])
    with op.batch_alter_table("party") as batch:
        batch.alter_column("kana_key", existing_type=sa.String(120), nullable=True)
    op.execute("UPDATE party SET kana_key = NULL WHERE kana IS NULL")
    _compare_letter_by_letter("default")
    for name, table, before, _columns in WIDER:
        op.create_index(name, table, before)
