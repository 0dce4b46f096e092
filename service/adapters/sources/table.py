"""All sources that lastcall can ask, in order, and what each needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr
from yarl import URL

from service.adapters.sources.azure import AzureLogin, account_provider
from service.adapters.sources.bedrock import AwsKeys, Signer, region_provider
from service.adapters.sources.document import DocumentSource, Kind
from service.adapters.sources.feeds import FEEDS
from service.adapters.sources.files import own_file
from service.adapters.sources.http import Http
from service.adapters.sources.listing import ModelList, Provider, with_headers
from service.adapters.sources.model_eol import feed_kind, feed_url, shown
from service.adapters.sources.model_lists import ANTHROPIC, COHERE, GEMINI, MISTRAL, OPENAI
from service.adapters.sources.packages import PACKAGES, Package, PackageSource
from service.adapters.sources.pages import PAGES
from service.adapters.sources.source import CatalogSource
from service.config.settings import Settings
from service.core.catalog.lifecycle import Standing
from service.core.identity import Resolver

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    http: Http
    settings: Settings
    resolver: Resolver


@dataclass(frozen=True, slots=True)
class Listed:
    """A source that lastcall knows by name."""

    name: str
    standing: Standing
    asks: str
    """The address, or what is read."""
    needs: tuple[str, ...]
    """Fields of `Settings` without which it cannot be asked."""
    open: Callable[[Context], CatalogSource]
    """Raises LookupError if a setting that it needs is missing."""
    proposes: bool = False

    def missing(self, settings: Settings) -> tuple[str, ...]:
        """Variables to set before the source can be asked."""
        return tuple(f"LASTCALL_{name.upper()}" for name in self.needs if getattr(settings, name) is None)


def open_feed(given: str, context: Context) -> CatalogSource:
    """A feed in the format model-eol, by its URL or by its host. Raises ValueError for what is no URL."""
    url = feed_url(given)
    return DocumentSource(context.http, feed_kind(url, context.resolver), url)


def open_file(name: str, place: str, context: Context) -> CatalogSource:
    """A file of the operator's own, by its URL or path: YAML, CSV, a bundle; or a wheel (a path) of a package in
    `PACKAGES`. Raises ValueError for what is no URL."""
    if place.startswith(("https://", "http://")):
        url = URL(place)
        return DocumentSource(context.http, own_file(name, shown(url)), url)
    path = Path(place)
    for package in PACKAGES:
        if path.suffix == ".whl" and path.name.startswith(f"{package.name}-"):
            return PackageSource(package, path)
    return DocumentSource(context.http, own_file(name, path.name), path)


def _set(value: T | None) -> T:
    if value is None:
        raise LookupError("a setting is missing: see `Listed.missing`")
    return value


def _list(
    provider: Provider,
    setting: str,
    header: Callable[[str], Mapping[str, str]] = lambda key: {"Authorization": f"Bearer {key}"},
) -> Listed:
    def open_list(context: Context) -> CatalogSource:
        key: SecretStr = _set(getattr(context.settings, setting))
        return ModelList(context.http, provider, with_headers(header(key.get_secret_value())))

    return Listed(provider.name, "provider", provider.url.partition("?")[0], (setting,), open_list)


def _azure(context: Context) -> CatalogSource:
    given = context.settings
    login = AzureLogin(
        context.http, _set(given.azure_tenant_id), _set(given.azure_client_id), _set(given.azure_client_secret)
    )
    return ModelList(context.http, account_provider(_set(given.azure_account)), login)


def _bedrock(context: Context) -> CatalogSource:
    given = context.settings
    region = _set(given.aws_region)
    keys = AwsKeys(_set(given.aws_access_key_id), _set(given.aws_secret_access_key), given.aws_session_token)
    return ModelList(context.http, region_provider(region), Signer(keys, region))


def _package(package: Package) -> Listed:
    def open_package(_context: Context) -> CatalogSource:
        return PackageSource(package)

    return Listed(f"{package.name}-package", "provider", f"the installed package {package.name}", (), open_package)


def _feed(name: str, url: str, kind: Callable[[Resolver], Kind]) -> Listed:
    def open_listed(context: Context) -> CatalogSource:
        return DocumentSource(context.http, kind(context.resolver), URL(url))

    return Listed(name, "reported", url, (), open_listed)


def _page(kind: Kind) -> Listed:
    def open_page(context: Context) -> CatalogSource:
        return DocumentSource(context.http, kind, URL(f"{kind.page}.md"))

    return Listed(kind.name, "provider", f"{kind.page}.md", (), open_page, proposes=True)


SOURCES = (
    _list(OPENAI, "openai_api_key"),
    _list(
        ANTHROPIC,
        "anthropic_api_key",
        lambda key: {"x-api-key": key, "anthropic-version": "2023-06-01"},
    ),
    _list(MISTRAL, "mistral_api_key"),
    _list(GEMINI, "gemini_api_key", lambda key: {"x-goog-api-key": key}),
    _list(COHERE, "cohere_api_key"),
    Listed(
        "azure",
        "provider",
        "https://management.azure.com/.../models",
        ("azure_tenant_id", "azure_client_id", "azure_client_secret", "azure_account"),
        _azure,
    ),
    Listed(
        "bedrock",
        "provider",
        "https://bedrock.<region>.amazonaws.com/foundation-models",
        ("aws_region", "aws_access_key_id", "aws_secret_access_key"),
        _bedrock,
    ),
    *map(_package, PACKAGES),
    *(_feed(name, url, kind) for name, (url, kind) in FEEDS.items()),
    *map(_page, PAGES),
)
"""Provider before reported, and what is only proposed last. Feeds in the format model-eol and own files have no name
here: see `open_feed` and `open_file`."""
