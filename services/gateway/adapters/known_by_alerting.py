"""What alerting is told of accounts and schools: entries of the buckets `people` and `sites`."""

from __future__ import annotations

from hashlib import sha256

from services.gateway.accounts import Account, Accounts, is_open_at
from services.gateway.adapters.postgres.units import PostgresUnits
from shared.clock import Clock
from shared.messages.notices import PersonKnown, SiteKnown


async def people_known(accounts: Accounts, clock: Clock) -> dict[str, bytes]:
    """Whom alerting may tell now, and of which schools."""
    now_us = clock.now_us()
    return {_key(account): _known(account, now_us).encode() for account in await accounts.all()}


async def sites_known(units: PostgresUnits) -> dict[str, bytes]:
    """Where every school belongs, one without cameras too."""
    places = await units.of_every_site()
    told = {path: SiteKnown(units=path).encode() for path in set(places.values())}
    return {site: told[path] for site, path in places.items()}


def _key(account: Account) -> str:
    # Names hold characters that no key may have.
    return sha256(account.name.encode()).hexdigest()[:32]


def _known(account: Account, now_us: int) -> PersonKnown:
    # As at the log-in: who cannot come in any more is told nothing either. Nothing changes at an account's end, so it
    # is the mirror's round of every minute that finds it.
    is_open = is_open_at(account, now_us)
    return PersonKnown(person=account.name, roles=account.roles, sites=account.seen_sites, is_enabled=is_open)
