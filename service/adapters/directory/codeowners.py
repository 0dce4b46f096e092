"""The CODEOWNERS file of a checkout."""

import asyncio
from pathlib import Path

from service.core.directory.answer import Unavailable
from service.core.directory.codeowners import Parsed, parse_codeowners

MAX_BYTES = 3 * 1024 * 1024
"""GitHub's limit."""


class CodeownersFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> Parsed | Unavailable:
        return await asyncio.to_thread(self._read)

    def _read(self) -> Parsed | Unavailable:
        try:
            if self._path.stat().st_size > MAX_BYTES:
                return Unavailable("too_large", f"Shorten {self._path} to 3 MB.", is_refusal=True)
            return parse_codeowners(self._path.read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            return Unavailable(type(error).__name__, f"Make {self._path} readable.", is_refusal=True)
