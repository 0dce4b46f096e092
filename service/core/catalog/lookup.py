"""Which records a person means."""

from service.core.catalog.build import canonical
from service.core.catalog.lifecycle import Catalog, Deprecation
from service.core.identity import Model, Resolver


def records_of(catalog: Catalog, resolver: Resolver, text: str) -> tuple[Deprecation, ...]:
    """Records of the model that `text` names in any spelling, one for each platform that has it, by platform.

    A text that is nobody's own spelling is read as each platform of the catalog would read it.
    """
    answer = resolver.resolve(text)
    if isinstance(answer, Model):
        models = {answer.model}
    else:
        platforms = {record.platform for record in catalog}
        models = {model for platform in platforms if (model := canonical(resolver, platform, text)) is not None}
    return tuple(sorted((record for record in catalog if record.model in models), key=lambda record: record.key))
