"""Identifies the model from the words of a log, which events, series and rows have."""

from typing import Protocol

from service.core.identity import Identified, Resolver
from service.core.usage import OF_LOGS, FieldKind


class Words(Protocol):
    @property
    def reporter(self) -> str: ...
    @property
    def provider(self) -> str | None: ...
    @property
    def host(self) -> str | None: ...
    @property
    def requested_id(self) -> str | None: ...
    @property
    def requested_field(self) -> FieldKind: ...
    @property
    def served_id(self) -> str | None: ...


def identify(resolver: Resolver, words: Words) -> Identified:
    return resolver.identify(
        provider=words.provider,
        host=words.host,
        requested_id=words.requested_id,
        requested_field=words.requested_field,
        served_id=words.served_id,
        scope=words.reporter.removesuffix(OF_LOGS),
    )
