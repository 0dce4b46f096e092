"""Entities of a Backstage catalog -> owners of services."""

from typing import Any

import pytest

from service.core.directory.backstage import MOST_MEMBERS_TOLD, Graph, Ref, parse_ref, read_entity
from service.core.ownership import Owner
from tests.backstage_server import component, entity, group, user


def owners(*entities: dict[str, Any]) -> dict[str, Owner]:
    return Graph(found for one in entities if (found := read_entity(one))).owners()


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        pytest.param(
            "search", Ref("group", "default", "search"), id="a name alone takes kind and namespace of its place"
        ),
        pytest.param("user:ada", Ref("user", "default", "ada"), id="with its kind"),
        pytest.param("shop/search", Ref("group", "shop", "search"), id="with its namespace"),
        pytest.param("Group:Shop/Search", Ref("group", "shop", "search"), id="in any case"),
        pytest.param("a/b/c", None, id="no reference"),
        pytest.param("", None, id="empty"),
        pytest.param(["search"], None, id="no text"),
        pytest.param("x" * 300, None, id="too long"),
    ],
)
def test_reference_is_read(text: object, ref: Ref | None) -> None:
    assert parse_ref(text, kind="group") == ref


def test_group_with_a_channel_hears_there() -> None:
    found = owners(component("search-api", "search"), group("search", slack="C0123456789"), user("ada", "search"))
    assert found["search-api"] == Owner(
        "search", channel="C0123456789", rule="component:default/search-api of group:default/search in Backstage"
    )


def test_members_of_a_group_without_a_channel_hear_each() -> None:
    found = owners(
        component("search-api", "group:search"),
        group("search", members=["bob"]),
        user("bob"),
        user("ada", "search", email="ada@example.com"),
        user("eve", "other"),
    )
    assert found["search-api"].people == ("ada@example.com", "bob@example.com")


def test_of_a_large_group_without_a_channel_nobody_is_picked_out() -> None:
    crowd = [user(f"u{n}", "search") for n in range(MOST_MEMBERS_TOLD + 1)]
    assert owners(component("search-api", "search"), group("search"), *crowd)["search-api"].people == ()


def test_user_may_own() -> None:
    owner = owners(component("search-api", "user:default/ada"), user("ada"))["search-api"]
    assert (owner.team, owner.people) == ("ada", ("ada@example.com",))


def test_owner_that_the_catalog_does_not_have_is_named_all_the_same() -> None:
    owner = owners(component("search-api", "search"))["search-api"]
    assert (owner.team, owner.rule.rpartition(", ")[2]) == ("search", "which has no such group")


def test_parents_of_a_group_are_manager_and_director() -> None:
    found = owners(
        component("search-api", "search"),
        group("search", parent="shop", slack="#search"),
        group("shop", parent="tech", email="mia@example.com"),
        group("tech", slack="dora@example.com"),
    )
    assert (found["search-api"].manager, found["search-api"].director) == (("mia@example.com",), ("dora@example.com",))


def test_groups_that_are_their_own_ancestors_end() -> None:
    found = owners(component("search-api", "a"), group("a", parent="b"), group("b", parent="a", email="b@example.com"))
    assert (found["search-api"].manager, found["search-api"].director) == (("b@example.com",), ())


def test_annotations_of_the_component_come_before_those_of_its_group() -> None:
    found = owners(
        component("search-api", "search", slack="#search-api", pagerduty="PSERVICE"),
        group("search", slack="#search", oncall="usergroup:search-oncall, pagerduty:PSCHED"),
    )
    assert found["search-api"].channel == "#search-api"
    assert found["search-api"].oncall == ("pagerduty:service/PSERVICE",)


@pytest.mark.parametrize(
    ("name", "team"),
    [
        pytest.param("search-api", "search", id="the component's name, in lower case"),
        pytest.param("api.search.prod", "search", id="a name that an annotation lists"),
        pytest.param("finder", "find", id="an annotation is more to the point than a name"),
        pytest.param("k8s-search", "search", id="the id in Kubernetes"),
    ],
)
def test_service_is_known_by(name: str, team: str) -> None:
    found = owners(
        component("Search-API", "search", services="finder2, api.search.prod", kubernetes="k8s-search"),
        component("other", "find", services="finder"),
        component("finder", "search"),
    )
    assert found[name].team == team


def test_name_of_several_components_means_the_one_at_home_else_nobody() -> None:
    found = owners(
        component("api", "search"),
        component("api", "shop", namespace="shop"),
        component("jobs", "search", namespace="a"),
        component("jobs", "shop", namespace="b"),
    )
    assert {name: owner.team for name, owner in found.items()} == {"api": "search"}


@pytest.mark.parametrize("is_first_at_home", [True, False])
def test_of_components_with_one_owner_the_one_at_home_says_where_it_hears(*, is_first_at_home: bool) -> None:
    both = [component("cart", "group:shop", slack="#here"), component("cart", "group:default/shop", namespace="shop")]
    found = owners(*(both if is_first_at_home else reversed(both)), group("shop", slack="#shop"))
    assert found["cart"].channel == "#here"


def test_reference_without_namespace_stays_in_the_entitys_own() -> None:
    found = owners(
        component("api", "search", namespace="shop"), group("search", namespace="shop", slack="#there"), group("search")
    )
    assert found["api"].channel == "#there"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(None, id="nothing"),
        pytest.param([], id="no mapping"),
        pytest.param({"kind": "Component"}, id="no metadata"),
        pytest.param({"kind": "Component", "metadata": {"name": 7}}, id="a name that is no text"),
        pytest.param({"kind": ["Component"], "metadata": {"name": "a"}}, id="a kind that is no text"),
        pytest.param(entity("API", "a", {"owner": "search"}), id="a kind that owns no service"),
    ],
)
def test_what_is_no_entity_is_passed_over(raw: object) -> None:
    assert read_entity(raw) is None


def test_malformed_parts_of_an_entity_are_empty() -> None:
    read = read_entity(
        {
            "kind": "group",
            "metadata": {"name": "a", "annotations": {"slack.com/bot-notify": 7}},
            "spec": {"members": [7, None], "parent": {}, "profile": "x"},
        }
    )
    assert read is not None
    assert (read.annotations, read.members, read.parent, read.email) == ({}, (), None, None)
