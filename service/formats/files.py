"""Records from files: JSON lines, one JSON text, gzip or zstd around either, and whole Kafka records written as a line.

A line `{"topic", "headers", "key", "value_base64"}` is a Kafka record, for values and headers that are not text.
"""

import gzip
import hashlib
import io
import sys
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import zstandard

from service.formats.envelopes.compression import GZIP_START, MAX_BYTES, ZSTD_START
from service.formats.rejecting import is_json

STDIN = Path("-")
_SOME = 1024 * 1024
_ZSTD_WINDOW = 2**27
_ZSTD_PIECE = 1024
"""Compressed bytes fed at once: one piece can expand some 30,000 times."""
_BROKEN = (gzip.BadGzipFile, EOFError, zlib.error, zstandard.ZstdError)


class UnreadableFileError(Exception):
    """The file, or the rest of it, cannot be read. The text says why; records before that were good."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A `Record`. Where the file does not say, the topic is the file's name and the offset counts its records."""

    topic: str
    offset: int
    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = 0
    timestamp: int = -1


class _Whole(msgspec.Struct, gc=False):
    """A Kafka record as a line."""

    value_base64: str | None
    topic: str | None = None
    headers: list[Any] | dict[str, str] | None = None
    key: str | None = None
    partition: int = 0
    offset: int | None = None
    timestamp: int = -1


class _Header(msgspec.Struct, gc=False):
    """A header as an object; the usual form is `[name, value]`."""

    key: str
    value: str | None = None
    value_base64: str | None = None


_WHOLE = msgspec.json.Decoder(_Whole)


def read_records(path: Path, progress: Callable[[int], object] = lambda _: None) -> Iterator[FileRecord]:
    """Each line, or the whole of a `.json` file that is one JSON text. `-` is standard input.

    `progress` gets the bytes of the file, as on disk, that were read since its last call.
    Raises UnreadableFileError.
    """
    with _content(path, progress) as content:
        one_text = ".json" in path.suffixes and path != STDIN
        for offset, value in enumerate(_values(content, one_text=one_text)):
            yield _record(value, path.name, offset)


def digest(path: Path) -> str:
    """Digest of the whole content, decompressed. Raises UnreadableFileError, so a file with a digest is readable."""
    found = hashlib.sha256()
    with _content(path, lambda _: None) as content:
        while some := content.read(_SOME):
            found.update(some)
    return found.hexdigest()[:16]


@contextmanager
def _content(path: Path, progress: Callable[[int], object]) -> Iterator[io.BufferedReader]:
    try:
        raw: BinaryIO = sys.stdin.buffer if path == STDIN else path.open("rb")
        with raw:
            yield _opened(io.BufferedReader(_Counted(raw, progress), _SOME))
    except _BROKEN as error:  # first: gzip's own error is an OSError
        raise UnreadableFileError("broken or cut short compression") from error
    except OSError as error:
        raise UnreadableFileError(error.strerror or str(error)) from error


class _Counted(io.RawIOBase):
    """A file that reports how many bytes were read from it."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], object]) -> None:
        self._file = file
        self._progress = progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        self._progress(len(piece))
        return len(piece)


def _opened(file: io.BufferedReader) -> io.BufferedReader:
    """Decompresses if the first bytes say so; the name does not count."""
    start = file.peek(4)
    if start.startswith(GZIP_START):
        return io.BufferedReader(gzip.GzipFile(fileobj=file), _SOME)
    if start.startswith(ZSTD_START):
        return io.BufferedReader(_Zstd(file), _SOME)
    return file


class _Zstd(io.RawIOBase):
    """Content of consecutive zstd frames. Unlike zstandard's own reader it raises an error if the last is cut short."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._frame = self._next_frame()
        self._begun = False
        self._given = b""
        """Compressed bytes beyond the frame that has ended."""
        self._content = memoryview(b"")

    @staticmethod
    def _next_frame() -> "zstandard.ZstdDecompressionObj":
        return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._content:
            piece = self._given or self._file.read(_ZSTD_PIECE)
            if not piece:
                if self._begun:
                    raise EOFError("zstd, cut short")
                return 0
            self._feed(piece)
        size = min(len(buffer), len(self._content))
        buffer[:size] = self._content[:size]
        self._content = self._content[size:]
        return size

    def _feed(self, piece: bytes) -> None:
        self._content = memoryview(self._frame.decompress(piece))
        self._begun, self._given = True, b""
        if self._frame.eof:
            self._begun, self._given = False, self._frame.unused_data
            self._frame = self._next_frame()


def _values(content: io.BufferedReader, *, one_text: bool) -> Iterator[bytes]:
    if one_text:
        start = content.read(MAX_BYTES + 1)
        if len(start) > MAX_BYTES or not is_json(start):
            yield from _lines(content, start)
        elif start.strip():
            yield start
    else:
        yield from _lines(content, b"")


def _lines(content: io.BufferedReader, start: bytes) -> Iterator[bytes]:
    """Lines that are not blank. One beyond the limit is cut to just above it, so that it is rejected for its size."""
    lines = start.splitlines(keepends=True)
    rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
    yield from (line for line in lines if line.strip())
    while line := rest + content.readline(MAX_BYTES + 1):
        rest = b""
        if len(line) > MAX_BYTES:
            line = line[: MAX_BYTES + 1]
            while (more := content.readline(_SOME)) and not more.endswith(b"\n"):
                pass
        if line.strip():
            yield line


def _record(line: bytes, name: str, offset: int) -> FileRecord:
    if b'"value_base64"' in line:
        try:
            return _whole(_WHOLE.decode(line), name, offset)
        except (ValueError, RecursionError):
            pass  # not that shape after all: the decoder says what it is
    return FileRecord(name, offset, line)


def _whole(line: _Whole, name: str, offset: int) -> FileRecord:
    headers = line.headers.items() if isinstance(line.headers, dict) else line.headers or ()
    return FileRecord(
        topic=line.topic or name,
        offset=offset if line.offset is None else line.offset,
        value=b64decode(line.value_base64, validate=True) if line.value_base64 is not None else None,
        key=line.key.encode() if line.key is not None else None,
        headers=tuple([_header(header) for header in headers]),
        partition=line.partition,
        timestamp=line.timestamp,
    )


def _header(header: Any) -> tuple[str, bytes]:
    if isinstance(header, list | tuple):
        name, value = msgspec.convert(header, tuple[str, str | None])
        return name, (value or "").encode()
    found = msgspec.convert(header, _Header)
    content = b64decode(found.value_base64) if found.value_base64 is not None else (found.value or "").encode()
    return found.key, content
