"""Entities of a Backstage catalog -> who owns which service.

Kinds, references and annotations are those of Backstage's descriptor format: `[kind:][namespace/]name`, in any case.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from service.core.directory.answer import MAX_TEXT, address_in, email_in
from service.core.ownership import Owner

KINDS = ("component", "group", "user")
SLACK = "slack.com/bot-notify"
"""Annotation of Backstage's own Slack module: an id, a channel name or an e-mail address."""
PAGERDUTY_SERVICE = "pagerduty.com/service-id"
"""Annotation of Backstage's PagerDuty plugin."""
SERVICES = "lastcall/services"
"""Names of a component in the logs, comma separated."""
ON_CALL = "lastcall/oncall"
"""Addresses as in lastcall.yaml, comma separated."""
KUBERNETES = "backstage.io/kubernetes-id"
MAX_ANNOTATION = 4000
MOST_MEMBERS_TOLD = 15
"""Limit for a group without a channel. A larger group needs a channel: in a larger group nobody feels responsible."""

_REF = re.compile(r"(?:(?P<kind>[^:/\s]+):)?(?:(?P<namespace>[^:/\s]+)/)?(?P<name>[^:/\s]+)")


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Reference to an entity, in lower case: Backstage ignores case."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"


def parse_ref(text: object, *, kind: str, namespace: str = "default") -> Ref | None:
    """`kind` and `namespace` are defaults. None: `text` is not a reference."""
    found = _REF.fullmatch(text.strip().lower()) if _is_sound(text) and len(text) <= MAX_TEXT else None
    return Ref(found["kind"] or kind, found["namespace"] or namespace, found["name"]) if found else None


@dataclass(frozen=True, slots=True)
class Entity:
    """The fields that are read; missing or malformed ones are empty."""

    ref: Ref
    name: str
    """In its original spelling."""
    annotations: Mapping[str, str]
    email: str | None = None
    owner: Ref | None = None
    parent: Ref | None = None
    groups: tuple[Ref, ...] = ()
    """Groups that a user lists."""
    members: tuple[Ref, ...] = ()
    """Users that a group lists."""


@dataclass(frozen=True, slots=True)
class SkippedFiles:
    """Skipped files that are not YAML."""

    files: int
    first: str
    """Path below the folder: untrusted, in printable characters, bounded."""


@dataclass(frozen=True, slots=True)
class Entities:
    """The entities of a catalog."""

    found: list[Entity]
    skipped: SkippedFiles | None = None


def read_entity(raw: object) -> Entity | None:
    """None: it has no name, or its kind is irrelevant to owners. Total: people write catalogs by hand."""
    metadata, spec = _mapping(raw, "metadata"), _mapping(raw, "spec")
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not isinstance(kind, str) or kind.lower() not in KINDS or not isinstance(name, str):
        return None
    home = namespace.lower() if _is_sound(namespace) and namespace else "default"
    ref = parse_ref(name, kind=kind.lower(), namespace=home)
    if ref is None:
        return None
    return Entity(
        ref,
        name.strip(),
        {key: value for key, value in _mapping(metadata, "annotations").items() if _is_sound(value)},
        email_in(_mapping(spec, "profile").get("email")),
        parse_ref(spec.get("owner"), kind="group", namespace=home),
        parse_ref(spec.get("parent"), kind="group", namespace=home),
        _refs(spec.get("memberOf"), "group", home),
        _refs(spec.get("members"), "user", home),
    )


