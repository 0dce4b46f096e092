"""States of a service's use of a deprecated model, in words, by `core.exposure.State`."""

from service.core.exposure import State

STATES: dict[State, tuple[str, str]] = {
    "active": ("still calling", ""),
    "quiet": ("migrated", ""),
    "overdue": ("past its day", "still answered"),
    "broken": ("calls fail", ""),
    "redirected": ("redirected", "another model answers"),
    "waived": ("waived", ""),
}
"""A short name, and an explanation."""


def badge(state: State, *, silent: bool = False) -> tuple[str, str]:
    """`silent`: no call in a week, but within its quiet period."""
    return ("silent", "not yet taken as migrated") if silent else STATES[state]


def state(state: State, *, silent: bool = False) -> str:
    """`past its day, still answered`"""
    return ", ".join(filter(None, badge(state, silent=silent)))


def fate(state: State) -> str | None:
    """What happens to its calls. None: the requested model answers."""
    return {"broken": "calls fail", "redirected": "another model answers"}.get(state)
