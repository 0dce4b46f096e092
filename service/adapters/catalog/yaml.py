"""YAML as catalog files use it: every plain scalar is text, except true and false.

So `on` stays a key, 2025-07-14 a text that the shape turns into a date, and an id like 4.5 no number.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012  PyYAML's own contract


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), ["t", "f"])


def parse(text: bytes) -> Any:
    """Raises `yaml.YAMLError`."""
    return yaml.load(text, _Loader)  # noqa: S506  a safe loader with fewer types


class Lines:
    """Which line each part of a YAML text stands on."""

    def __init__(self, text: bytes) -> None:
        """Raises `yaml.YAMLError`."""
        self._root: yaml.Node | None = yaml.compose(text, _Loader)

    def of(self, path: tuple[str | int, ...]) -> int:
        """Line, from 1, of the part at `path`, or of the nearest part around it that is there."""
        node, line = self._root, 1
        for step in path:
            node, line = _step(node, step, line)
            if node is None:
                break
        return line

    def repeated_keys(self) -> Iterator[tuple[int, str]]:
        """(line, key) of each key that its mapping has had before: YAML would take the last one in silence."""
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, yaml.SequenceNode):
                waiting.extend(node.value)
            elif isinstance(node, yaml.MappingNode):
                seen: set[str] = set()
                for key, value in node.value:
                    if key.value in seen:
                        yield key.start_mark.line + 1, key.value
                    seen.add(key.value)
                    waiting.append(value)


def _step(node: yaml.Node | None, step: str | int, line: int) -> tuple[yaml.Node | None, int]:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, key.start_mark.line + 1
    return None, line
