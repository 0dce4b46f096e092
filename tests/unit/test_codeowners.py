"""CODEOWNERS: which line says whose a folder is."""

import pytest

from service.core.directory.codeowners import CodeOwners, Rule, parse_codeowners

FILE = """
# Everything that nobody else has.
*                       @acme/platform

/services/search-*/     @acme/search ada@example.com   # and whoever comes next
/services/cart/         @acme/payments
/services/cart/docs/    @acme/writers
/services/legacy/
services/*.py           @acme/python
!services/cart/         @acme/nobody
[Section]
/services/solo          bob@example.com
/services/handle        @carol
"""


def owner_of(service: str, *paths: str, text: str = FILE) -> tuple[str | None, tuple[str, ...]] | None:
    owner = CodeOwners(parse_codeowners(text), paths or ("services/{service}/",)).owner_of(service)
    return (owner.team, owner.people) if owner else None


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        pytest.param(
            "search-api", ("search", ("ada@example.com",)), id="a pattern for several services, and a comment"
        ),
        pytest.param("cart", ("payments", ()), id="not whoever has a folder below"),
        pytest.param("legacy", None, id="a line without owners takes them away"),
        pytest.param("billing", None, id="whoever has everything is not asked about one service"),
        pytest.param("solo", ("bob@example.com", ("bob@example.com",)), id="a person"),
        pytest.param("handle", ("carol", ()), id="a handle, of which no address is known"),
    ],
)
def test_service_belongs_to_the_last_line_that_matches_its_folder(
    service: str, expected: tuple[str, tuple[str, ...]] | None
) -> None:
    assert owner_of(service) == expected


@pytest.mark.parametrize(
    ("pattern", "folder", "covers"),
    [
        pytest.param("*", "services/cart", True, id="everything"),
        pytest.param("cart", "services/cart", True, id="a name alone, at any depth"),
        pytest.param("cart/", "services/cart", True, id="a folder alone, at any depth"),
        pytest.param("/cart/", "services/cart", False, id="a folder at the top only"),
        pytest.param("/services", "services/cart", True, id="a folder above"),
        pytest.param("services/", "a/services/cart", True, id="a folder above, at any depth"),
        pytest.param("services/cart", "a/services/cart", False, id="a slash inside ties it to the top"),
        pytest.param("/services/*", "services/cart", False, id="a star does not reach below"),
        pytest.param("/services/cart/*", "services/cart", True, id="files right in the folder"),
        pytest.param("/services/**", "services/cart", True, id="two stars reach below"),
        pytest.param("**/cart", "a/b/cart", True, id="two stars before"),
        pytest.param("services/**/cart/", "services/cart", True, id="two stars may stand for nothing"),
        pytest.param("services/**/cart/", "services/a/b/cart", True, id="two stars may stand for much"),
        pytest.param("/services/ca?t/", "services/cart", True, id="a question mark is one letter"),
        pytest.param("*.py", "services/cart", False, id="some files of it only"),
        pytest.param("/services/c[a]rt/", "services/cart", False, id="brackets are letters"),
        pytest.param("/Services/Cart/", "services/cart", False, id="case matters"),
    ],
)
def test_pattern_covers_a_folder(pattern: str, folder: str, covers: bool) -> None:
    assert Rule(1, pattern, ("@acme/x",)).covers(folder) is covers


def test_owner_says_by_which_line() -> None:
    owner = CodeOwners(parse_codeowners(FILE)).owner_of("cart")
    assert owner is not None
    assert owner.rule == "line 6 of CODEOWNERS, /services/cart/"


def test_of_several_places_the_line_furthest_down_wins() -> None:
    text = "/services/cart/ @acme/old\n/apps/cart/ @acme/new\n"
    assert owner_of("cart", "apps/{service}", "services/{service}/", text=text) == ("new", ())


def test_escaped_hash_is_part_of_the_pattern() -> None:
    assert parse_codeowners(r"/services/\#x/ @acme/x") == [Rule(1, "/services/#x/", ("@acme/x",))]


def test_stars_without_end_are_matched_at_once() -> None:
    pattern = "/".join(["**", "a*a*a*a*a*"] * 12)
    assert not Rule(1, pattern, ("@acme/x",)).covers("/".join(["aaaaaaaaaaaaaaaaaaaaaaaab"] * 11))
