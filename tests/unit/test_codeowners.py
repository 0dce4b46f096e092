"""CODEOWNERS: which line says whose a folder is."""

import pytest

from service.core.directory.codeowners import MAX_RULES, CodeOwners, Rule, parse_codeowners

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
    owner = CodeOwners(parse_codeowners(text).rules, paths or ("services/{service}/",)).owner_of(service)
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
        pytest.param(r"/services/c\[a\]rt/", "services/c[a]rt", True, id="escaped brackets are letters"),
        pytest.param(r"/services/ca\*/", "services/cart", False, id="an escaped star is a letter"),
        pytest.param(r"/services/ca\*/", "services/ca*", True, id="and matches that letter"),
        pytest.param(r"/services/c\art/", "services/cart", True, id="an escaped letter is that letter"),
        pytest.param("/My Services/cart/", "My Services/cart", True, id="a space"),
        pytest.param("/Services/Cart/", "services/cart", False, id="case matters"),
    ],
)
def test_pattern_covers_a_folder(pattern: str, folder: str, covers: bool) -> None:
    assert Rule(1, pattern, ("@acme/x",)).covers(folder) is covers


def test_owner_says_by_which_line() -> None:
    owner = CodeOwners(parse_codeowners(FILE).rules).owner_of("cart")
    assert owner is not None
    assert owner.rule == "line 6 of CODEOWNERS, /services/cart/"


def test_of_several_places_the_line_furthest_down_wins() -> None:
    text = "/services/cart/ @acme/old\n/apps/cart/ @acme/new\n"
    assert owner_of("cart", "apps/{service}", "services/{service}/", text=text) == ("new", ())


@pytest.mark.parametrize(
    ("line", "pattern", "owners"),
    [
        pytest.param(r"/services/\#x/ @acme/x", "/services/#x/", ("@acme/x",), id="an escaped hash"),
        pytest.param(r"\#x/ @acme/x", "#x/", ("@acme/x",), id="an escaped hash at the start"),
        pytest.param(
            r"/My\ Services/quote-bot/ @acme/quotes", "/My Services/quote-bot/", ("@acme/quotes",), id="space"
        ),
        pytest.param("/a\\\tb/ @acme/x", "/a\tb/", None, id="an escaped tab, which nothing can show"),
        pytest.param(r"/a\ b\ c/ @acme/x # one @two", "/a b c/", ("@acme/x",), id="spaces, and a comment"),
        pytest.param(r"/jokes/ @acme/fun # trailing remark", "/jokes/", ("@acme/fun",), id="a comment after it"),
        pytest.param("/jokes/ @acme/fun#remark", "/jokes/", ("@acme/fun",), id="a comment without a space"),
        pytest.param(r"/a\*b/ @acme/x", r"/a\*b/", ("@acme/x",), id="an escaped star stays escaped"),
        pytest.param("/a/ @acme/x\tbob@example.com", "/a/", ("@acme/x", "bob@example.com"), id="tabs between"),
        pytest.param("/roles/ @@maintainer", "/roles/", ("@@maintainer",), id="a role of GitLab"),
    ],
)
def test_line_is_read_as_at_github(line: str, pattern: str, owners: tuple[str, ...] | None) -> None:
    parsed = parse_codeowners(line)
    assert parsed.rules == ([Rule(1, pattern, owners)] if owners else [])
    assert len(parsed.unread) == (0 if owners else 1)


@pytest.mark.parametrize(
    ("line", "why", "remedy"),
    [
        pytest.param("!a/ @acme/x", "!a/: `!` is not allowed", "Add a line further down", id="a negation"),
        pytest.param("/c[a-f]rt/ @acme/x", "/c[a-f]rt/: `[ ]` is not a range here", "Write `*` or `?`", id="a range"),
        pytest.param("/c[art/ @acme/x", "/c[art/: `[ ]` is not a range here", "Write `*` or `?`", id="half a range"),
        pytest.param("/My Services/cart/ @acme/x", "Services/cart/ is not an owner", "a space in a path", id="a space"),
        pytest.param(
            "/a/ acme/x", "acme/x is not an owner", "An owner is @user, @org/team or", id="an owner without @"
        ),
        pytest.param("/a/ @", "@ is not an owner", "An owner is", id="nobody's handle"),
        pytest.param("/a/ @acme/x, @acme/y", "@acme/x, is not an owner", "An owner is", id="a comma"),
        pytest.param("/a/ @acme/x \\", "it ends with a backslash", "Remove the backslash", id="half an escape"),
        pytest.param("/" + "a" * 300 + " @acme/x", "is not a path of up to 200", "Shorten it", id="too long"),
    ],
)
def test_line_that_cannot_be_read_says_which_and_what_to_do(line: str, why: str, remedy: str) -> None:
    parsed = parse_codeowners(f"# remark\n/good/ @acme/good\n{line}\n/last/ @acme/last\n")

    assert [rule.pattern for rule in parsed.rules] == ["/good/", "/last/"]
    ((number, said, mend),) = [(one.line, one.why, one.remedy) for one in parsed.unread]
    assert number == 3
    assert why in said
    assert remedy in mend


def test_path_with_a_space_belongs_to_whom_the_file_says() -> None:
    text = "/docs/ @acme/docs\n/My\\ Services/ @acme/platform\n/My\\ Services/quote-bot/ @acme/quotes\n"
    text += "/My\\ Services/jokes/ @acme/fun # trailing remark\n"
    assert owner_of("quote-bot", "My Services/{service}/", text=text) == ("quotes", ())
    assert owner_of("jokes", "My Services/{service}/", text=text) == ("fun", ())
    assert owner_of("other", "My Services/{service}/", text=text) is None


SECTIONS = """
[Search] @acme/search
/services/search-api/
/services/search-web/  @acme/web
^[Payments][2] @acme/payments ada@example.com
/services/cart/
[Documentation]
/services/manual/
"""


def test_sections_owners_answer_for_lines_that_name_none() -> None:
    assert owner_of("search-api", text=SECTIONS) == ("search", ())
    assert owner_of("search-web", text=SECTIONS) == ("web", ())
    assert owner_of("cart", text=SECTIONS) == ("payments", ("ada@example.com",))
    assert owner_of("manual", text=SECTIONS) is None
    assert parse_codeowners(SECTIONS).unread == []


def test_role_alone_is_nobody_that_is_known() -> None:
    assert owner_of("cart", text="/services/cart/ @@maintainer\n") is None
    assert owner_of("cart", text="/services/cart/ @@maintainer @acme/payments\n") == ("payments", ())


def test_more_rules_than_are_read_are_told_of() -> None:
    parsed = parse_codeowners("/a/ @acme/x\n" * (MAX_RULES + 1))
    assert len(parsed.rules) == MAX_RULES
    assert [(one.line, one.why) for one in parsed.unread] == [(MAX_RULES + 1, "only the first 20,000 rules are used")]


def test_stars_without_end_are_matched_at_once() -> None:
    pattern = "/".join(["**", "a*a*a*a*a*"] * 12)
    assert not Rule(1, pattern, ("@acme/x",)).covers("/".join(["aaaaaaaaaaaaaaaaaaaaaaaab"] * 11))
