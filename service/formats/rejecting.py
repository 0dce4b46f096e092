"""The errors of readers, and the rejections that they become."""

import msgspec

from service.core.usage import Format, Reason, Rejection


class UnreadableError(Exception):
    """Inside `formats` only: becomes a Rejection. `detail` quotes nothing from the record."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


MSGSPEC_ERRORS = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What msgspec raises for a text."""
READ_ERRORS = (UnreadableError, *MSGSPEC_ERRORS)
"""What a reader raises."""


def is_json(text: bytes) -> bool:
    """Whether it is one JSON text."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except MSGSPEC_ERRORS:
        return False
    return True


def rejection(error: BaseException, format_: Format | None = None) -> Rejection:
    """For one of `READ_ERRORS`. msgspec's texts contain places and types, never values."""
    match error:
        case UnreadableError():
            return Rejection(error.reason, error.detail, format_)
        case msgspec.ValidationError():
            return Rejection("bad_field", str(error), format_)
        case UnicodeError():
            return Rejection("bad_encoding", "not UTF-8", format_)
        case RecursionError():
            return Rejection("too_deep", "", format_)
        case _:
            return Rejection("bad_json", str(error), format_)
