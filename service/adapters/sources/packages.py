"""The ends of models in the Python packages of OpenAI and Anthropic, read from a wheel or from an installed package.

Nothing is imported. openai (as of 3.57.0) lists the days in comments below openai/types: `- "o1", "o1-2024-12-17":
Announced shutdown date: 2026-10-23.` anthropic (as of 2.14.0) has a dictionary, `DEPRECATED_MODELS`.
"""

import ast
import asyncio
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from service.adapters.sources.source import Answer, Failed, Version, answer_of, digest_of, written_day
from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Shutdown, Standing

MAX_BYTES = 32 * 1024 * 1024
"""Of all modules that are read, uncompressed."""
_LISTED = re.compile(
    r'- ((?:"[^"]+",? ?)+): '
    r"(?:Announced shutdown date: (?P<day>\d{4}-\d\d-\d\d)|This model was retired on (?P<retired>\w+ \d+, \d{4}))"
)
_UPGRADE = "Use the newest package, or report that its form has changed."


class _UnreadableError(Exception):
    """The package does not have the expected form."""


_UNREADABLE = (
    _UnreadableError,
    *(BadZipFile, zlib.error, EOFError, RuntimeError),  # RuntimeError: encrypted, or nested without end
    *(SyntaxError, ValueError, TypeError, AttributeError),  # of the table in a module
)


def _openai_days(modules: Mapping[str, str]) -> dict[str, date]:
    days: dict[str, date] = {}
    for text in modules.values():
        for found in _LISTED.finditer(re.sub(r"\s+", " ", text)):
            day = written_day(found["day"] or found["retired"])
            for model in re.findall(r'"([^"]+)"', found[1]):
                if days.setdefault(model, day) != day:
                    raise _UnreadableError(f"two days for {model}")
    return days


def _anthropic_days(modules: Mapping[str, str]) -> dict[str, date]:
    for text in modules.values():
        for node in ast.parse(text).body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                table = ast.literal_eval(node.value)
                return {str(model): written_day(day) for model, day in table.items()}
    return {}


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    platform: str
    page: str
    modules: str
    """Pattern of the paths of the modules with days."""
    days: Callable[[Mapping[str, str]], dict[str, date]]
    """Paths and texts of these modules -> the end of each model."""


OPENAI_PACKAGE = Package(
    "openai", "openai-api", "https://github.com/openai/openai-python", "openai/types/*.py", _openai_days
)
ANTHROPIC_PACKAGE = Package(
    "anthropic",
    "anthropic-api",
    "https://github.com/anthropics/anthropic-sdk-python",
    "anthropic/_data/deprecated_models.py",
    _anthropic_days,
)
PACKAGES = (OPENAI_PACKAGE, ANTHROPIC_PACKAGE)


class PackageSource:
    standing: Standing = "provider"

    def __init__(self, package: Package, wheel: Path | None = None) -> None:
        """Without a wheel: the installed package."""
        self._package, self._wheel = package, wheel
        self.name = f"{package.name}-package"

    async def read(self, known: Version | None, _now: datetime) -> Answer:
        return await asyncio.to_thread(self._read, known)

    def _read(self, known: Version | None) -> Answer:
        package = self._package
        try:
            modules = dict(_in_wheel(self._wheel, package) if self._wheel else _installed(package))
            days = package.days(modules)
        except PackageNotFoundError:
            return Failed("not_installed", f"Install the package {package.name}, or name a wheel of it.", True)
        except OSError as error:
            return Failed(type(error).__name__, "Name a wheel that lastcall can read.", is_refusal=True)
        except _UNREADABLE:
            return Failed("unreadable_package", _UPGRADE, is_refusal=True)
        if not days:
            return Failed("no_days_in_package", _UPGRADE, is_refusal=True)
        findings = tuple(
            Finding(package.platform, model, shutdown=Shutdown(day, "exact")) for model, day in sorted(days.items())
        )
        bodies = (modules[path].encode() for path in sorted(modules))
        return answer_of(Reading(self.name, "provider", package.page, findings), Version(digest_of(bodies)), known)


def _in_wheel(wheel: Path, package: Package) -> Iterator[tuple[str, str]]:
    left = MAX_BYTES
    with ZipFile(wheel) as archive:
        for member in archive.infolist():
            if fnmatch(member.filename, package.modules):
                with archive.open(member) as module:
                    text = module.read(left + 1)
                left -= len(text)
                if left < 0:
                    raise _UnreadableError("too large")
                yield member.filename, text.decode()


def _installed(package: Package) -> Iterator[tuple[str, str]]:
    for path in files(package.name) or ():
        if fnmatch(path.as_posix(), package.modules):
            yield path.as_posix(), Path(str(path.locate())).read_text(encoding="utf-8")
