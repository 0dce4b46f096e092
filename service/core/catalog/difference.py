"""How the catalog in force differs from the shipped files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.core.catalog.file import Entry, PlatformFile


@dataclass(frozen=True, slots=True)
class Difference:
    platform: str
    id: str
    shipped: Entry | None
    """None: the release has no record of it."""
    in_force: Entry | None
    """None: it is now an alias of another record."""


def differences(shipped: Sequence[PlatformFile], in_force: Sequence[PlatformFile]) -> Iterator[Difference]:
    """By platform and id. Sources and days of verification alone are no difference."""
    for before, after in zip(shipped, in_force, strict=True):
        if before is after:
            continue
        old, new = ({entry.id: entry for entry in file.models} for file in (before, after))
        for name in sorted(old.keys() | new.keys()):
            one, other = old.get(name), new.get(name)
            if one is None or other is None or _facts(one) != _facts(other):
                yield Difference(before.platform, name, one, other)


def _facts(entry: Entry) -> tuple[object, ...]:
    return (
        entry.aliases,
        entry.announced,
        entry.shutdown.day,
        entry.shutdown.precision,
        entry.standing,
        tuple(one.id for one in entry.replacements),
        any(one.kind == "operator" for one in entry.sources),
    )
