"""Finds the records that a person means."""

from service.core.catalog.build import canonical
from service.core.catalog.lifecycle import Catalog, Deprecation
from service.core.identity import Model, Resolver


def records_of(catalog: Catalog, resolver: Resolver, text: str) -> tuple[Deprecation, ...]:
    """Records of the model that `text` names in any spelling, one per platform, by platform; without what holds at
    routers by another platform's record.

    If no maker uses the spelling, it is parsed as on each platform of the catalog. A platform with a name of its own
    for the model has a record apart, which names the maker's id.
    """
    answer = resolver.resolve(text)
    if isinstance(answer, Model):
        models = {answer.model}
    else:
        platforms = {record.platform for record in catalog}
        models = {model for platform in platforms if (model := canonical(resolver, platform, text)) is not None}
    own = (record for record in catalog if record.through is None)
    found = (record for record in own if record.model in models or _maker_model(record, resolver) in models)
    return tuple(sorted(found, key=lambda record: record.key))


def _maker_model(record: Deprecation, resolver: Resolver) -> str | None:
    answer = resolver.resolve(record.maker_id) if record.maker_id else None
    return answer.model if isinstance(answer, Model) else None
