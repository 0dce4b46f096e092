"""Cache of a loaded catalog, stored like compiled modules: in `__pycache__`, if that is writable."""

import hashlib
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

T = TypeVar("T")
_CODE = Path(__file__).parents[2]


def kept(folder: Path, digest: str, read: Callable[[], T], *, name: str = "catalog") -> T:
    """The result of `read`, cached by `digest` and code: one value per `name`.

    The cache is as trusted as the modules beside it: whoever can write one can write the other.
    """
    file = Path(cache_from_source(str(folder / f"{name}.py"))).with_suffix(".pickle")
    key = f"{digest} {_code()}"
    with suppress(Exception):  # missing, truncated, or of classes that have changed
        known, value = pickle.loads(file.read_bytes())  # noqa: S301
        if known == key:
            return value  # type: ignore[no-any-return]
    value = read()
    if not sys.dont_write_bytecode:
        with suppress(OSError):  # not writable
            _write(file, pickle.dumps((key, value), pickle.HIGHEST_PROTOCOL))
    return value


def _code() -> str:
    """Changes with every module that may affect the result, by time and size, like Python's own cache."""
    rooms = (_CODE / room for room in ("core", "adapters/catalog"))
    modules = (_CODE / "config" / "yaml.py", *(path for room in rooms for path in sorted(room.rglob("*.py"))))
    stats = ((str(path.relative_to(_CODE)), one.st_mtime_ns, one.st_size) for path in modules for one in (path.stat(),))
    return hashlib.sha256(repr([*stats]).encode()).hexdigest()


def _write(file: Path, content: bytes) -> None:
    """Atomic, also with concurrent writers."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, prefix=file.stem, delete=False) as own:
        own.write(content)
    written = Path(own.name)
    written.chmod(0o644)
    written.replace(file)
