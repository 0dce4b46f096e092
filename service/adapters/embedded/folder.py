"""The data folder: its user, and the addresses of its servers."""

import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from service.adapters.embedded.process import process_name


class FolderInUse(Exception):
    """Another `lastcall up` uses the folder."""


class FolderEmpty(Exception):
    """The folder has no database."""


class FolderUnusable(Exception):
    """The folder cannot be created or written to."""


@dataclass(frozen=True, slots=True)
class ServerAddresses:
    database_url: str | None
    kafka_bootstrap_servers: str | None


def mark_of_database(data_dir: Path) -> Path:
    """This file exists once the folder's PostgreSQL has started successfully."""
    return data_dir / "postgres.made"


def default_data_dir() -> Path:
    """The user's state directory, by the XDG convention."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "lastcall"


def make_folder(data_dir: Path) -> None:
    """Raises FolderUnusable."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable(f"{data_dir} cannot be made: {error.strerror or error}") from error
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise FolderUnusable(f"{data_dir} cannot be written to")


def read_running(data_dir: Path) -> ServerAddresses | None:
    """Addresses of the `lastcall up` that uses the folder. None: none does."""
    if not is_owned(data_dir):
        return None
    try:
        noted = json.loads((data_dir / "run.json").read_text())
        return ServerAddresses(noted["database_url"], noted["kafka_bootstrap_servers"])
    except (FileNotFoundError, ValueError, KeyError):
        return None  # it is still starting


def is_owned(data_dir: Path) -> bool:
    """Whether a `lastcall up` uses the folder, even if it is still starting."""
    try:
        with owned(data_dir):
            return False
    except FolderInUse:
        return True
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def owned(data_dir: Path) -> Iterator[None]:
    with (data_dir / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(f"another lastcall uses {data_dir}: stop it, or give --data-dir another folder") from None
        yield


@contextlib.contextmanager
def announced(data_dir: Path, addresses: ServerAddresses, broker_pid: int | None) -> Iterator[None]:
    target = data_dir / "run.json"
    draft = data_dir / f".run.json.{os.getpid()}"
    draft.write_text(json.dumps({**asdict(addresses), "pid": os.getpid(), "broker_pid": broker_pid}) + "\n")
    draft.replace(target)
    try:
        yield
    finally:
        target.unlink(missing_ok=True)


def end_left_broker(data_dir: Path) -> None:
    """Ends a broker that a killed `up` left running, on systems where the kernel does not end it with its parent."""
    try:
        pid = json.loads((data_dir / "run.json").read_text())["broker_pid"]
    except (FileNotFoundError, ValueError, KeyError):
        return
    if pid is not None and process_name(pid).startswith("tansu"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
