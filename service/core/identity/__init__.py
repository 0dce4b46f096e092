"""Raw model id and the other words of a log -> (platform, canonical model). Exact, never by prefix.

`Resolver(knowledge).resolve(...)` returns a `Model`, or an `Unresolved` with a reason. Steps: determine the kind of
field, clean the text, remove wrappers (each proves something about the platform), parse the rest by the platform's own
grammar, and look it up exactly. An unknown snapshot of a known family is unknown, not the family.
"""

from service.core.identity.answer import Identified, Kind, Model, Unresolved, UnresolvedReason
from service.core.identity.knowledge import Knowledge, Maker, Names
from service.core.identity.platform import Platform
from service.core.identity.platforms import Platforms, known_platforms, use_platforms
from service.core.identity.provider_words import answering_platform, names_deployments, platform_of
from service.core.identity.resolver import Resolver

__all__ = [
    "Identified",
    "Kind",
    "Knowledge",
    "Maker",
    "Model",
    "Names",
    "Platform",
    "Platforms",
    "Resolver",
    "Unresolved",
    "UnresolvedReason",
    "answering_platform",
    "known_platforms",
    "names_deployments",
    "platform_of",
    "use_platforms",
]
