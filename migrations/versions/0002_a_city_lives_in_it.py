"""a city lives in it"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VERSIONED = ("party", "council", "appointment", "representation")
# For whom people were written down before that was noted: as the roles of the writers say today; the last one counts.
WRITTEN_FOR = (
    ("city", "role_grant.role = 'coordinator'"),
    ("councils", "entry.event = 'person:create' AND role_grant.role IN ('clerk', 'personnel')"),
    ("desks", "role_grant.role = 'coordinator' AND desk.is_contractor"),
)
ROLE_ONCE = (
    ("uq_role_grant_at_a_desk", ["desk_id"], "department_id IS NULL"),
    ("uq_role_grant_for_a_department", ["department_id"], "desk_id IS NULL"),
    ("uq_role_grant_without_a_place", [], "desk_id IS NULL AND department_id IS NULL"),
)


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempt")),
    )
    op.create_table(
        "job_run",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_run")),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("from_desk_id", sa.Integer(), nullable=False),
        sa.Column("to_desk_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_handover_by_id_user")),
        sa.ForeignKeyConstraint(["from_desk_id"], ["desk.id"], name=op.f("fk_handover_from_desk_id_desk")),
        sa.ForeignKeyConstraint(["request_id"], ["help_request.id"], name=op.f("fk_handover_request_id_help_request")),
        sa.ForeignKeyConstraint(["to_desk_id"], ["desk.id"], name=op.f("fk_handover_to_desk_id_desk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_request_id"), "handover", ["request_id"])

    for table in VERSIONED:
        _add_filled(table, sa.Column("version", sa.Integer()), "1")
    with op.batch_alter_table("party") as batch:
        batch.add_column(sa.Column("form_key", sa.String(length=40), nullable=True))
        batch.create_unique_constraint(op.f("uq_party_form_key"), ["form_key"])
        batch.add_column(sa.Column("written_for", sa.String(length=40), nullable=True))
    for office, roles in WRITTEN_FOR:
        op.execute(
            f"UPDATE party SET written_for = '{office}' WHERE id IN (SELECT entry.subject_id FROM audit_entry entry"
            ' JOIN "user" ON "user".id = entry.actor_user_id JOIN role_grant ON role_grant.user_id = "user".id'
            " LEFT JOIN desk ON desk.id = role_grant.desk_id"
            " WHERE entry.event IN ('person:create', 'organization:create')"
            f' AND ("user".party_id IS NULL OR "user".party_id != entry.subject_id) AND {roles})'
        )
    with op.batch_alter_table("council") as batch:
        batch.add_column(sa.Column("ended_on", sa.Date(), nullable=True))
    _add_filled("appointment", sa.Column("left_with_the_council", sa.Boolean()), "false")
    # The log speaks of a struck term by its number: SQLite must not give that to another one.
    with op.batch_alter_table("appointment", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("left_because", sa.String(length=200), nullable=True))
        batch.add_column(sa.Column("substitute_for_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_appointment_substitute_for_id_appointment"), "appointment", ["substitute_for_id"], ["id"]
        )
        batch.add_column(sa.Column("form_key", sa.String(length=40), nullable=True))
        batch.create_unique_constraint(op.f("uq_appointment_form_key"), ["form_key"])
    with op.batch_alter_table("group") as batch:
        batch.add_column(sa.Column("renewed_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("ended_because", sa.String(length=300), nullable=True))
        batch.add_column(sa.Column("form_key", sa.String(length=40), nullable=True))
        batch.create_unique_constraint(op.f("uq_group_form_key"), ["form_key"])
    with op.batch_alter_table("help_request") as batch:
        batch.add_column(sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    random = "lower(hex(randomblob(8)))"
    if op.get_bind().dialect.name == "postgresql":
        random = "substr(replace(gen_random_uuid()::text, '-', ''), 1, 16)"
    _add_filled("help_request", sa.Column("public_key", sa.String(length=16)), random)
    with op.batch_alter_table("help_request") as batch:
        batch.create_unique_constraint(op.f("uq_help_request_public_key"), ["public_key"])
    _add_filled("group", sa.Column("public_key", sa.String(length=16)), random)
    with op.batch_alter_table("group") as batch:
        batch.create_unique_constraint(op.f("uq_group_public_key"), ["public_key"])
    _add_filled("supporter", sa.Column("public_key", sa.String(length=16)), random)
    with op.batch_alter_table("supporter") as batch:
        batch.add_column(sa.Column("end_reason", sa.String(length=40), nullable=True))
        batch.create_unique_constraint(op.f("uq_supporter_public_key"), ["public_key"])
    with op.batch_alter_table("decision") as batch:
        batch.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("revoked_because", sa.String(length=300), nullable=True))
        batch.drop_constraint(op.f("uq_decision_request_id"), type_="unique")
        batch.create_check_constraint(
            op.f("ck_decision_a_revocation_says_why"), "revoked_at IS NULL OR revoked_because IS NOT NULL"
        )
    op.create_index("ix_decision_request_id", "decision", ["request_id"])
    standing = sa.text("revoked_at IS NULL")
    op.create_index(
        "uq_decision_one_standing",
        "decision",
        ["request_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )

    # A role is held once, also where it has no place; of what was given twice, the first stays.
    op.execute(
        "DELETE FROM role_grant WHERE id NOT IN (SELECT min(id) FROM role_grant"
        " GROUP BY user_id, role, coalesce(desk_id, 0), coalesce(department_id, 0))"
    )
    for name, more, empty in ROLE_ONCE:
        where = sa.text(empty)
        columns = ["user_id", "role", *more]
        op.create_index(name, "role_grant", columns, unique=True, sqlite_where=where, postgresql_where=where)

    _keep_each_address_once()
    op.create_index("uq_user_email_whatever_its_case", "user", [sa.text("lower(email)")], unique=True)

    # What stands there already gets its ending: callers are found by it.
    ending = "substr(value_key, max(1, length(value_key) - 3))"
    if op.get_bind().dialect.name == "postgresql":
        ending = "right(value_key, 4)"
    _add_filled("contact_point", sa.Column("ending", sa.String(length=4)), ending)
    op.create_index("ix_contact_point_ending", "contact_point", ["kind", "ending"])


def _add_filled(table: str, column: sa.Column, value: str) -> None:
    """A column that may not be empty, on a table that has rows."""
    with op.batch_alter_table(table) as batch:
        batch.add_column(column)
    op.execute(f'UPDATE "{table}" SET {column.name} = {value}')
    with op.batch_alter_table(table) as batch:
        batch.alter_column(column.name, existing_type=column.type, nullable=False)


def _keep_each_address_once() -> None:
    """In small letters. Beside a confirmed account, one that nobody confirmed gives the address up: its number stays,
    since the log speaks of it. Of two that nobody confirmed, the first keeps it."""
    op.execute(
        "UPDATE \"user\" SET email = 'user-' || id || '@unconfirmed.invalid', active = false"
        ' WHERE confirmed_at IS NULL AND EXISTS (SELECT 1 FROM "user" other'
        ' WHERE lower(other.email) = lower("user".email) AND other.id != "user".id'
        ' AND (other.confirmed_at IS NOT NULL OR other.id < "user".id))'
    )
    twice = op.get_bind().scalars(sa.text('SELECT lower(email) FROM "user" GROUP BY lower(email) HAVING count(*) > 1'))
    if held := "、".join(sorted(twice)):
        raise RuntimeError(
            f"大文字と小文字だけが違うメールアドレスで、確認済みのアカウントが2つあります：{held}。何も変えていません。"
            "使わないほうのメールアドレスを変えてから、もう一度更新してください。"
        )
    op.execute('UPDATE "user" SET email = lower(email) WHERE email != lower(email)')


def _refuse_revoked_decisions() -> None:
    """The version below takes every decision for one that stands, and knows one a case."""
    revoked = op.get_bind().scalar(sa.text("SELECT count(*) FROM decision WHERE revoked_at IS NOT NULL"))
    if revoked:
        raise RuntimeError(
            f"取り消した決定が{revoked}件あります。前の版では、取り消しを表せません。何も変えていません。"
            "前の版に戻すときは、更新の前に取った控えを書き戻してください。"
        )


def downgrade() -> None:
    _refuse_revoked_decisions()
    op.drop_index("uq_user_email_whatever_its_case", table_name="user")
    for name, _more, _empty in ROLE_ONCE:
        op.drop_index(name, table_name="role_grant")
    op.drop_index("uq_decision_one_standing", table_name="decision")
    op.drop_index("ix_decision_request_id", table_name="decision")
    with op.batch_alter_table("decision") as batch:
        batch.drop_constraint(op.f("ck_decision_a_revocation_says_why"), type_="check")
        batch.create_unique_constraint(op.f("uq_decision_request_id"), ["request_id"])
        batch.drop_column("revoked_because")
        batch.drop_column("revoked_at")
    op.drop_index("ix_contact_point_ending", table_name="contact_point")
    with op.batch_alter_table("contact_point") as batch:
        batch.drop_column("ending")
    with op.batch_alter_table("supporter") as batch:
        batch.drop_constraint(op.f("uq_supporter_public_key"), type_="unique")
        batch.drop_column("end_reason")
        batch.drop_column("public_key")
    with op.batch_alter_table("help_request") as batch:
        batch.drop_constraint(op.f("uq_help_request_public_key"), type_="unique")
        batch.drop_column("public_key")
        batch.drop_column("released_at")
    with op.batch_alter_table("group") as batch:
        batch.drop_constraint(op.f("uq_group_public_key"), type_="unique")
        batch.drop_constraint(op.f("uq_group_form_key"), type_="unique")
        batch.drop_column("public_key")
        batch.drop_column("form_key")
        batch.drop_column("ended_because")
        batch.drop_column("renewed_on")
    with op.batch_alter_table("appointment") as batch:
        batch.drop_constraint(op.f("uq_appointment_form_key"), type_="unique")
        batch.drop_column("form_key")
        batch.drop_constraint(op.f("fk_appointment_substitute_for_id_appointment"), type_="foreignkey")
        batch.drop_column("substitute_for_id")
        batch.drop_column("left_with_the_council")
        batch.drop_column("left_because")
    with op.batch_alter_table("council") as batch:
        batch.drop_column("ended_on")
    with op.batch_alter_table("party") as batch:
        batch.drop_column("written_for")
        batch.drop_constraint(op.f("uq_party_form_key"), type_="unique")
        batch.drop_column("form_key")
    for table in VERSIONED:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("version")
    op.drop_index(op.f("ix_handover_request_id"), table_name="handover")
    op.drop_table("handover")
    op.drop_table("job_run")
    op.drop_table("attempt")
