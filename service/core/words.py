"""Numbers, days, platforms, steps and audiences in the words that people read. English, with no locale and no clock."""

from collections.abc import Iterable
from datetime import date, datetime

from service.core.address import parse as parse_address
from service.core.escalation.policy import parse_offset
from service.core.identity.platforms import known_platforms
from service.core.ownership import Audience

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_AUDIENCES: dict[Audience, str] = {
    "owner": "the owner",
    "team": "the team's channel",
    "oncall": "whoever is on call",
    "manager": "the manager",
    "director": "the director",
    "incident": "the incident channel",
    "fallback": "the fallback channel",
    "operator": "the operator of lastcall",
    "organisation": "the whole organisation",
}

SHUTDOWN = "the shutdown"
FREEZE = "the change freeze"
"""Reference date for steps when a change freeze runs up to the shutdown."""


def platform_name(platform: str) -> str:
    return known_platforms().name_of(platform)


def place(platform: str, dates_of: str | None = None) -> str:
    """`OpenRouter`; `OpenAI API, through OpenRouter` for a router in front of the platform that gives the dates."""
    router = platform_name(platform)
    return f"{platform_name(dates_of)}, through {router}" if dates_of else router


def number(n: int) -> str:
    """12,400"""
    return f"{n:,}"


def plural(n: int, one: str, many: str | None = None) -> str:
    """`1 call`, `12,400 calls`"""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def short_number(n: int) -> str:
    """9,200 as it is, 412 k, 1.2 M, 12.4 M, 3.1 B: at most three digits that matter."""
    if abs(n) < 10_000:
        return number(n)
    size, unit = (1e3, "k") if abs(n) < 999_500 else (1e6, "M") if abs(n) < 999_500_000 else (1e9, "B")
    decimals = 0 if unit == "k" or abs(n) >= 99.95 * size else 1
    return f"{n / size:,.{decimals}f} {unit}"


def dollars(usd: float) -> str:
    """`$11,600`, `$310`, `$3.14`, `$0.02`, `less than $0.01`: three digits that matter."""
    if 0 < usd < 0.005:
        return "less than $0.01"
    if usd < 100:
        return f"${usd:,.2f}"
    return f"${float(f'{usd:.3g}'):,.0f}"


def change(share: float) -> str:
    """`-97 %`, `+12 %`, of a relative change; `-99.7 %` where whole numbers would be -100."""
    percent = 100 * share
    return f"{percent:+.1f} %" if 99 < -percent < 100 else f"{percent:+.0f} %"


def duration(ms: float) -> str:
    """`340 ms`, `2.3 s`, `12 s`"""
    if ms < 1_000:
        return f"{ms:.0f} ms"
    return f"{ms / 1_000:.1f} s" if ms < 10_000 else f"{ms / 1_000:,.0f} s"


def and_failed(n: int) -> str:
    """After a number of calls: `, 12 failed`; empty: none."""
    return f", {number(n)} failed" if n else ""


def day(on: date) -> str:
    """Mon 14 Jul 2025"""
    return f"{_day_and_month(on)} {on.year}"


def _day_and_month(on: date) -> str:
    return f"{_DAYS[on.weekday()]} {on.day} {_MONTHS[on.month - 1][:3]}"


def month(on: date) -> str:
    """July 2025"""
    return f"{_MONTHS[on.month - 1]} {on.year}"


def moment(at: datetime) -> str:
    """Tue 17 Jun 2025, 08:12 UTC. `at` is in UTC."""
    return f"{day(at.date())}, {at:%H:%M} UTC"


def soon(at: datetime) -> str:
    """Mon 23 Nov 08:00 UTC: of what is at most weeks away. `at` is in UTC."""
    return f"{_day_and_month(at)} {at:%H:%M} UTC"


def from_now(days: int) -> str:
    """`today`, `tomorrow`, `in 27 days`, `yesterday`, `3 days ago`"""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days)
    return near or (f"in {plural(days, 'day')}" if days > 0 else f"{plural(-days, 'day')} ago")


def ago(at: datetime, now: datetime) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`; the day itself after two months."""
    seconds = int((now - at).total_seconds())
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    if seconds < 86_400:
        return f"{seconds // 3600} h ago"
    days = seconds // 86_400
    return from_now(-days) if days <= 60 else day(at.date())


def listed(items: Iterable[str], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`"""
    *most, last = list(items)
    return f"{', '.join(most)} {joint} {last}" if most else last


def audiences(who: Iterable[Audience]) -> str:
    """`the owner and the manager`"""
    return listed(_AUDIENCES[one] for one in who)


def step(name: str, end: str = SHUTDOWN) -> str:
    """`-30d` is `30 days before the shutdown`. A name that is no offset stays as it is. `end`: SHUTDOWN or FREEZE."""
    try:
        offset = parse_offset(name)
    except ValueError:
        return name
    if offset.anchor == "announced":
        return "at the announcement"
    failing = ", while calls fail" if offset.while_failing else ""
    if offset.days == 0:
        return "on the day of the shutdown" + failing
    unit = "day" if offset.anchor == "days" else "business day"
    side = "before" if offset.days < 0 else "after"
    return f"{plural(abs(offset.days), unit)} {side} {end if offset.days < 0 else SHUTDOWN}{failing}"


def every(days: int) -> str:
    """`each day`, `every 7 days`"""
    return "each day" if days == 1 else f"every {days} days"


def repeat(days: int) -> str:
    """`each day while it is still called`, for a step that repeats."""
    return f"{every(days)} while it is still called"


def step_in_words(name: str, repeat_days: int | None, end: str = SHUTDOWN) -> str:
    """The words of `repeat` or `step`."""
    return repeat(repeat_days) if repeat_days else step(name, end)


def address(destination: str) -> str:
    """As people write it: `ada@example.com` for `user:ada@example.com`, `@search` for `usergroup:search`."""
    return parse_address(destination).in_words()


def steps(names: Iterable[str], end: str = SHUTDOWN) -> str:
    """`90, 60 or 30 days before the shutdown`: what steps have in common is said once."""
    said = [step(name, end) for name in names]
    tail = f" days before {end}"
    if len(said) > 1 and all(one.removesuffix(tail).isdigit() for one in said):
        return listed((one.removesuffix(tail) for one in said), "or") + tail
    return listed(said, "or")