class Graph:
    """The entities and their relations."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._by_ref = {entity.ref: entity for entity in entities}
        self._emails: dict[Ref, list[str]] = defaultdict(list)
        for group, user in sorted(set(self._memberships())):
            if (entity := self._by_ref.get(user)) and entity.email:
                self._emails[group].append(entity.email)

    def owners(self) -> dict[str, Owner]:
        """Owners by service name, in lower case. Names of components with different owners are left out."""
        components = [entity for entity in self._by_ref.values() if entity.ref.kind == "component"]
        found: dict[str, Entity] = {}
        for names in (_declared, _named, _in_kubernetes):
            for name, component in _claimed(components, names):
                found.setdefault(name, component)
        return {name: owner for name, component in found.items() if (owner := self._owner(component))}

    def teams(self) -> dict[str, Owner]:
        """Owners by group name, in lower case. The namespace `default` has precedence."""
        groups = [entity for entity in self._by_ref.values() if entity.ref.kind == "group"]
        return {name: self._of_group(group) for name, group in _claimed(groups, _named)}

    def _owner(self, component: Entity) -> Owner | None:
        if component.owner is None:
            return None
        owner, rule = self._by_ref.get(component.owner), f"{component.ref} of {component.owner} in Backstage"
        if owner is None:
            return Owner(component.owner.name, rule=f"{rule}, which has no such {component.owner.kind}")
        if owner.ref.kind == "user":
            return Owner(owner.name, people=(owner.email,) if owner.email else (), rule=rule)
        return self._of_group(owner, component, rule)

    def _of_group(self, group: Entity, component: Entity | None = None, rule: str = "") -> Owner:
        places = [one.annotations for one in (component, group) if one]
        channel = next((place for one in places if (place := address_in(one.get(SLACK)))), None)
        oncall = next((duty for one in places if (duty := tuple(_on_call(one)))), ())
        above = [*self._above(group), (), ()]
        return Owner(
            group.name,
            people=() if channel else self._members(group),
            channel=channel,
            oncall=oncall,
            manager=above[0],
            director=above[1],
            rule=rule,
        )

    def _members(self, group: Entity) -> tuple[str, ...]:
        emails = tuple(self._emails[group.ref])
        if emails:
            return emails if len(emails) <= MOST_MEMBERS_TOLD else ()
        return (group.email,) if group.email else ()

    def _above(self, group: Entity) -> Iterator[tuple[str, ...]]:
        """Addresses of the group's parent, then of that group's parent."""
        seen = {group.ref}
        while (parent := self._by_ref.get(group.parent) if group.parent else None) and parent.ref not in seen:
            contact = parent.email or address_in(parent.annotations.get(SLACK))
            yield (contact,) if contact else ()
            seen.add(parent.ref)
            group = parent

    def _memberships(self) -> Iterator[tuple[Ref, Ref]]:
        """(group, user), from either side of the relation."""
        for entity in self._by_ref.values():
            yield from ((group, entity.ref) for group in entity.groups if entity.ref.kind == "user")
            yield from ((entity.ref, user) for user in entity.members if entity.ref.kind == "group")


def _claimed(entities: Iterable[Entity], names: Callable[[Entity], Iterable[str]]) -> Iterator[tuple[str, Entity]]:
    """(name, entity) for each unambiguous name."""
    claims: dict[str, list[Entity]] = defaultdict(list)
    for entity in entities:
        for name in names(entity):
            claims[name.lower()].append(entity)
    for name, claimants in claims.items():
        at_home = [one for one in claimants if one.ref.namespace == "default"]
        for some in (at_home, claimants):
            if len({one.owner for one in some}) == 1 and (some[0].owner or len(some) == 1):
                yield name, some[0]
                break


def _declared(component: Entity) -> Iterator[str]:
    return _listed(component.annotations.get(SERVICES))


def _named(entity: Entity) -> Iterator[str]:
    yield entity.name


def _in_kubernetes(component: Entity) -> Iterator[str]:
    return _listed(component.annotations.get(KUBERNETES))


def _on_call(annotations: Mapping[str, str]) -> Iterator[str]:
    yield from filter(None, map(address_in, _listed(annotations.get(ON_CALL))))
    if service := address_in(f"pagerduty:service/{annotations.get(PAGERDUTY_SERVICE, '').strip()}"):
        yield service


def _listed(text: str | None) -> Iterator[str]:
    return (one.strip() for one in (text or "").split(",") if one.strip())


def _is_sound(value: object) -> TypeGuard[str]:
    """Text that can be stored and shown."""
    return isinstance(value, str) and len(value) <= MAX_ANNOTATION and value.isprintable()


def _mapping(raw: object, key: str) -> Mapping[str, Any]:
    value = raw.get(key) if isinstance(raw, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _refs(value: object, kind: str, namespace: str) -> tuple[Ref, ...]:
    given = value if isinstance(value, list) else []
    return tuple(ref for one in given if (ref := parse_ref(one, kind=kind, namespace=namespace)))
