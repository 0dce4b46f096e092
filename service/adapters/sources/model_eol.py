"""Feeds in the open format model-eol/0.1, to read and to write.

https://github.com/thossullivan/model-eol/blob/main/SPEC.md. A provider serves its feed at /.well-known/model-eol.json.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from yarl import URL

from service.adapters.sources.document import Kind
from service.adapters.sources.source import utc_day
from service.core.catalog.file import Entry, PlatformFile
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown, Standing
from service.core.identity import Model, Platforms, Resolver, platform_of

WELL_KNOWN = "/.well-known/model-eol.json"
_ID = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")
"""The grammar of ids in the format's schema."""
SPEC: Literal["model-eol/0.1"] = "model-eol/0.1"


class _Plan(msgspec.Struct):
    announced: str | None = None
    shutdown: str | None = None
    date_precision: str = "exact"
    """exact; earliest: scheduled, not before the day; tentative: not before the day, and not announced."""
    source: str | None = None


class _Distribution(_Plan):
    """The model at a reseller."""

    via: str = ""
    status: str = "active"
    """active, legacy, extended-access or retired."""


class _Entry(_Plan, kw_only=True):
    id: str
    aliases: tuple[str, ...] = ()
    replacement: str | None = None
    replacement_options: tuple[str, ...] = ()
    distributions: tuple[_Distribution, ...] = ()


class _Feed(msgspec.Struct):
    spec: Literal["model-eol/0.1"]
    publisher: str
    models: tuple[_Entry, ...]


def feed_kind(url: URL, resolver: Resolver) -> Kind:
    """The feed at `url`: on the provider's word if the provider serves it from its own host at the well-known address,
    else reported. The name of the source is its host, and its path if that is another one."""
    own = _platforms_at(url, resolver.platforms)
    name = f"{url.host}{'' if url.path == WELL_KNOWN else url.path}"

    def read(body: bytes) -> tuple[Finding, ...]:
        return tuple(_findings(msgspec.json.decode(body, type=_Feed), resolver, own))

    return Kind(name, "provider" if own else "reported", shown(url), read)


def feed_url(given: str) -> URL:
    """A host without a path means its well-known address. Raises ValueError."""
    url = URL(given)
    return url.with_path(WELL_KNOWN) if url.path == "/" else url


def shown(url: URL) -> str:
    """The address without what may be a secret: user, password, query."""
    return str(url.with_user(None).with_query(None))


def _platforms_at(url: URL, platforms: Platforms) -> frozenset[str]:
    """Platforms of the provider that owns the host: it is the host of an API (api.openai.com), or a parent of it."""
    host = (url.host or "").removeprefix("www.")
    if url.path != WELL_KNOWN or "." not in host:
        return frozenset()
    return frozenset(
        each.platform for each in platforms for api in each.hosts if api == host or api.endswith(f".{host}")
    )


def _findings(feed: _Feed, resolver: Resolver, own: frozenset[str]) -> Iterator[Finding]:
    """A model at a reseller is reported, also by the maker's own feed: the reseller's date counts there."""
    platform = platform_of(resolver.platforms, feed.publisher)
    for entry in feed.models:
        if platform is not None:
            yield Finding(
                platform,
                entry.id,
                aliases=entry.aliases,
                announced=_day(entry.announced),
                shutdown=_shutdown(entry),
                replacements=(entry.replacement,) if entry.replacement else entry.replacement_options,
                standing=_reported(own and platform not in own),
                url=_https(entry.source),
            )
        for channel in entry.distributions:
            answer = resolver.resolve(entry.id, provider=channel.via)
            reseller = answer.platform if isinstance(answer, Model) else platform_of(resolver.platforms, channel.via)
            if reseller is not None:
                yield Finding(
                    reseller,
                    entry.id,
                    announced=_day(channel.announced),
                    shutdown=_shutdown(channel)
                    or (Shutdown(None, "unknown") if channel.status in {"legacy", "retired"} else None),
                    standing=_reported(bool(own)),
                    in_service=False if channel.status == "retired" else None,
                    url=_https(channel.source),
                )


def _reported(is_other: bool | frozenset[str]) -> Standing | None:
    return "reported" if is_other else None


def _shutdown(plan: _Plan) -> Shutdown | None:
    """A precision that is not known yet is no deadline."""
    day = _day(plan.shutdown)
    if day is None:
        return Shutdown(None, "unknown") if plan.announced else None
    return Shutdown(day, "exact") if plan.date_precision == "exact" else Shutdown.earliest(day)


def _day(text: str | None) -> date | None:
    return utc_day(text) if text else None


def _https(url: str | None) -> str | None:
    return url if url and url.startswith("https://") else None


def write_model_eol(file: PlatformFile, *, generated: datetime) -> bytes:
    """The records of one platform as a feed. Replacements are options: the catalog does not say that a model can be
    replaced without changes. The format has no ids with `/`, `:`, `@` or a space; such records are left out, and
    counted in `note`."""
    entries = [entry for entry in file.models if _ID.fullmatch(entry.id)]
    left_out = len(file.models) - len(entries)
    feed = {
        "spec": SPEC,
        "publisher": file.provider,
        "generated": generated.isoformat(timespec="seconds"),
        "source": file.source,
        "note": f"Platform {file.platform} of the catalog of lastcall. Left out for their ids: {left_out}.",
        "models": [_written(entry) for entry in entries],
    }
    return msgspec.json.format(msgspec.json.encode({k: v for k, v in feed.items() if v is not None})) + b"\n"


def _written(entry: Entry) -> dict[str, Any]:
    """An estimate is tentative: others must not take it as announced. A month is its first day, as the earliest."""
    is_announced = entry.announced is not None and entry.standing != "inferred"
    if entry.shutdown.precision == "exact" and entry.standing != "inferred":
        precision = "exact"
    else:
        precision = "earliest" if is_announced else "tentative"
    fields: dict[str, Any] = {
        "id": entry.id,
        "aliases": [alias for alias in entry.aliases if _ID.fullmatch(alias)] or None,
        "announced": entry.announced if is_announced else None,
        "shutdown": entry.shutdown.day,
        "date_precision": precision if entry.shutdown.day else None,
        "replacement_options": [one.id for one in entry.replacements if _ID.fullmatch(one.id)] or None,
        "source": entry.sources[0].url,
    }
    return {name: value for name, value in fields.items() if value is not None}
