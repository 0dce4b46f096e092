"""What a failed statement is to blame on: the server and the way to it, or the values that it was given."""

import asyncpg
from sqlalchemy.exc import DBAPIError

_OF_THE_VALUES = ("22", "54")
"""Classes of SQLSTATE: data exception, program limit exceeded. A violated constraint (23) is not among them: that is
what a schema says which is not this release's, and then all rows would be refused."""


def name_of(trouble: Exception) -> str:
    """The driver's own name of an error, without the statement and its values."""
    return type(_cause(trouble) or trouble).__name__


def refuses_values(trouble: Exception) -> bool:
    """The same values will never be taken. Anything else may pass: by itself, or by the operator's hand."""
    cause = _cause(trouble)
    if isinstance(cause, asyncpg.InterfaceError) and isinstance(cause, ValueError):  # could not even be encoded
        return True
    return str(getattr(cause, "sqlstate", None) or "")[:2] in _OF_THE_VALUES


def waited_in_vain(trouble: Exception) -> bool:
    """For a lock: for as long as the statement was to wait, or for one who waits for us."""
    return isinstance(_cause(trouble), asyncpg.LockNotAvailableError | asyncpg.DeadlockDetectedError)


def _cause(trouble: Exception) -> BaseException | None:
    return trouble.orig.__cause__ if isinstance(trouble, DBAPIError) and trouble.orig is not None else None
