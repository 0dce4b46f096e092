"""The only module that uses PyYAML: its C parser, with a bound on nesting.

The C parser is ten times as fast as the Python parser. It builds nested values by recursion in C, so a file of a
hundred thousand brackets would crash the process. A first pass over the events, without recursion, checks the depth.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import yaml
from yaml import MappingNode, MarkedYAMLError, Node, SafeLoader, ScalarNode, SequenceNode, YAMLError

__all__ = [
    "DEEPEST",
    "Lines",
    "Loader",
    "MappingNode",
    "MarkedYAMLError",
    "Node",
    "OutOfReachError",
    "ScalarNode",
    "SequenceNode",
    "TooDeepError",
    "YAMLError",
    "dump",
    "open_plain",
    "parse",
    "parse_all",
]

DEEPEST = 50
"""Levels of nesting, in any file."""
Loader = yaml.CSafeLoader | SafeLoader
_L = TypeVar("_L", bound=yaml.CSafeLoader)


class TooDeepError(YAMLError):
    """More than DEEPEST levels of nesting, on this line, from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"values are nested more than {DEEPEST} levels deep")
        self.line = line


class OutOfReachError(YAMLError):
    """An escape or a directive has a number that Python cannot represent, on this line, from 1."""

    def __init__(self, line: int) -> None:
        self.line = line


class _TextLoader(yaml.CSafeLoader):
    """YAML of catalog files: every plain scalar is text, except true and false. So `on` is a key, 2025-07-14 is text
    that msgspec converts into a date, and an id like 4.5 is not a number."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  PyYAML's own contract


_TextLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), ["t", "f"])


class _MergelessLoader(yaml.CSafeLoader):
    """YAML 1.2, as Backstage reads it: `<<` merges nothing. Merges of merges would multiply without bound."""

    def flatten_mapping(self, node: MappingNode) -> None:
        node.value = [(key, value) for key, value in node.value if key.tag != "tag:yaml.org,2002:merge"]


def parse(text: bytes) -> Any:
    """A file of the catalog. Raises YAMLError."""
    return _bounded(text, _TextLoader).get_single_data()


def parse_all(text: str) -> Iterator[Any]:
    """The documents of a third-party file. Raises YAMLError. For invalid tagged values, PyYAML also raises ValueError,
    LookupError (`!!int ""`) and AttributeError (`!!timestamp x`)."""
    loader = _bounded(text, _MergelessLoader)
    while loader.check_data():  # type: ignore[no-untyped-call]
        yield loader.get_data()


def open_plain(text: str) -> tuple[Loader, Node | None]:
    """The loader that constructs values, and the root of the only document. If the C parser fails, the Python parser
    parses again for a more exact error. Raises YAMLError."""
    try:
        fast = _bounded(text, yaml.CSafeLoader)
        return fast, fast.get_single_node()
    except TooDeepError:
        raise
    except (YAMLError, ValueError, OverflowError):
        exact = SafeLoader(text)
        try:
            return exact, exact.get_single_node()
        except (ValueError, OverflowError) as error:
            raise OutOfReachError(exact.line + 1) from error


def dump(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)


def _bounded(text: bytes | str, loader: type[_L]) -> _L:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise TooDeepError(event.start_mark.line + 1 if event.start_mark else 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return loader(text)


class Lines:
    """The line of each part of a YAML text."""

    def __init__(self, text: bytes) -> None:
        """Raises `YAMLError`."""
        self._root: Node | None = _bounded(text, _TextLoader).get_single_node()

    def of(self, path: tuple[str | int, ...]) -> int:
        """Line, from 1, of the part at `path`, or of the nearest existing part that contains it."""
        node, line = self._root, 1
        for step in path:
            node, line = _step(node, step, line)
            if node is None:
                break
        return line

    def repeated_keys(self) -> Iterator[tuple[int, str]]:
        """(line, key) of each key that occurs twice in a mapping: YAML would silently use the last one."""
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, SequenceNode):
                waiting.extend(node.value)
            elif isinstance(node, MappingNode):
                seen: set[str] = set()
                for key, value in node.value:
                    if key.value in seen:
                        yield key.start_mark.line + 1, key.value
                    seen.add(key.value)
                    waiting.append(value)


def _step(node: Node | None, step: str | int, line: int) -> tuple[Node | None, int]:
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item, item.start_mark.line + 1
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, key.start_mark.line + 1
    return None, line
