"""What alerting is told of accounts and schools: entries of the buckets `people` and `sites`."""

from __future__ import annotations

from hashlib import sha256

from services.gateway.accounts import Account, Accounts
from services.gateway.adapters.postgres.units import PostgresUnits
from shared.messages.notices import PersonKnown, SiteKnown


async def people_known(accounts: Accounts) -> dict[str, bytes]:
    """Whom alerting may tell, and of which schools."""
    return {_key(account): _known(account).encode() for account in await accounts.all()}


async def sites_known(units: PostgresUnits) -> dict[str, bytes]:
    """Where every school belongs, one without cameras too."""
    places = await units.of_every_site()
    told = {path: SiteKnown(units=path).encode() for path in set(places.values())}
    return {site: told[path] for site, path in places.items()}


def _key(account: Account) -> str:
    # Names hold characters that no key may have.
    return sha256(account.name.encode()).hexdigest()[:32]


def _known(account: Account) -> PersonKnown:
    return PersonKnown(
        person=account.name, roles=account.roles, sites=account.seen_sites, is_enabled=account.is_enabled
    )
