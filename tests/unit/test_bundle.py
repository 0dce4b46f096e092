"""In which order one message says all that waits for a destination."""

from datetime import date

from builders import make_notice

from service.core.bundle import Waiting, bundle
from service.core.notification import DateMoved, Digest, Trouble, Undeliverable

TROUBLE = Trouble(condition="gap", subject="calls", detail="12 records are gone", remedy="Keep them for longer.")
MOVED = DateMoved(
    service="search-api",
    environment="production",
    platform="openai-api",
    model="o3",
    before=date(2026, 12, 11),
    after=date(2026, 11, 19),
)
DIGEST = Digest(week="2025-W27", audience="search", lines=())


def test_most_urgent_speaks_first() -> None:
    late, soon, over = make_notice(days_left=30), make_notice(days_left=3), make_notice(days_left=-2)
    open_end = make_notice(days_left=None, shutdown_on=None, precision="unknown")
    said = bundle([Waiting(one) for one in (DIGEST, open_end, late, MOVED, soon, TROUBLE, over)])
    assert said == [TROUBLE, over, soon, late, open_end, MOVED, DIGEST]


def test_services_of_one_model_stand_together() -> None:
    first, second = make_notice(service="a", model="m1"), make_notice(service="z", model="m1")
    other = make_notice(service="b", model="m2")
    assert bundle([Waiting(one) for one in (second, other, first)]) == [first, second, other]


def test_rerouted_facts_stay_behind_their_explanation() -> None:
    own = make_notice(service="own", days_left=10)
    search, billing = make_notice(service="search", days_left=20), make_notice(service="billing", days_left=5)
    no_search = Undeliverable(destination="#search", error="is_archived")
    no_billing = Undeliverable(destination="#billing", error="is_archived")
    waiting = [
        Waiting(search, "#search"),
        Waiting(no_search, "#search"),
        Waiting(own),
        Waiting(billing, "#billing"),
        Waiting(no_billing, "#billing"),
    ]
    assert bundle(waiting) == [no_billing, billing, own, no_search, search]
