"""The form of a catalog file: a platform and the records of its models, as contributors write them.

These structs are the only description: `json_schema` generates `service/catalog/schema.json`, and the fields are in the
order of the keys in a file. `core.catalog.rules` has the rules that a schema cannot express.
"""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from service.core.catalog.lifecycle import AfterShutdown, Precision, Standing
from service.core.identity.platform import Platform, Slug

Text = Annotated[str, Meta(min_length=1, max_length=256)]
Note = Annotated[str, Meta(min_length=1, max_length=300)]
Https = Annotated[str, Meta(pattern=r"^https://[^\s]+$")]
SourceKind = Literal["provider", "tracker", "press", "operator"]


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shutdown day, and its precision."""

    day: Annotated[
        date | None, Meta(description="The day, in UTC. Left out with `unknown`, the first of the month with `month`.")
    ] = None
    precision: Annotated[
        Precision,
        Meta(
            description="exact: the source names a day. month: it names the month only. no_sooner_than: a promise, no "
            "deadline. unknown: announced without a day."
        ),
    ] = "exact"


class CurrentPlan(Plan, frozen=True, forbid_unknown_fields=True):
    """The plan in force, and who says so."""

    standing: Annotated[
        Standing | None,
        Meta(
            description="Left out: provider with a source of the provider, else reported. inferred: derived from other "
            "facts, or called provisional by the provider. reported, beside a source of the provider: the provider's "
            "copy does not have this plan."
        ),
    ] = None


class ReplacementEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model to move to, on the same platform."""

    id: Annotated[Text, Meta(description="As a request on this platform spells it.")]
    as_of: Annotated[date | None, Meta(description="The day on which the source named it; such advice changes.")] = None
    recommended: Annotated[bool, Meta(description="False: fits some uses only.")] = True
    external: Annotated[bool, Meta(description="True: there is no record of it in this file.")] = False


class SourceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The source of a record's facts."""

    url: Https
    accessed: Annotated[date, Meta(description="The day of the copy that was read.")]
    kind: Annotated[
        SourceKind,
        Meta(
            description="tracker, press: second-hand, to be confirmed at the provider. operator: of a company's own "
            "record, or of a proposal that a person accepted."
        ),
    ] = "provider"

    @property
    def is_sure(self) -> bool:
        return self.kind in {"provider", "operator"}


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model on the file's platform. Without an announcement and a shutdown: a model in service."""

    id: Annotated[Text, Meta(description="Exactly as a request spells it.")]
    aliases: Annotated[
        tuple[Text, ...], Meta(description="Other exact names of the same model, sorted; never a prefix.")
    ] = ()
    maker_id: Annotated[
        Text | None, Meta(description="The id in the maker's own API, if this platform calls the model otherwise.")
    ] = None
    released: date | None = None
    announced: Annotated[date | None, Meta(description="The day of the newest notice.")] = None
    shutdown: Annotated[CurrentPlan, Meta(description="Left out: none is announced.")] = CurrentPlan(
        precision="unknown"
    )
    superseded: Annotated[tuple[Plan, ...], Meta(description="Earlier plans, oldest first.")] = ()
    replacements: tuple[ReplacementEntry, ...] = ()
    after_shutdown: Annotated[AfterShutdown | None, Meta(description="Left out: as the platform does.")] = None
    redirect_to: Annotated[Text | None, Meta(description="The id that answers after the shutdown.")] = None
    sources: Annotated[tuple[SourceEntry, ...], Meta(min_length=1)]
    last_verified: Annotated[date, Meta(description="The newest day on which a source was seen to say this.")]
    closed: Annotated[bool | None, Meta(description="Left out: as the platform's `closed`.")] = None
    notes: Note | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id, *self.aliases)

    @property
    def standing(self) -> Standing:
        if self.shutdown.standing is not None:
            return self.shutdown.standing
        return "provider" if self.of_provider else "reported"

    @property
    def of_provider(self) -> tuple[SourceEntry, ...]:
        """Sources of the provider, or of the operator, whose word is as good."""
        return tuple(source for source in self.sources if source.is_sure)


class PlatformFile(Platform, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A platform, and the lifecycle facts of its models. `source` is required if there are models."""

    provider: Annotated[Slug, Meta(description="Who runs the platform.")]
    default_after_shutdown: Annotated[AfterShutdown, Meta(description="What a call meets after the day.")] = "error"
    closed: Annotated[
        bool,
        Meta(
            description="The models are the maker's own, without published weights: behind a router they end as they "
            "do here."
        ),
    ] = False
    source: Annotated[
        Https | None, Meta(description="The provider's page of deprecations, or the next best; required beside models.")
    ] = None
    models: Annotated[
        tuple[Entry, ...], Meta(min_length=1, description="Sorted by id. The last key; left out where none is known.")
    ] = ()


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a catalog file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lastcall catalog file",
        **msgspec.json.schema(PlatformFile),
    }
