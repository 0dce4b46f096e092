"""How a service stands to a model that is going away, by its `core.exposure.State`."""

from service.core.exposure import State

STATES: dict[State, tuple[str, str]] = {
    "active": ("still calling", ""),
    "quiet": ("migrated", ""),
    "overdue": ("past its day", "still answered"),
    "broken": ("calls fail", ""),
    "redirected": ("redirected", "another model answers"),
    "waived": ("waived", ""),
}
"""A word or two, and what more there is to say."""


def badge(state: State, *, silent: bool = False) -> tuple[str, str]:
    """`silent`: no call in a week, though that is within its habits."""
    return ("silent", "not yet taken as migrated") if silent else STATES[state]


def state(state: State, *, silent: bool = False) -> str:
    """`past its day, still answered`"""
    return ", ".join(filter(None, badge(state, silent=silent)))


def fate(state: State) -> str | None:
    """What becomes of its calls. None: they are answered by the model that is asked for."""
    return {"broken": "calls fail", "redirected": "another model answers"}.get(state)
