"""Reads YAML with the line of every value, within bounds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.config import yaml
from service.config.located import ConfigError, Located, Problem, Where, shown

MOST_VALUES = 100_000
"""Per file, including values that aliases repeat: aliases of aliases multiply."""
LONGEST_TEXT = 1_000
"""Per value or name, in characters."""
LONGEST_NUMBER = 40
"""Number of characters."""


def read_located(file: Path) -> Located:
    """Plain YAML, loaded safely; each text is one line. Raises ConfigError if the file is missing, unreadable, not YAML
    or too large."""
    text = _text(file)
    try:
        loader, root = yaml.open_plain(text)
        if root is None:
            return Located({}, {})
        reader = _Reader(loader)
        value = reader.read(root, ())
    except yaml.TooDeepError as error:
        raise ConfigError(file, [_too_deep(error.line)]) from error
    except yaml.OutOfReachError as error:
        what = "not YAML: an escape or a directive has a number out of range"
        raise ConfigError(file, [Problem(error.line, what, "Remove the number")]) from error
    except yaml.YAMLError as error:
        raise ConfigError(file, [_no_yaml(error, text)]) from error
    except _Refused as error:
        raise ConfigError(file, [error.problem]) from error
    return Located(value, reader.lines, tuple(reader.problems))


class _Refused(Exception):
    """Reading cannot continue."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def _too_deep(line: int) -> Problem:
    what = f"values are nested more than {yaml.DEEPEST} levels deep"
    return Problem(line, what, "Remove the nesting; no setting needs it")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        remedy = "Create it, or set LASTCALL_CONFIG to another file"
        raise ConfigError(file, [Problem(None, "there is no such file", remedy)]) from error
    except OSError as error:
        what = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ConfigError(file, [Problem(None, what, "Use a readable text file")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(file, [Problem(None, "is not UTF-8 text", "Save it as UTF-8")]) from error


def _no_yaml(error: yaml.YAMLError, text: str) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem(
            None, "it contains a character that YAML does not allow", "Remove characters that an editor does not show"
        )
    # An alias that cannot be scanned is marked where scanning stopped; its star is the context.
    scanning = error.context == "while scanning an alias"
    mark = (error.context_mark if scanning else None) or error.problem_mark
    if (first := text[mark.index : mark.index + 1]) and first in "*@`%":
        remedy = f'Write "{first}..." in quotes'
        return Problem(mark.line + 1, f"a value that starts with {first} needs quotes", remedy)
    return Problem(mark.line + 1, f"not YAML: {error.problem}", "Check indentation and quotes")


@dataclass(slots=True)
class _Reader:
    loader: yaml.Loader
    lines: dict[Where, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    values: int = 0
    around: list[yaml.Node] = field(default_factory=list)
    """Nodes that contain the current one, outermost first."""

    def read(self, node: yaml.Node, where: Where) -> Any:
        self.lines[where] = node.start_mark.line + 1
        self._count(node)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._enter(node)
        value = (
            self._mapping(node, where)
            if isinstance(node, yaml.MappingNode)
            else [self.read(item, (*where, index)) for index, item in enumerate(node.value)]
        )
        self.around.pop()
        return value

    def _count(self, node: yaml.Node) -> None:
        self.values += 1
        if self.values > MOST_VALUES:
            what = f"more than {MOST_VALUES:,} values, including those that aliases (*name) repeat"
            raise _Refused(Problem(node.start_mark.line + 1, what, "Write fewer, without aliases of aliases"))

    def _enter(self, node: yaml.Node) -> None:
        line = node.start_mark.line + 1
        if any(node is one for one in self.around):
            raise _Refused(Problem(line, "it contains itself", "Remove the alias (*name)"))
        if len(self.around) == yaml.DEEPEST:
            raise _Refused(_too_deep(line))
        self.around.append(node)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag == "tag:yaml.org,2002:timestamp":  # JSON has no dates: settings parse the text
            return self._text(node, str(node.value))
        try:
            value = None if _is_huge(node) else self.loader.construct_object(node)
        except (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, ValueError):
            value = None  # an unknown tag, or an invalid number, date or boolean
        if value is None and node.tag != "tag:yaml.org,2002:null":
            self._refuse(node, f"{shown(node.value)} cannot be read", "Put it in quotes")
            return _printable(str(node.value))
        return self._text(node, value) if isinstance(value, str) else value

    def _text(self, node: yaml.Node, text: str) -> str:
        if len(text) > LONGEST_TEXT:
            self._refuse(node, f"{shown(text)} is longer than {LONGEST_TEXT:,} characters", "Shorten it")
        elif not text.isprintable():
            remedy = "Write it on one line, in visible characters"
            self._refuse(node, f"{shown(text)} contains characters that cannot be shown", remedy)
        return _printable(text)

    def _refuse(self, node: yaml.Node, what: str, remedy: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, what, remedy))

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE or (key := self._key(key_node)) is None:
                continue
            if key in found:
                self._refuse(key_node, f"{key!r} occurs twice", "Keep one of the two")
            self._put(found, key, key_node, value_node, where)
        for key_node, value_node in self._merged(node):
            if (key := self._key(key_node)) is not None and key not in found:
                self._put(found, key, key_node, value_node, where)
        return found

    def _put(self, found: dict[str, Any], key: str, key_node: yaml.Node, value_node: yaml.Node, where: Where) -> None:
        found[key] = self.read(value_node, (*where, key))
        self.lines[*where, key] = key_node.start_mark.line + 1

    def _key(self, node: yaml.Node) -> str | None:
        """None, after it has recorded a problem: the key is not text."""
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
            return self._text(node, str(node.value))
        written = shown(node.value) if isinstance(node, yaml.ScalarNode) else "a list or mapping"
        self._refuse(node, f"{written} is not a name of a setting", "Quote it, or remove it")
        return None

    def _merged(self, node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """The pairs that `<<` merges, recursively. For each key the first pair counts."""
        for key_node, value_node in node.value:
            if key_node.tag != _MERGE:
                continue
            for one in value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]:
                if not isinstance(one, yaml.MappingNode):
                    self._refuse(one, "<< needs a mapping", "Use an alias (*name) of a mapping")
                    continue
                self._enter(one)
                for pair in one.value:
                    self._count(pair[0])
                    if pair[0].tag != _MERGE:
                        yield pair
                yield from self._merged(one)
                self.around.pop()


_MERGE = "tag:yaml.org,2002:merge"


def _is_huge(node: yaml.ScalarNode) -> bool:
    """Converting a number of thousands of digits is slow, and Python cannot print it."""
    return node.tag != "tag:yaml.org,2002:str" and len(node.value) > LONGEST_NUMBER


def _printable(text: str) -> str:
    """A replacement to continue with, after the problem is recorded."""
    return "".join(one if one.isprintable() else "?" for one in text[:LONGEST_TEXT])
