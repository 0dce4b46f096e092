"""The head of a catalog file: names, hosts, ids and errors of a platform."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from service.core.identity.grammars import GrammarName

Slug = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
Word = Annotated[str, Meta(pattern="^[a-z0-9]+(_[a-z0-9]+)*$", max_length=64)]
Host = Annotated[str, Meta(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=253)]
Pattern = Annotated[str, Meta(min_length=1, max_length=300, description="A regular expression, for lower case.")]
Text = Annotated[str, Meta(min_length=1, max_length=128)]
Status = Annotated[str, Meta(pattern="^[45][0-9]{2}$")]


class Gone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One wording for a model that is gone. All given fields must match."""

    code: Annotated[Text | None, Meta(description="The provider's code, exactly.")] = None
    words: Annotated[
        Pattern | None,
        Meta(description="Anywhere in the error's text. Plain characters are found sooner than an expression."),
    ] = None
    status: Annotated[Status | None, Meta(description="HTTP status, beside the words; quoted.")] = None
    source: Annotated[Text, Meta(description="Where it was seen: a thread on GitHub, or the address of a page.")]


class RequestPath(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A path of the platform's API, without its query."""

    pattern: Annotated[Pattern, Meta(description="Of the whole path. Its first group is the model's id.")]
    no_model: Annotated[
        Literal["free_text", "opaque", "no_model_in_path"] | None,
        Meta(
            description="Why it names no model: free_text, a name that the customer chose; opaque, a resource; "
            "no_model_in_path, the model is in the body."
        ),
    ] = None


class PlatformNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names that are valid on one platform only, besides the makers' names: lower case, sorted, as spelled after the
    platform's grammar."""

    models: Annotated[tuple[str, ...], Meta(description="Ids that name one model.")] = ()
    pinned: Annotated[dict[str, str], Meta(description="Alias: the only model that it has ever stood for.")] = {}
    floating: Annotated[
        tuple[str, ...], Meta(description="Aliases that have stood for several models, and stay themselves.")
    ] = ()
    versions: Annotated[
        dict[str, Annotated[tuple[str, ...], Meta(min_length=1)]],
        Meta(description="Floating alias: all models that it has stood for. Without a record, it ends with the last."),
    ] = {}


class Platform(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A platform. Everything but the slug is optional."""

    platform: Annotated[Slug, Meta(description="Its slug. The file is called <platform>.yaml.")]
    name: Annotated[Text | None, Meta(description="As people read it.")] = None
    words: Annotated[
        tuple[Word, ...],
        Meta(
            description="What tools call it in a provider field and before an id (`word/id`, `word:id`): lower case, "
            "`_` for `.`, `-` and spaces. The slug is one of them."
        ),
    ] = ()
    field_words: Annotated[
        tuple[Word, ...], Meta(description="What tools call it in a provider field only; before an id it is a maker.")
    ] = ()
    word_patterns: Annotated[tuple[Pattern, ...], Meta(description="Words of a provider field, by a rule.")] = ()
    hosts: Annotated[tuple[Host, ...], Meta(description="Names of its hosts, exactly.")] = ()
    host_patterns: Annotated[
        tuple[Pattern, ...], Meta(description="Names of its hosts that hold a region or a customer's name.")
    ] = ()
    grammar: Annotated[
        GrammarName,
        Meta(description="How its ids read. reseller: `[maker/]name`, in anybody's spelling. The grammars are code."),
    ] = "reseller"
    id_patterns: Annotated[tuple[Pattern, ...], Meta(description="Ids that prove this platform.")] = ()
    weak_id_patterns: Annotated[
        tuple[Pattern, ...], Meta(description="Ids that prove it where nothing else tells the platform.")
    ] = ()
    routes: Annotated[
        tuple[Pattern, ...], Meta(description="What may stand before an id and is no part of it: regions, modes.")
    ] = ()
    paths: Annotated[tuple[RequestPath, ...], Meta(description="Paths of its API.")] = ()
    makers: Annotated[tuple[Slug, ...], Meta(description="It serves models of these makers only.")] = ()
    makers_elsewhere: Annotated[
        tuple[Slug, ...], Meta(description="Makers whose models its neighbour serves, and it does not.")
    ] = ()
    neighbour: Annotated[
        Slug | None,
        Meta(description="A platform that logs call by the same words: an id that one does not know may be its."),
    ] = None
    makers_api: Annotated[
        bool, Meta(description="The API of those who make the models: its words name the maker as often as the place.")
    ] = False
    loose_words: Annotated[
        bool,
        Meta(description="Its words name a client library or a gateway as often as the place: an id that proves wins."),
    ] = False
    common_api: Annotated[bool, Meta(description="Many others speak this API: its client library proves no place.")] = (
        False
    )
    own_ids: Annotated[
        bool, Meta(description="It has ids of its own for everything: a maker's short name is no id of it.")
    ] = False
    own_prefix: Annotated[
        bool, Meta(description="Ids of it begin with its own name: in a log that names it, this is no wrapper.")
    ] = False
    deployments: Annotated[
        bool, Meta(description="What a call names as its model is a name that the customer chose.")
    ] = False
    router: Annotated[
        bool, Meta(description="It passes calls on to other platforms, and their errors back: see `closed`.")
    ] = False
    announces_ends: Annotated[
        bool, Meta(description="Its answers announce the end of their model: what they say is the provider's word.")
    ] = False
    gone: Annotated[tuple[Gone, ...], Meta(description="How it says that a model is gone.")] = ()
    names: Annotated[
        PlatformNames,
        Meta(description="Ids that no record below has, and that the makers' names in identity.yaml do not tell."),
    ] = PlatformNames()
