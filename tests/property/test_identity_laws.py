"""Identity is total, exact, and at rest on what it answers."""

from hypothesis import given
from hypothesis import strategies as st

from service.adapters.catalog.files import load_catalog
from service.adapters.catalog.identity import load_identity
from service.core.catalog.lifecycle import Deprecation
from service.core.identity import Identified, Model, Unresolved

LOADED = load_catalog()
RESOLVER = LOADED.resolver
IDENTITY = load_identity()
APIS = {maker["api"]: maker for maker in IDENTITY["makers"].values() if "api" in maker}
CANONICAL = [
    (api, name)
    for api, maker in APIS.items()
    for name in (*maker.get("models", ()), *maker.get("floating", ()))
    if not name.endswith("-v2")
]
MODELS = st.sampled_from([None, "unknown", *sorted({record.model for record in LOADED.catalog})])
HINTS = st.one_of(
    st.none(),
    st.sampled_from(
        ["openai", "azure.ai.openai", "aws.bedrock", "gcp.vertex_ai", "gemini", "openrouter", "litellm", "path"]
    ),
    st.text(max_size=20),
)
ID_TEXT = st.text(alphabet="abcdefgpt0123456789-.:/@%~ _", max_size=60)


@given(raw=st.one_of(st.text(), ID_TEXT), provider=HINTS, host=st.one_of(st.none(), st.text(max_size=40)))
def test_every_text_has_an_answer(raw: str, provider: str | None, host: str | None) -> None:
    assert isinstance(RESOLVER.resolve(raw, provider=provider, host=host), Model | Unresolved)


@given(known=st.sampled_from(CANONICAL))
def test_canonical_name_means_itself_at_its_maker(known: tuple[str, str]) -> None:
    api, name = known
    answer = RESOLVER.resolve(name, provider=api)
    assert isinstance(answer, Model)
    assert (answer.platform, answer.model) == (api, name)


@given(known=st.sampled_from(CANONICAL), tail=st.from_regex(r"[-a-z0-9.]{1,8}", fullmatch=True))
def test_unknown_suffix_never_folds_into_the_known_part(known: tuple[str, str], tail: str) -> None:
    api, name = known
    answer = RESOLVER.resolve(name + tail, provider=api)
    assert not isinstance(answer, Model) or answer.platform != api or answer.model != name


@given(known=st.sampled_from(CANONICAL), head=st.from_regex(r"[a-z0-9]{1,6}-?", fullmatch=True))
def test_unknown_head_never_folds_into_the_known_part(known: tuple[str, str], head: str) -> None:
    api, name = known
    answer = RESOLVER.resolve(head + name, provider=api)
    assert not isinstance(answer, Model) or answer.model != name


@given(known=st.sampled_from(CANONICAL), pad=st.sampled_from(["{}", " {} ", '"{}"', "%20{}", "{}%2520"]))
def test_case_quotes_and_encoding_do_not_matter(known: tuple[str, str], pad: str) -> None:
    api, name = known
    assert RESOLVER.resolve(pad.format(name.upper()), provider=api) == RESOLVER.resolve(name, provider=api)


@given(known=st.sampled_from(CANONICAL), word=st.from_regex(r"zz[a-y]{3,8}", fullmatch=True))
def test_unknown_place_keeps_the_model_and_is_never_its_makers_api(known: tuple[str, str], word: str) -> None:
    _, name = known
    for answer in (RESOLVER.resolve(name, provider=word), RESOLVER.resolve(name, host=f"{word}.example")):
        assert isinstance(answer, Model)
        assert answer.platform not in RESOLVER.platforms.makers_apis
        assert answer.model == RESOLVER.resolve(name).model  # type: ignore[union-attr]


@given(
    platform=st.sampled_from(sorted({record.platform for record in LOADED.catalog})),
    requested=MODELS,
    served=MODELS,
)
def test_call_counts_for_one_deprecated_model_unless_another_model_answered(
    platform: str, requested: str | None, served: str | None
) -> None:
    called = Identified(platform, requested, served)
    counted = LOADED.catalog.counted(called)
    assert LOADED.catalog.counted(counted) == counted
    assert {counted.requested_model, counted.served_model} <= {requested, served}
    records = [LOADED.catalog.get(platform, model) for model in {counted.requested_model, counted.served_model}]
    deprecated = [record for record in records if record is not None and record.is_deprecated]
    assert len(deprecated) <= 1 or called.served_is_another


@given(record=st.sampled_from([one for one in LOADED.catalog if one.versions and one.is_deprecated]), data=st.data())
def test_alias_that_one_of_its_versions_answers_counts_as_one(record: Deprecation, data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(record.versions))
    counted = LOADED.catalog.counted(Identified(record.platform, record.model, version))
    assert (counted.requested_model, counted.served_model) == (version, version)
    assert not counted.served_is_another


@given(record=st.sampled_from([record for record in LOADED.catalog if record.through]))
def test_router_has_no_end_that_its_maker_does_not_have(record: Deprecation) -> None:
    behind = LOADED.catalog.get(record.dates_of, record.model)
    of_versions = [LOADED.catalog.get(record.dates_of, version) for version in record.versions]
    ends = [one.shutdown for one in (behind, *of_versions) if one is not None and one.closed]
    assert record.shutdown in ends
