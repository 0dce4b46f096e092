"""gzip and zstd compression, with limits on size and ratio."""

import zlib

import zstandard

from service.formats.contract import Context, Envelope, Inner
from service.formats.rejecting import UnreadableError

MAX_BYTES = 8 * 1024 * 1024
"""Largest value read, compressed or not. Kafka's own default limit is 1 MiB."""
MAX_RATIO = 200
"""Maximum ratio; repetitive JSON reaches 50 to 100."""
_SMALL = 64 * 1024
"""A small value may expand to this size at any ratio."""
_MAX_MEMBERS = 100
"""Maximum number of members of a gzip value, or frames of a zstd value."""
GZIP_START = b"\x1f\x8b"
ZSTD_START = b"\x28\xb5\x2f\xfd"
_ZSTD = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024)
"""Shared: creating one takes longer than opening a record. Frames are opened one after the other."""
_ZSTD_PIECE = 256
"""Compressed bytes per step: one step cannot expand far beyond the limit."""


def _limit(value: bytes) -> int:
    most = MAX_RATIO * len(value)
    return _SMALL if most < _SMALL else min(most, MAX_BYTES)


def _gunzip(value: bytes) -> bytes:
    """Joins all members. Raises UnreadableError: bad_compression, or too_large before much more is decompressed."""
    parts, left = [], _limit(value)
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(value, left + 1)
        except zlib.error as error:
            raise UnreadableError("bad_compression", "gzip") from error
        left -= len(part)
        if left < 0:
            raise UnreadableError("too_large", "gzip")
        if not member.eof:
            raise UnreadableError("bad_compression", "gzip, cut short")
        parts.append(part)
        value = member.unused_data
        if not value:
            return b"".join(parts)  # one part is not copied
    raise UnreadableError("too_large", "gzip, too many members")


def _unzstd(value: bytes) -> bytes:
    """Raises as `_gunzip`. Usually one frame that states its size."""
    try:
        if 0 <= zstandard.frame_content_size(value) <= _limit(value):
            return _ZSTD.decompress(value, 0, False, False)  # no extra data; positional: a tenth faster
    except zstandard.ZstdError:
        pass  # several frames, or a broken one
    return _joined_frames(value)


def _joined_frames(value: bytes) -> bytes:
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


GZIP = Envelope("gzip", "a gzip-compressed value", lambda body: body.startswith(GZIP_START), _open_gzip)
ZSTD = Envelope("zstd", "a zstd-compressed value", lambda body: body.startswith(ZSTD_START), _open_zstd)
