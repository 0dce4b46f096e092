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


def read_located(file: Path) -> Located:
    """Plain YAML, safely loaded. Raises ConfigError: not there, not readable, not YAML."""
    text = _text(file)
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return Located({}, {})
        reader = _Reader(loader)
        value = reader.read(root, ())
    except yaml.YAMLError as error:
        raise ConfigError(file, [_no_yaml(error, text)]) from error
    except RecursionError as error:
        raise ConfigError(file, [Problem(None, "it contains itself", "Remove the alias (*name)")]) from error
    return Located(value, reader.lines, tuple(reader.problems))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        remedy = "Write it, or name another with LASTCALL_CONFIG"
        raise ConfigError(file, [Problem(None, "there is no such file", remedy)]) from error
    except OSError as error:
        what = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ConfigError(file, [Problem(None, what, "Name a readable text file")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(file, [Problem(None, "is no UTF-8 text", "Save it as UTF-8")]) from error


def _no_yaml(error: yaml.YAMLError, text: str) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem(None, "it holds a character that no YAML may hold", "Remove what cannot be seen in an editor")
    # An alias that cannot be scanned is marked where scanning stopped; its star is the context.
    scanning = error.context == "while scanning an alias"
    mark = (error.context_mark if scanning else None) or error.problem_mark
    if (first := text[mark.index : mark.index + 1]) and first in "*@`%":
        remedy = f'Write "{first}..." in quotes'
        return Problem(mark.line + 1, f"a value that starts with {first} needs quotes", remedy)
    return Problem(mark.line + 1, f"no YAML: {error.problem}", "Check indentation and quotes")


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
        if node.tag == "tag:yaml.org,2002:timestamp":  # JSON has no days: a setting that takes one reads its text
            return str(node.value)
        try:
            return self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError):  # a tag of its own, or a number that is none
            self.problems.append(
                Problem(node.start_mark.line + 1, f"{node.value!r} cannot be read", "Put it in quotes")
            )
            return str(node.value)

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
