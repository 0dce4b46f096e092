"""Answers "which model is this?"."""

from dataclasses import replace
from typing import Protocol

from service.core.identity.answer import Identified, Model, Unresolved
from service.core.identity.clean import RefusedError, clean
from service.core.identity.hint import read_hint
from service.core.identity.knowledge import Knowledge
from service.core.identity.paths import read_path
from service.core.identity.platforms import Platforms
from service.core.identity.provider_words import telling_word
from service.core.identity.spelling import FINE_TUNE, Spelling, UnreadableIdError
from service.core.identity.wrappers import Address, unwrap
from service.core.usage import OF_LOGS, FieldKind

_CACHE_LIMIT = 50_000


class LogWords(Protocol):
    """The words of a log that name a model: events, series and their rows have them."""

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


class Resolver:
    """Resolves ids with `knowledge`. Results are cached, so a record costs one look-up."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.platforms = knowledge.platforms
        self._identified: dict[tuple[str | None, str | None, str | None, FieldKind, str | None], Identified] = {}

    def identify(
        self,
        *,
        provider: str | None,
        host: str | None,
        requested_id: str | None,
        requested_field: FieldKind = "model",
        served_id: str | None,
        scope: str | None = None,
    ) -> Identified:
        """Both ids of a call, and their platform. The served id is looked up on the platform of the requested one; a
        served id that cannot belong there proves another platform. `scope` is the reporter: see `telling_word`."""
        provider = telling_word(self.platforms, provider, host, scope)
        key = (provider, host, requested_id, requested_field, served_id)
        if (known := self._identified.get(key)) is not None:
            return known
        if len(self._identified) >= _CACHE_LIMIT:
            self._identified.clear()
        answer = self._identified[key] = self._identify(provider, host, requested_id, requested_field, served_id)
        return answer

    def identify_words(self, words: LogWords) -> Identified:
        return self.identify(
            provider=words.provider,
            host=words.host,
            requested_id=words.requested_id,
            requested_field=words.requested_field,
            served_id=words.served_id,
            scope=words.reporter.removesuffix(OF_LOGS),
        )

    def resolve(
        self, raw: str, *, provider: str | None = None, host: str | None = None, field: FieldKind = "model"
    ) -> Model | Unresolved:
        """Total: any text has a result. `provider` is the word in the log; `host` has precedence."""
        hint = read_hint(self.platforms, provider)
        served_at = self.platforms.of_host(host)
        platform = served_at or hint.platform
        elsewhere = served_at is None and (hint.elsewhere or bool(host))
        try:
            text = clean(raw)
            if field != "model" or hint.field != "model":
                return Unresolved(platform, "free_text")
            if text.startswith("/"):
                address = self._path(text, platform, is_path=hint.path)
            else:
                firm = served_at is not None
                address = unwrap(self.platforms, text, platform, firm=firm, loose=hint.loose, elsewhere=elsewhere)
        except RefusedError as refused:
            return Unresolved(platform, refused.reason)
        except UnreadableIdError as unreadable:
            return Unresolved(unreadable.platform or platform, unreadable.reason)
        return self._read(address, elsewhere=elsewhere)

    def _identify(
        self, provider: str | None, host: str | None, requested_id: str | None, field: FieldKind, served_id: str | None
    ) -> Identified:
        requested = self._resolve_any(requested_id, provider, host, field)
        served = self._resolve_any(served_id, provider, host, "model")
        platform = requested.platform
        if served.platform != platform and platform is not None:
            there = self._resolve_any(served_id, platform, host, "model")
            served = there if isinstance(there, Model) else served
        if isinstance(served, Model) or platform is None:
            platform = served.platform or platform
        return Identified(
            platform,
            requested.model if isinstance(requested, Model) else None,
            served.model if isinstance(served, Model) else None,
        )

    def _resolve_any(
        self, raw: str | None, provider: str | None, host: str | None, field: FieldKind
    ) -> Model | Unresolved:
        return self.resolve(raw or "", provider=provider, host=host, field=field)

    def _path(self, text: str, platform: str | None, *, is_path: bool) -> Address:
        if text.startswith("//aiplatform.googleapis.com/"):
            return Address("vertex-ai", text.removeprefix("//aiplatform.googleapis.com/"))
        if not is_path:
            raise UnreadableIdError("not_an_id", platform)
        return read_path(self.platforms, text, platform)

    def _read(self, address: Address, *, elsewhere: bool) -> Model | Unresolved:
        platform, text = address
        if platform is None:
            return self._somewhere(text) if elsewhere else self._without_platform(text)
        try:
            if found := self._look_up(platform, text):
                return found
            # the word may be that of a client library
            other = self._somewhere(text) if elsewhere and platform in self.platforms.makers_apis else None
            return other if isinstance(other, Model) else Unresolved(platform, "unknown_model")
        except UnreadableIdError as unreadable:
            return Unresolved(platform, unreadable.reason)

    def _look_up(self, platform: str, text: str) -> Model | None:
        found = self._on(platform, text)
        if found is None and (neighbour := self.platforms.neighbour_of(platform)) is not None:
            found = self._on(neighbour, text)
        return found

    def _on(self, platform: str | None, text: str) -> Model | None:
        spelled = self.platforms.grammar_of(platform)(text)
        for name in spelled.names:
            if hit := self.knowledge.find(platform, spelled.maker, name):
                model, kind = hit
                return Model(platform, spelled.prefix + model, "fine-tune" if spelled.prefix == FINE_TUNE else kind)
        return None

    def _without_platform(self, text: str) -> Model | Unresolved:
        """A bare id means its maker's own API. Without such an API, or as `maker/name` of a hub, the platform is
        unknown."""
        own = self.knowledge.own_api(text)
        platform = own[0] if own is not None else None
        found = self._on(platform, text) if own is not None or "/" in text else None
        return found or Unresolved(None, "unknown_model")

    def _somewhere(self, text: str) -> Model | Unresolved:
        """The model of an id at an unknown place: by its maker's names, without a platform."""
        word, slash, name = text.rpartition("/")
        own = self.platforms.of_wrapper(word) if slash else (self.knowledge.own_api(text) or (None,))[0]
        found = self._on(None, text) or (self._on(own, name) if own is not None else None)
        return replace(found, platform=None) if found is not None else Unresolved(None, "unknown_model")


def spell(platforms: Platforms, platform: str, raw: str) -> Spelling | None:
    """Parses an id of the catalog with the platform's own grammar, without a look-up. None: not an id."""
    try:
        return platforms.grammar_of(platform)(unwrap(platforms, clean(raw), platform).text)
    except (RefusedError, UnreadableIdError):
        return None
