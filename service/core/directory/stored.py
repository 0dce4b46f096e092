"""Directories' answers <-> stored rows: one answer per service, group or file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.core.calendar import Calendar
from service.core.directory.answer import owner_from_json, owner_to_json
from service.core.directory.backstage import Entity, Graph
from service.core.directory.codeowners import Rule
from service.core.ownership import Owner

_SERVICE, _GROUP = "service:", "group:"
RULES = "rules"
Answers = dict[str, dict[str, Any]]
"""By key."""


def catalog_to_answers(entities: Iterable[Entity]) -> Answers:
    graph = Graph(entities)
    services = {_SERVICE + name: _answer_of(owner) for name, owner in graph.owners().items()}
    return services | {_GROUP + name: _answer_of(owner) for name, owner in graph.teams().items()}


def catalog_from_answers(
    answers: Mapping[str, Mapping[str, Any]], calendar: Calendar
) -> tuple[dict[str, Owner], dict[str, Owner]]:
    """(owners by service, owners by group name), both in lower case."""
    return _owners(answers, _SERVICE, calendar), _owners(answers, _GROUP, calendar)


def rules_to_answers(rules: Sequence[Rule]) -> Answers:
    return {RULES: {RULES: [[rule.line, rule.pattern, list(rule.owners)] for rule in rules]}}


def rules_from_answers(answers: Mapping[str, Mapping[str, Any]]) -> list[Rule]:
    stored = answers.get(RULES, {}).get(RULES, [])
    return [Rule(line, pattern, tuple(owners)) for line, pattern, owners in stored]


def _answer_of(owner: Owner) -> dict[str, Any]:
    return {"owner": owner_to_json(owner), "rule": owner.rule}


def _owners(answers: Mapping[str, Mapping[str, Any]], prefix: str, calendar: Calendar) -> dict[str, Owner]:
    read = {
        key.removeprefix(prefix): owner_from_json(answer["owner"], answer["rule"], calendar)
        for key, answer in answers.items()
        if key.startswith(prefix)
    }
    return {name: owner for name, owner in read.items() if owner}
