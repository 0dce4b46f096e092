from datetime import UTC, datetime, timedelta

import pytest

from service.adapters.queries import Told
from service.entrypoints import phrases

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "not_before", "said"),
    [
        ("delivered", NOW - timedelta(hours=3), "3 h ago"),
        ("pending", datetime(2026, 11, 23, 8, tzinfo=UTC), "pending, goes out Mon 23 Nov 08:00 UTC"),
        ("pending", NOW, "pending, goes out with the next tick"),
        ("leased", NOW, "being sent"),
        ("failed", NOW, "failed 3 h ago"),
        ("unknown", NOW, "sent 3 h ago, arrival not confirmed"),
    ],
)
def test_only_what_was_delivered_is_said_to_be_told(state: str, not_before: datetime, said: str) -> None:
    told = Told(
        destination="#a", audience="owner", at=NOW - timedelta(hours=3), not_before=not_before, state=state, others=0
    )

    assert phrases.told(told, NOW) == said
