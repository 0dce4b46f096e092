"""YAML read with the line of every value, so that an error can say where."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Where = tuple[str | int, ...]
"""Keys and indexes from the top of the file to a value."""


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    what: str
    remedy: str


class ConfigError(ValueError):
    """lastcall.yaml cannot be used. `problems` is not empty; the text shows all of them, a line each."""

    def __init__(self, file: Path, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{file}:{one.line}: {one.what}. {one.remedy}" for one in problems))


@dataclass(frozen=True, slots=True)
class Located:
    value: Any
    lines: dict[Where, int]

    def line(self, where: Where) -> int:
        """The line of the value at `where`, or of the nearest thing around it."""
        while where not in self.lines and where:
            where = where[:-1]
        return self.lines.get(where, 1)


def read_located(file: Path) -> Located:
    """Plain YAML, safely loaded. Raises ConfigError: not there, not readable, not YAML, or a key that stands twice."""
    try:
        text = file.read_text(encoding="utf-8")
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(file, [Problem(1, f"cannot be read: {error}", "Name a readable text file")]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(file, [Problem(line, f"no YAML: {error.problem}", "Check indentation and quotes")]) from error
    if root is None:
        return Located({}, {})
    reader = _Reader(loader)
    value = reader.read(root, ())
    if reader.problems:
        raise ConfigError(file, reader.problems)
    return Located(value, reader.lines)


@dataclass(slots=True)
class _Reader:
    loader: yaml.SafeLoader
    lines: dict[Where, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self, node: yaml.Node, where: Where) -> Any:
        self.lines[where] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*where, index)) for index, item in enumerate(node.value)]
        return self.loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.loader.flatten_mapping(node)
        for key_node, value_node in node.value:
            key = self.loader.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                shown = key if isinstance(key, Hashable) else "a list or mapping"
                self.problems.append(Problem(line, f"{shown!r} is no name of a setting", "Quote it, or remove it"))
                continue
            if key in found:
                self.problems.append(Problem(line, f"{key!r} stands twice", "Keep one of the two"))
            found[key] = self.read(value_node, (*where, key))
            self.lines[*where, key] = line
        return found
