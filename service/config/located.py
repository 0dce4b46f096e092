"""What a file says, with the line of every value, so that an error can say where."""

import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Where = tuple[str | int, ...]
"""Keys and indexes from the top of the file to a value."""


@dataclass(frozen=True, slots=True)
class Problem:
    line: int | None
    """None: of the file as a whole."""
    what: str
    remedy: str


class ConfigError(ValueError):
    """lastcall.yaml cannot be used. `problems` is not empty; the text shows all of them, a line each."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(_told(file, one) for one in problems))


def _told(file: Path, problem: Problem) -> str:
    place = file if problem.line is None else f"{file}:{problem.line}"
    return f"{place}: {problem.what}. {problem.remedy}"


@dataclass(frozen=True, slots=True)
class Located:
    value: Any
    lines: dict[Where, int]
    problems: tuple[Problem, ...] = ()
    """What can be told before its meaning is looked at; `value` is whole all the same."""

    def line(self, where: Where) -> int:
        """The line of the value at `where`, or of the nearest thing around it."""
        while where not in self.lines and where:
            where = where[:-1]
        return self.lines.get(where, 1)


def shown(value: object) -> str:
    """Within a line, however long or deep it is."""
    return _SHORT.repr(value)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
