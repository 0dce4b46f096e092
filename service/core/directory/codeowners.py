"""A CODEOWNERS file -> who owns a service, by the folder of its code. The last line that matches wins.

Patterns are GitHub's: those of gitignore without `!` and `[ ]`, where `folder/*` does not reach below that folder. A
line that GitHub would refuse is passed over, and told of with its number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import takewhile

from service.core.directory.answer import MAX_TEXT, email_in
from service.core.ownership import Owner

SERVICE = "{service}"
DEFAULT_PATHS = (f"services/{SERVICE}/",)
MAX_RULES = 20_000
MAX_QUOTED = 60
_SOME_FILE, _SOME_SERVICE = "\0", "\1"
"""Names that no pattern spells out."""


@dataclass(frozen=True, slots=True)
class Rule:
    line: int
    pattern: str
    owners: tuple[str, ...]
    """`@org/team`, `@user`, or an e-mail address. Empty: what matches belongs to nobody."""
    segments: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", _segments(self.pattern))

    @property
    def beginning(self) -> tuple[str, ...]:
        """The folders that it spells out, before the first that is a pattern."""
        return tuple(takewhile(lambda segment: not any(mark in segment for mark in "*?["), self.segments))

    def covers(self, folder: str) -> bool:
        """Whether a file right in `folder` belongs to these owners, whatever its name is."""
        return _reaches(self.segments, _path(folder))


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A line that is passed over, as GitHub passes it over."""

    line: int
    why: str
    """Quotes the file: printable, bounded."""
    remedy: str


@dataclass(frozen=True, slots=True)
class Parsed:
    rules: list[Rule]
    unread: list[UnreadLine]


def parse_codeowners(text: str) -> Parsed:
    """Total. Comments end at the line's; a section of GitLab gives its owners to the lines that name none."""
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
            unread.append(UnreadLine(number, *error.args))
    if len(rules) > MAX_RULES:
        why = f"only the first {MAX_RULES:,} rules are read"
        unread.append(UnreadLine(rules[MAX_RULES].line, why, "Join lines with `*`, or name owners in lastcall.yaml."))
    return Parsed(rules[:MAX_RULES], unread)


_SECTION = re.compile(r"\^?\[[^\[\]]+\](?:\[\d+\])?(?P<owners>(?:\s.*)?)")
_WORD = re.compile(r"(?:\\.|[^\s#\\])+")
_PLAIN_ESCAPE = re.compile(r"\\([\s#])")
"""Of what would end the pattern. An escaped `*` or `?` stays escaped, and is that letter alone."""


class _UnreadError(ValueError):
    """Why, and what to do."""


def _words(line: str) -> list[str]:
    """Apart by white space, up to a comment; a backslash makes a letter of white space and of `#`."""
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
            raise _UnreadError("it ends in a backslash", "A backslash makes a letter of what follows: take it away.")
    return words


def _pattern(text: str) -> str:
    if text.startswith("!"):
        raise _UnreadError(f"{_quoted(text)}: `!` takes nothing away", "Let a line further down name other owners.")
    if _BRACKET.search(text):
        raise _UnreadError(f"{_quoted(text)}: `[ ]` is no range here", "Write `*` or `?`, or a line for each name.")
    if len(text) > MAX_TEXT or not text.isprintable():
        raise _UnreadError(
            f"{_quoted(text)} is no path of up to {MAX_TEXT} printable characters", "Shorten it with `*`."
        )
    return text


_BRACKET = re.compile(r"(?<!\\)[\[\]]")


def _owner(text: str) -> str:
    if len(text) <= MAX_TEXT and text.isprintable() and (_HANDLE.fullmatch(text) or email_in(text) is not None):
        return text
    remedy = "An owner is @user, @org/team or an e-mail address; a space within a path is written with a backslash."
    raise _UnreadError(f"{_quoted(text)} is no owner", remedy)


_HANDLE = re.compile(r"@@?[^\s@,;]+")
"""`@@maintainer` is a role of GitLab: whoever has it."""


def _quoted(text: str) -> str:
    shown = "".join(one if one.isprintable() else "?" for one in text[:MAX_QUOTED])
    return f"{shown}..." if len(text) > MAX_QUOTED else shown


@dataclass(frozen=True, slots=True)
class CodeOwners:
    rules: Sequence[Rule] = ()
    paths: tuple[str, ...] = DEFAULT_PATHS
    """Where the code of a service stands: templates such as `services/{service}/`."""
    _by_beginning: dict[tuple[str, ...], list[Rule]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for rule in self.rules:
            self._by_beginning.setdefault(rule.beginning, []).append(rule)

    def owner_of(self, service: str) -> Owner | None:
        """A rule that covers the folder of any service whatever, such as `*`, says who looks after the repository, not
        whose this service is."""
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
    """Of some file right in the folder."""
    return (*folder.strip("/").split("/"), _SOME_FILE)


def _segments(pattern: str) -> tuple[str, ...]:
    """`**` stands for any number of folders. What has no slash but at its end may stand at any depth."""
    body = pattern.strip("/")
    depth = [] if "/" in pattern.rstrip("/") else ["**"]
    return (*depth, *map(_matchable, body.split("/")))


def _matchable(segment: str) -> str:
    """For `fnmatch`, which knows brackets, and no backslash."""
    return _LITERAL.sub(lambda found: f"[{letter}]" if (letter := found[0][-1]) in "*?[" else letter, segment)


_LITERAL = re.compile(r"\\.|\[")


def _reaches(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Whether the pattern matches the path or a folder above it. Every way through the pattern is gone at once, so that
    its stars cost no more than its length."""
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
    """`**` may stand for no folder at all."""
    reached = set(at)
    for place in range(len(pattern)):
        if place in reached and pattern[place] == "**":
            reached.add(place + 1)
    return reached
