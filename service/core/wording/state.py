"""States of a service's use of a deprecated model, in words, by `core.exposure.State`."""

from service.core.catalog.lifecycle import Standing
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


_DOUBTED = ("doubted", "reported to have ended, still answered")


def badge(state: State, standing: Standing, *, silent: bool = False) -> tuple[str, str]:
    """`silent`: no call in a week, but within its quiet period. `standing`: of the model's end."""
    if silent:
        return "silent", "not yet taken as migrated"
    return _DOUBTED if state == "overdue" and standing == "reported" else STATES[state]


def state(state: State, standing: Standing, *, silent: bool = False) -> str:
    """`past its day, still answered`"""
    return ", ".join(filter(None, badge(state, standing, silent=silent)))


def fate(state: State) -> str | None:
    """What happens to its calls. None: the requested model answers."""
    return {"broken": "calls fail", "redirected": "another model answers"}.get(state)
