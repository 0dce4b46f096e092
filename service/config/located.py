"""The values of a file with their lines, for error messages."""

import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Where = tuple[str | int, ...]
"""Keys and indexes from the top of the file to a value."""


@dataclass(frozen=True, slots=True)
class Problem:
    line: int | None
    """None: the problem concerns the whole file."""
    what: str
    remedy: str


class ConfigError(ValueError):
    """The file is invalid. `problems` is not empty; the text has one line per problem."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(_in_words(file, one) for one in problems))


def _in_words(file: Path, problem: Problem) -> str:
    place = file if problem.line is None else f"{file}:{problem.line}"
    return f"{place}: {problem.what}. {problem.remedy}"


@dataclass(frozen=True, slots=True)
class Located:
    value: Any
    lines: dict[Where, int]
    problems: tuple[Problem, ...] = ()
    """Problems of syntax; `value` is complete nevertheless."""

    def line(self, where: Where) -> int:
        """The line of the value at `where`, or of the nearest value that contains it."""
        while where not in self.lines and where:
            where = where[:-1]
        return self.lines.get(where, 1)


def shown(value: object) -> str:
    """Short enough for one line, however long or deep `value` is."""
    return _SHORT.repr(value)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
