"""What formats read out of an error: see `core.error_text` and `core.end_of_life`."""

from service.core.end_of_life import says_end_of_life
from service.core.error_text import UNNAMED, code_in, status_in

__all__ = ["UNNAMED", "code_in", "says_end_of_life", "status_in"]
