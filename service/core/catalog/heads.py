"""Rules for the heads of catalog files beyond the schema: patterns compile, and words belong to one platform."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from service.core.catalog.file import PlatformFile
from service.core.catalog.rules import Breach
from service.core.identity.platforms import words_of

_ESCAPES = re.compile(r"\\.|\(\?P")
_CAPITAL = re.compile("[A-Z]")
_PATTERNS = ("word_patterns", "host_patterns", "id_patterns", "weak_id_patterns", "routes")


def broken_heads(files: Sequence[PlatformFile]) -> Iterator[tuple[str, Breach]]:
    """All problems of valid heads, with their platform: in one head, and conflicts of two."""
    known = {file.platform for file in files}
    for file in files:
        for problem in (*_patterns(file), *_paths(file), *_gone(file)):
            yield file.platform, problem
        if file.models and file.source is None:
            what = "models without a `source`"
            yield file.platform, Breach(("models",), what, "name the provider's page of deprecations")
        if file.neighbour is not None and file.neighbour not in known:
            what = f"no platform is called {file.neighbour}"
            yield file.platform, Breach(("neighbour",), what, "name the platform of another file", "warning")
    yield from _claimed_twice(files)


def _claimed_twice(files: Sequence[PlatformFile]) -> Iterator[tuple[str, Breach]]:
    """In each file that claims the word: which one is right, only its author knows."""
    owners: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for file in files:
        for kind, key, claimed in _claims(file):
            owners[kind, claimed].setdefault(file.platform, key)
    for (kind, claimed), keys in owners.items():
        for platform, key in keys.items():
            if others := ", ".join(other for other in keys if other != platform):
                what = f"{claimed} is a {kind} of {others} too"
                yield platform, Breach((key,), what, "leave it to one platform")


def _claims(file: PlatformFile) -> Iterator[tuple[str, str, str]]:
    yield from (("word", "words", word) for word in words_of(file))
    yield from (("word", "field_words", word) for word in file.field_words)
    yield from (("host", "hosts", host) for host in file.hosts)


def _patterns(file: PlatformFile) -> Iterator[Breach]:
    for key in _PATTERNS:
        for number, pattern in enumerate(getattr(file, key)):
            yield from _compiled(pattern, (key, number))


def _paths(file: PlatformFile) -> Iterator[Breach]:
    for number, path in enumerate(file.paths):
        where = ("paths", number, "pattern")
        broken = list(_compiled(path.pattern, where))
        yield from broken
        if not broken and path.no_model is None and re.compile(path.pattern).groups == 0:
            yield Breach(where, "no group holds the model's id", "put the id in parentheses, or add `no_model`")


def _gone(file: PlatformFile) -> Iterator[Breach]:
    for number, way in enumerate(file.gone):
        if way.words is not None:
            yield from _compiled(way.words, ("gone", number, "words"))
        elif way.code is None:
            yield Breach(("gone", number), "neither `code` nor `words`", "say what the error holds")


def _compiled(pattern: str, where: tuple[str | int, ...]) -> Iterator[Breach]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield Breach(where, f"{pattern!r} is no regular expression: {error}", "mend it")
    if _CAPITAL.search(_ESCAPES.sub("", pattern)):
        yield Breach(where, f"{pattern!r} has a capital letter", "write it in lower case, as what is read is")
