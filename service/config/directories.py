"""The `directories:` of lastcall.yaml: other sources of owners."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.config.located import Located, Problem, Where
from service.core.directory.codeowners import DEFAULT_PATHS, SERVICE

PAGERDUTY_URL = "https://api.pagerduty.com"


@dataclass(frozen=True, slots=True)
class Backstage:
    """Exactly one of the two is set."""

    url: str | None = None
    path: Path | None = None
    """A file of descriptors, or a folder of them."""


@dataclass(frozen=True, slots=True)
class Codeowners:
    file: Path
    paths: tuple[str, ...] = DEFAULT_PATHS
    """Folders of a service's code, with `{service}` for its name."""


@dataclass(frozen=True, slots=True)
class Directories:
    backstage: Backstage | None = None
    codeowners: Codeowners | None = None
    pagerduty_url: str = PAGERDUTY_URL

    @property
    def of_owners(self) -> tuple[str, ...]:
        """Names of the configured directories that name owners."""
        configured = {"backstage": self.backstage, "codeowners": self.codeowners}
        return tuple(name for name, directory in configured.items() if directory)


NO_DIRECTORIES = Directories()


def read_directories(raw: Mapping[str, Any], folder: Path) -> Directories:
    """`raw` is valid. Paths are relative to the folder of lastcall.yaml."""
    backstage, codeowners = raw.get("backstage"), raw.get("codeowners")
    return Directories(
        Backstage(backstage.get("url"), folder / backstage["path"] if "path" in backstage else None)
        if backstage
        else None,
        Codeowners(folder / codeowners["file"], tuple(codeowners.get("paths", DEFAULT_PATHS))) if codeowners else None,
        raw.get("pagerduty", {}).get("url", PAGERDUTY_URL),
    )


def problems_of_directories(located: Located) -> Iterator[Problem]:
    """Checks that the schema cannot express. Ignores values of the wrong type: the schema reports them."""
    raw = located.value.get("directories") if isinstance(located.value, dict) else None
    directories = raw if isinstance(raw, dict) else {}
    backstage, codeowners = directories.get("backstage"), directories.get("codeowners")
    if isinstance(backstage, dict) and len(backstage.keys() & {"url", "path"}) != 1:
        where: Where = ("directories", "backstage")
        what = "directories.backstage: it needs either `url` or `path`"
        yield Problem(located.line(where), what, "Write the address of Backstage, or the path of its catalog files")
    for where, url in _urls(directories):
        if not url.startswith(("https://", "http://")) or "@" in url:
            what = f"{'.'.join(where)}: {url!r} is not a valid address"
            yield Problem(located.line(where), what, "Write https://host, without a user or password")
    paths = codeowners.get("paths") if isinstance(codeowners, dict) else None
    for index, path in enumerate(paths if isinstance(paths, list) else []):
        if isinstance(path, str) and SERVICE not in path:
            at: Where = ("directories", "codeowners", "paths", index)
            what = f"directories.codeowners.paths[{index}]: {path!r} does not contain {SERVICE}"
            yield Problem(
                located.line(at), what, f"Write {SERVICE} in place of the service's name: services/{SERVICE}/"
            )


def _urls(directories: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name in ("backstage", "pagerduty"):
        directory = directories.get(name)
        url = directory.get("url") if isinstance(directory, dict) else None
        if isinstance(url, str):
            yield ("directories", name, "url"), url
