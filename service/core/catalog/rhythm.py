"""When each source of the catalog is asked: once a day, at a time that differs between sources and installations."""

import hashlib
from datetime import UTC, datetime, timedelta

AFTER_ERROR = timedelta(hours=1)
STALE_AFTER = timedelta(days=4)
"""A source without a good reading for this long is stale: a long weekend of a provider is no reason to wake anybody."""
_DAY = timedelta(days=1)


def latest_slot(source: str, installed_at: datetime, now: datetime) -> datetime:
    """The newest time, up to `now`, at which the source is to be asked. The same for all processes of an installation,
    which `installed_at` stands for."""
    digest = hashlib.sha256(f"{source} {installed_at.astimezone(UTC).isoformat()}".encode()).digest()
    offset = timedelta(seconds=int.from_bytes(digest[:4]) % int(_DAY.total_seconds()))
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + offset
    return today if today <= now else today - _DAY
