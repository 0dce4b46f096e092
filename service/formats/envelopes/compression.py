"""gzip and zstd around a value, opened within limits of size and ratio."""

import zlib

import zstandard

from service.formats.contract import Context, Envelope, Inner
from service.formats.rejecting import UnreadableError

MAX_BYTES = 8 * 1024 * 1024
"""Largest value read, compressed or not. Kafka's own default limit is 1 MiB."""
MAX_RATIO = 200
"""Repetitive JSON reaches 50 to 100."""
_SMALL = 64 * 1024
"""A small value may expand to this whatever its ratio."""
_MAX_MEMBERS = 100
"""Members of one gzip value, or frames of one zstd value."""
GZIP_START = b"\x1f\x8b"
ZSTD_START = b"\x28\xb5\x2f\xfd"
_ZSTD = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024)
"""One for all: making one costs more than opening a record. Frames are opened one after the other."""
_ZSTD_PIECE = 256
"""Compressed bytes fed at once: one piece cannot expand to much more than the limit."""


def _limit(value: bytes) -> int:
    return min(MAX_BYTES, max(_SMALL, MAX_RATIO * len(value)))


def _gunzip(value: bytes) -> bytes:
    """All members joined. Raises UnreadableError: bad_compression, or too_large before much more is opened."""
    content, limit = bytearray(), _limit(value)
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


def _unzstd(value: bytes) -> bytes:
    """All frames joined. Raises as `_gunzip`."""
    content, limit = bytearray(), _limit(value)
    for _ in range(_MAX_MEMBERS):
        frame = _ZSTD.decompressobj()
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


def _open_gzip(value: bytes, context: Context) -> Inner:
    return Inner(_gunzip(value), context)


def _open_zstd(value: bytes, context: Context) -> Inner:
    return Inner(_unzstd(value), context)


GZIP = Envelope("gzip", "gzip around a value", lambda body: body.startswith(GZIP_START), _open_gzip)
ZSTD = Envelope("zstd", "zstd around a value", lambda body: body.startswith(ZSTD_START), _open_zstd)
