"""The VAPID key of this installation: made once, whichever worker comes first, and kept sealed."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import BigInteger, Column, SmallInteger, Table, Text, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.alerting.adapters.postgres.tables import metadata
from services.alerting.push.vapid import VapidKey
from shared.database import Database
from shared.sealing import SealBroken, Sealer
from shared.telemetry import log

web_push_keys = Table(
    "web_push_keys",
    metadata,
    Column("number", SmallInteger, primary_key=True),
    Column("private_key", Text),
    Column("made_us", BigInteger),
)
_CONTEXT = "web_push_key"


async def kept_key(database: Database, sealer: Sealer, now_us: int) -> VapidKey | None:
    """None where it cannot be opened: BK_SECRET_KEY is another one. It is not replaced: devices are bound to it.

    Raises PeerError.
    """
    made = VapidKey(ec.generate_private_key(ec.SECP256R1()))
    row = {"number": 1, "private_key": sealer.seal(made.text, _CONTEXT), "made_us": now_us}
    async with database.transaction() as session:
        await session.execute(upsert(web_push_keys).values(row).on_conflict_do_nothing())
        sealed: str = (await session.execute(select(web_push_keys.c.private_key))).scalar_one()
        try:
            key = VapidKey.parse(sealer.open(sealed, _CONTEXT))
        except SealBroken:
            log().error("web push key cannot be opened")
            return None
        if not sealer.is_current(sealed):
            again = sealer.seal(key.text, _CONTEXT)
            await session.execute(update(web_push_keys).values(private_key=again))
        return key
