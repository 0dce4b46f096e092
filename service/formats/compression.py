"""gzip and zstd around a value, opened within limits of size and ratio."""

import zlib

import zstandard

from service.formats.rejecting import UnreadableError

MAX_BYTES = 8 * 1024 * 1024
"""Largest value read, compressed or not. Kafka's own default limit is 1 MiB."""
MAX_RATIO = 200
"""Repetitive JSON reaches 50 to 100."""
_SMALL = 64 * 1024
"""A small value may expand to this whatever its ratio."""
_MAX_MEMBERS = 100
"""Members of one gzip value, or frames of one zstd value."""
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW = 8 * 1024 * 1024
_ZSTD_PIECE = 256
"""Compressed bytes fed at once: one piece cannot expand to much more than the limit."""


def inflate(value: bytes, most: int = MAX_BYTES) -> bytes | None:
    """The content of a gzip or zstd value, several members or frames joined; None when it is neither.

    Raises UnreadableError: bad_compression, or too_large before more than `most` bytes and one piece are opened.
    """
    limit = min(most, MAX_BYTES, max(_SMALL, MAX_RATIO * len(value)))
    if value.startswith(GZIP):
        return _gunzip(value, limit)
    if value.startswith(ZSTD):
        return _unzstd(value, limit)
    return None


def _gunzip(value: bytes, limit: int) -> bytes:
    content = bytearray()
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(wbits=31)
        try:
            content += member.decompress(value, limit + 1 - len(content))
        except zlib.error as error:
            raise UnreadableError("bad_compression", "gzip") from error
        if len(content) > limit:
            raise UnreadableError("too_large", "gzip")
        if not member.eof:
            raise UnreadableError("bad_compression", "gzip, cut short")
        value = member.unused_data
        if not value:
            return bytes(content)
    raise UnreadableError("too_large", "gzip, too many members")


def _unzstd(value: bytes, limit: int) -> bytes:
    content = bytearray()
    for _ in range(_MAX_MEMBERS):
        frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        fed = 0
        try:
            while fed < len(value) and not frame.eof:
                content += frame.decompress(value[fed : fed + _ZSTD_PIECE])
                fed += _ZSTD_PIECE
                if len(content) > limit:
                    raise UnreadableError("too_large", "zstd")
        except zstandard.ZstdError as error:
            raise UnreadableError("bad_compression", "zstd") from error
        if not frame.eof:
            raise UnreadableError("bad_compression", "zstd, cut short")
        value = frame.unused_data + value[fed:]
        if not value:
            return bytes(content)
    raise UnreadableError("too_large", "zstd, too many frames")
