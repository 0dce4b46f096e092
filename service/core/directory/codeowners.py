"""A CODEOWNERS file -> who owns a service, by the folder of its code. The last line that matches wins.

Patterns are GitHub's: those of gitignore without `!` and `[ ]`, where `folder/*` does not reach below that folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import takewhile

from service.core.directory.answer import MAX_TEXT, email_in
from service.core.ownership import Owner

SERVICE = "{service}"
DEFAULT_PATHS = (f"services/{SERVICE}/",)
MAX_RULES = 20_000
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


def parse_codeowners(text: str) -> list[Rule]:
    """Lines that are no rule are passed over: comments, GitLab's sections, and patterns that GitHub refuses."""
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        pattern, *owners = line.replace("\\#", _SOME_FILE).partition("#")[0].replace(_SOME_FILE, "#").split() or [""]
        if pattern and pattern[0] not in "![^" and len(pattern) <= MAX_TEXT and pattern.isprintable():
            rules.append(Rule(number, pattern, tuple(one for one in owners if _is_owner(one))))
    return rules[:MAX_RULES]


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
        teams = [owner.rpartition("/")[2] for owner in rule.owners if owner.startswith("@") and "/" in owner]
        people = tuple(owner for owner in rule.owners if email_in(owner))
        team = teams[0] if teams else rule.owners[0].lstrip("@")
        return Owner(team, people, rule=f"line {rule.line} of CODEOWNERS, {rule.pattern}")

    def _winner(self, folder: str) -> Rule | None:
        path = _path(folder)
        near = (rule for length in range(len(path) + 1) for rule in self._by_beginning.get(path[:length], ()))
        return max((rule for rule in near if _reaches(rule.segments, path)), key=lambda rule: rule.line, default=None)


def _path(folder: str) -> tuple[str, ...]:
    """Of some file right in the folder."""
    return (*folder.strip("/").split("/"), _SOME_FILE)


def _is_owner(text: str) -> bool:
    return (
        len(text) <= MAX_TEXT
        and text.isprintable()
        and ((text[0] == "@" and len(text) > 1) or email_in(text) is not None)
    )


def _segments(pattern: str) -> tuple[str, ...]:
    """`**` stands for any number of folders. What has no slash but at its end may stand at any depth."""
    body = pattern.strip("/")
    depth = [] if "/" in pattern.rstrip("/") else ["**"]
    return (*depth, *(one.replace("[", "[[]") for one in body.split("/")))


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
