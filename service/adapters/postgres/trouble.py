"""Classifies errors of statements: caused by the server or the connection, or by the values."""

import asyncpg
from sqlalchemy.exc import DBAPIError

_OF_THE_VALUES = ("22", "54")
"""Classes of SQLSTATE: data exception, program limit exceeded. A violated constraint (23) is not included: it means
that the schema belongs to another release, and all rows would be rejected."""


def name_of(trouble: Exception) -> str:
    """The driver's name of the error, without the statement and its values."""
    return type(_cause(trouble) or trouble).__name__


def refuses_values(trouble: Exception) -> bool:
    """Whether the database will never accept these values. Any other error may disappear, by itself or after a fix."""
    cause = _cause(trouble)
    if isinstance(cause, asyncpg.InterfaceError) and isinstance(cause, ValueError):  # the value cannot be encoded
        return True
    return str(getattr(cause, "sqlstate", None) or "")[:2] in _OF_THE_VALUES


def waited_in_vain(trouble: Exception) -> bool:
    """Whether the statement timed out waiting for a lock, or ended in a deadlock."""
    return isinstance(_cause(trouble), asyncpg.LockNotAvailableError | asyncpg.DeadlockDetectedError)


def _cause(trouble: Exception) -> BaseException | None:
    return trouble.orig.__cause__ if isinstance(trouble, DBAPIError) and trouble.orig is not None else None
