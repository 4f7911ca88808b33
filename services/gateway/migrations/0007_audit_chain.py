"""Each row of the audit trail carries a hash over itself and the row before; and which school it is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The same bytes as `shared/audit_chain.py` makes: length before each text, so that no two rows read alike.
_FIELD = """
create function audit_field(value text) returns text language sql immutable as $$
  select case when value is null then '-' else octet_length(convert_to(value, 'UTF8'))::text || ':' || value end
$$
"""
_HASH = """
create function audit_hash(previous bytea, r audit) returns bytea language sql stable as $$
  select sha256(convert_to(
    encode(previous, 'hex')
    || audit_field(r.number::text)
    || audit_field((extract(epoch from r.at) * 1000000)::bigint::text)
    || audit_field(r.action) || audit_field(r.outcome) || audit_field(r.who)
    || audit_field(r.camera) || audit_field(r.site) || audit_field(r.address)
    || audit_field(encode(float8send(r.seconds), 'hex'))
    || audit_field((
         select coalesce(string_agg(audit_field(key) || audit_field(value), '' order by key collate "C"), '')
         from jsonb_each_text(r.detail)
       )),
    'UTF8'))
$$
"""
# Numbers and hashes are the database's: whichever gateway writes, of whichever version, one row follows another. The
# lock is held until the transaction ends, and each statement of a volatile function sees what was committed before it.
_CHAIN = """
create function audit_chain() returns trigger language plpgsql as $$
declare
  last_number bigint;
  last_hash bytea;
begin
  if new.site is null and new.camera is not null then
    select c.site into new.site from cameras c where c.id = new.camera;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('bright-kitchen audit chain', 0));
  select a.number, a.hash into last_number, last_hash from audit a order by a.number desc limit 1;
  new.number := coalesce(last_number, 0) + 1;
  new.hash := audit_hash(coalesce(last_hash, decode(repeat('00', 32), 'hex')), new);
  return new;
end
$$
"""
# = rows written before this version are chained as they are found now, in their order.
_OLD_ROWS = """
do $$
declare
  r audit;
  previous bytea := decode(repeat('00', 32), 'hex');
begin
  for r in select * from audit order by number loop
    r.site := (select c.site from cameras c where c.id = r.camera);
    previous := audit_hash(previous, r);
    update audit set site = r.site, hash = previous where number = r.number;
  end loop;
end
$$
"""


def upgrade() -> None:
    op.add_column("audit", sa.Column("site", sa.Text))
    op.add_column("audit", sa.Column("hash", sa.LargeBinary))
    for statement in (_FIELD, _HASH, _CHAIN):
        op.execute(statement)
    op.execute("alter table audit disable trigger append_only")
    op.execute(_OLD_ROWS)
    op.execute("alter table audit enable trigger append_only")
    op.alter_column("audit", "hash", nullable=False)
    op.execute("alter table audit alter column number drop identity")
    op.execute("create trigger chain before insert on audit for each row execute function audit_chain()")
    op.create_index("audit_site_number", "audit", ["site", "number"])
    # The end of a watching is found by its beginning.
    op.execute(
        "create index audit_ended on audit (who, camera, number) where action in ('live_view_ended', 'playback_ended')"
    )


def downgrade() -> None:
    op.execute("drop index audit_ended")
    op.execute("drop trigger chain on audit")
    op.execute("drop function audit_chain()")
    op.execute("drop function audit_hash(bytea, audit)")
    op.execute("drop function audit_field(text)")
    op.execute("alter table audit alter column number add generated always as identity")
    op.execute("select setval(pg_get_serial_sequence('audit', 'number'), (select coalesce(max(number), 1) from audit))")
    op.drop_column("audit", "hash")
    op.drop_column("audit", "site")
