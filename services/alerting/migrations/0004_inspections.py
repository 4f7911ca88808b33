"""Random draws that anyone can replay, and what was found; cases shown to guests; what figures are counted by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _draws()
    _inspections()
    op.create_table(
        "case_shares",
        sa.Column("case_id", sa.Text, sa.ForeignKey("cases.case_id"), primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )
    op.create_index("case_shares_of_account", "case_shares", ["account", "until_us"])
    _figures()


def _draws() -> None:
    op.create_table(
        "draws",
        sa.Column("draw_id", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("opened_us", sa.BigInteger, nullable=False),
        # canonical JSON, byte for byte what was hashed
        sa.Column("frozen", sa.Text, nullable=False),
        sa.Column("frozen_sha256", sa.Text, nullable=False),
        sa.Column("kitchens", sa.Integer, nullable=False),
        # how it was called (DrawOpen), without the kitchens
        sa.Column("called", JSONB, nullable=False),
        sa.Column("commit_until_us", sa.BigInteger, nullable=False),
        sa.Column("reveal_until_us", sa.BigInteger, nullable=False),
        sa.Column("published_sha256", sa.Text),
        sa.Column("drawn_us", sa.BigInteger),
        sa.Column("drawn", sa.Text),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("draws_newest", "draws", ["opened_us", "draw_id"])
    op.create_index(
        "draws_open", "draws", ["commit_until_us"], postgresql_where=sa.text("state in ('committing', 'revealing')")
    )
    op.create_table(
        "draw_seeds",
        sa.Column("draw_id", sa.Text, sa.ForeignKey("draws.draw_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("commitment", sa.Text),
        sa.Column("committed_us", sa.BigInteger),
        sa.Column("seed", sa.Text),
        sa.Column("nonce", sa.Text),
        sa.Column("revealed_us", sa.BigInteger),
    )
    # What was published was published: not even this service may write it otherwise.
    op.execute(
        "create function refuse_redraw() returns trigger language plpgsql as $$ begin"
        " if tg_op = 'DELETE' or new.frozen <> old.frozen or new.frozen_sha256 <> old.frozen_sha256"
        " or (old.published_sha256 is not null and new.published_sha256 is distinct from old.published_sha256)"
        " or (old.drawn is not null and new.drawn is distinct from old.drawn)"
        " then raise exception 'a draw is never made again'; end if; return new; end $$"
    )
    op.execute(
        "create trigger draws_stay before update or delete on draws for each row execute function refuse_redraw()"
    )
    op.execute(
        "create function refuse_reseed() returns trigger language plpgsql as $$ begin"
        " if tg_op = 'DELETE' or new.department <> old.department"
        " or (old.commitment is not null and new.commitment is distinct from old.commitment)"
        " or (old.seed is not null and (new.seed, new.nonce) is distinct from (old.seed, old.nonce))"
        " then raise exception 'what a department said stays said'; end if; return new; end $$"
    )
    op.execute(
        "create trigger draw_seeds_stay before update or delete on draw_seeds"
        " for each row execute function refuse_reseed()"
    )


def _inspections() -> None:
    op.create_table(
        "inspections",
        sa.Column("inspection_id", sa.Text, primary_key=True),
        sa.Column("draw_id", sa.Text, sa.ForeignKey("draws.draw_id"), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("supervisor", sa.Text, nullable=False),
        sa.Column("stratum", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_us", sa.BigInteger, nullable=False),
        sa.Column("looked_by", sa.Text),
        sa.Column("way", sa.Text),
        sa.Column("started_us", sa.BigInteger),
        sa.Column("finished_us", sa.BigInteger),
        sa.Column("found", sa.Text),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("case_id", sa.Text, sa.ForeignKey("cases.case_id")),
    )
    op.create_index("inspections_due", "inspections", ["due_us", "inspection_id"])
    op.create_index("inspections_of_draw", "inspections", ["draw_id"])
    op.create_index(
        "inspections_looked", "inspections", ["site", "finished_us"], postgresql_where=sa.text("state = 'done'")
    )
    op.execute(
        "create index inspections_found on inspections (finished_us) include (site)"
        " where state = 'done' and found = 'violation'"
    )
    op.create_table(
        "inspection_steps",
        sa.Column("inspection_id", sa.Text, sa.ForeignKey("inspections.inspection_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("body", JSONB, nullable=False),
    )
    op.execute(
        "create trigger inspection_steps_stay before update or delete on inspection_steps"
        " for each row execute function refuse_change()"
    )


def _figures() -> None:
    """What figures are counted by stands in columns, and in one index: the rows themselves are not read."""
    op.execute(
        "alter table alerts"
        " add column about text generated always as (coalesce(body->>'about', '')) stored,"
        " add column models_key text generated always as (left(md5(coalesce(body->>'models', '{}')), 12)) stored,"
        " add column told_us bigint generated always as"
        " (coalesce((body->>'stored_us')::bigint, (body->>'raised_us')::bigint, first_us)) stored"
    )
    op.execute(
        "create index alerts_figures on alerts (first_us)"
        " include (site, camera, rule, about, models_key, risk, verdict, told_us, acknowledged_us, case_id)"
        " where folded_into is null and not is_silent"
    )
    op.execute("create index alerts_of_case on alerts (case_id) where case_id is not null")
    op.create_index("orders_served", "orders", ["served_us"], postgresql_include=["case_id"])
