"""A CODEOWNERS file -> the owner of a service, by the folder of its code. The last matching line wins.

Patterns follow GitHub: gitignore patterns without `!` and `[ ]`, where `folder/*` does not include subfolders. A line
that GitHub rejects is skipped and reported with its number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import Literal

from service.core.directory.answer import MAX_TEXT, email_in
from service.core.ownership import Owner

SERVICE = "{service}"
DEFAULT_PATHS = (f"services/{SERVICE}/",)
MAX_RULES = 20_000
MAX_QUOTED = 60
_SOME_FILE, _SOME_SERVICE = "\0", "\1"
"""Names that no literal pattern matches."""


@dataclass(frozen=True, slots=True)
class Rule:
    line: int
    pattern: str
    owners: tuple[str, ...]
    """`@org/team`, `@user`, or an e-mail address. Empty: matching files have no owner."""
    segments: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", _segments(self.pattern))

    @property
    def beginning(self) -> tuple[str, ...]:
        """The literal folders before the first wildcard."""
        return tuple(takewhile(lambda segment: not any(mark in segment for mark in "*?["), self.segments))

    def covers(self, folder: str) -> bool:
        """Whether every file directly in `folder` belongs to these owners."""
        return _reaches(self.segments, _path(folder))


LineError = Literal["trailing_backslash", "negation", "range", "not_a_path", "not_an_owner", "too_many_rules"]
_WORDS: dict[LineError, tuple[str, str]] = {
    "trailing_backslash": (
        "it ends with a backslash",
        "Remove the backslash, or add the character that it escapes.",
    ),
    "negation": ("{}: `!` is not allowed", "Add a line further down with other owners."),
    "range": ("{}: `[ ]` is not a range here", "Write `*` or `?`, or one line per name."),
    "not_a_path": (f"{{}} is not a path of up to {MAX_TEXT} printable characters", "Shorten it with `*`."),
    "not_an_owner": (
        "{} is not an owner",
        "An owner is @user, @org/team or an e-mail address; a space in a path needs a backslash.",
    ),
    "too_many_rules": (
        f"only the first {MAX_RULES:,} rules are used",
        "Combine lines with `*`, or set owners in lastcall.yaml.",
    ),
}
"""What is wrong with the quoted word, and the remedy."""


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A skipped line, which GitHub skips as well."""

    line: int
    error: LineError
    quoted: str = ""
    """From the file, printable and bounded."""

    @property
    def why(self) -> str:
        return _WORDS[self.error][0].format(self.quoted)

    @property
    def remedy(self) -> str:
        return _WORDS[self.error][1]


@dataclass(frozen=True, slots=True)
class Parsed:
    rules: list[Rule]
    unread: list[UnreadLine]


def parse_codeowners(text: str) -> Parsed:
    """Total. The owners of a GitLab section apply to its lines without owners."""
    rules: list[Rule] = []
    unread: list[UnreadLine] = []
    of_section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        try:
            heading = _SECTION.fullmatch(line.strip())
            pattern, *owners = ["", *_words(heading["owners"])] if heading else _words(line) or [""]
            said = tuple(map(_owner, owners))
            if heading:
                of_section = said
            elif pattern:
                rules.append(Rule(number, _pattern(pattern), said or of_section))
        except _UnreadError as error:
            unread.append(UnreadLine(number, error.error, error.quoted))
    if len(rules) > MAX_RULES:
        unread.append(UnreadLine(rules[MAX_RULES].line, "too_many_rules"))
    return Parsed(rules[:MAX_RULES], unread)


_SECTION = re.compile(r"\^?\[[^\[\]]+\](?:\[\d+\])?(?P<owners>(?:\s.*)?)")
_WORD = re.compile(r"(?:\\.|[^\s#\\])+")
_PLAIN_ESCAPE = re.compile(r"\\([\s#])")
"""Escaped white space or `#`. An escaped `*` or `?` stays escaped and is literal."""


