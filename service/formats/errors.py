"""What formats read out of an error: see `core.error_text` and `core.end_of_life`."""

from service.core import end_of_life
from service.core.error_text import UNNAMED, code_in, status_in

__all__ = ["UNNAMED", "code_in", "says_end_of_life", "status_in"]


def says_end_of_life(code: str | None, message: str | None, status: int | None = None) -> bool:
    return end_of_life.says_end_of_life(None, code, message, status)