class _UnreadError(ValueError):
    def __init__(self, error: LineError, word: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.quoted = _quoted(word)


def _words(line: str) -> list[str]:
    """Splits at white space, up to a comment. A backslash escapes white space and `#`."""
    words, at = [], 0
    while at < len(line):
        if line[at].isspace():
            at += 1
        elif line[at] == "#":
            break
        elif word := _WORD.match(line, at):
            words.append(_PLAIN_ESCAPE.sub(r"\1", word[0]))
            at = word.end()
        else:
            raise _UnreadError("trailing_backslash")
    return words


def _pattern(text: str) -> str:
    if text.startswith("!"):
        raise _UnreadError("negation", text)
    if _BRACKET.search(text):
        raise _UnreadError("range", text)
    if len(text) > MAX_TEXT or not text.isprintable():
        raise _UnreadError("not_a_path", text)
    return text


_BRACKET = re.compile(r"(?<!\\)[\[\]]")


def _owner(text: str) -> str:
    if len(text) <= MAX_TEXT and text.isprintable() and (_HANDLE.fullmatch(text) or email_in(text) is not None):
        return text
    raise _UnreadError("not_an_owner", text)


_HANDLE = re.compile(r"@@?[^\s@,;]+")
"""`@@maintainer` is a role of GitLab."""


def _quoted(text: str) -> str:
    shown = "".join(one if one.isprintable() else "?" for one in text[:MAX_QUOTED])
    return f"{shown}..." if len(text) > MAX_QUOTED else shown


@dataclass(frozen=True, slots=True)
class CodeOwners:
    rules: Sequence[Rule] = ()
    paths: tuple[str, ...] = DEFAULT_PATHS
    """Folders of a service's code: templates such as `services/{service}/`."""
    _by_beginning: dict[tuple[str, ...], list[Rule]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for rule in self.rules:
            self._by_beginning.setdefault(rule.beginning, []).append(rule)

    def owner_of(self, service: str) -> Owner | None:
        """Ignores a rule that covers the folder of every service, such as `*`: it names the maintainers of the
        repository."""
        folders = [(path, path.replace(SERVICE, service)) for path in self.paths]
        winners = [(rule, path) for path, folder in folders if (rule := self._winner(folder))]
        if not winners:
            return None
        rule, path = max(winners, key=lambda one: one[0].line)
        if rule.covers(path.replace(SERVICE, _SOME_SERVICE)) or not rule.owners:
            return None
        owners = [owner for owner in rule.owners if not owner.startswith("@@")]
        if not owners:
            return None
        teams = [owner.rpartition("/")[2] for owner in owners if owner.startswith("@") and "/" in owner]
        people = tuple(owner for owner in owners if email_in(owner))
        team = teams[0] if teams else owners[0].lstrip("@")
        return Owner(team, people, rule=f"line {rule.line} of CODEOWNERS, {rule.pattern}")

    def _winner(self, folder: str) -> Rule | None:
        path = _path(folder)
        near = (rule for length in range(len(path) + 1) for rule in self._by_beginning.get(path[:length], ()))
        return max((rule for rule in near if _reaches(rule.segments, path)), key=lambda rule: rule.line, default=None)


def _path(folder: str) -> tuple[str, ...]:
    """Path of a file directly in the folder."""
    return (*folder.strip("/").split("/"), _SOME_FILE)


def _segments(pattern: str) -> tuple[str, ...]:
    """`**` matches any number of folders. A pattern without a slash, except at its end, matches at any depth."""
    body = pattern.strip("/")
    depth = [] if "/" in pattern.rstrip("/") else ["**"]
    return (*depth, *map(_matchable, body.split("/")))


def _matchable(segment: str) -> str:
    """Translates escapes for `fnmatch`, which supports brackets but no backslash."""
    return _LITERAL.sub(lambda found: f"[{letter}]" if (letter := found[0][-1]) in "*?[" else letter, segment)


_LITERAL = re.compile(r"\\.|\[")


def _reaches(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Whether the pattern matches the path or a folder above it. It tracks all positions in the pattern at once, so the
    time is linear in its length."""
    below = pattern[-1] != "*"
    at = _past_stars(pattern, {0})
    for number, segment in enumerate(path, 1):
        on = {place for place in at if place < len(pattern)}
        stay = {place for place in on if pattern[place] == "**"}
        go = {place + 1 for place in on - stay if fnmatchcase(segment, pattern[place])}
        at = _past_stars(pattern, stay | go)
        if len(pattern) in at and (below or number == len(path)):
            return True
    return False


def _past_stars(pattern: Sequence[str], at: set[int]) -> set[int]:
    """Adds positions after `**`, which may match no folder."""
    reached = set(at)
    for place in range(len(pattern)):
        if place in reached and pattern[place] == "**":
            reached.add(place + 1)
    return reached
