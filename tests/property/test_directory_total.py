"""Whatever a catalog or a CODEOWNERS file holds, it is read, and what is made of it can be stored."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from service.core.directory.backstage import read_entity
from service.core.directory.codeowners import CodeOwners, parse_codeowners
from service.core.directory.stored import catalog_to_answers, rules_to_answers

NAMES = st.sampled_from(["a", "a", "b", "A", "x/a", "group:a", "user:b", "#c", "a@x.org", "\0", "a\nb", "\ud800"])
LEAVES = st.none() | st.integers() | NAMES | st.text()
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)
KEYS = ["slack.com/bot-notify", "lastcall/services", "lastcall/oncall", "pagerduty.com/service-id"]
ENTITIES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["Component", "Group", "User"]) | ANYTHING,
        "metadata": ANYTHING
        | st.fixed_dictionaries(
            {"name": NAMES | ANYTHING},
            optional={"namespace": LEAVES, "annotations": st.dictionaries(st.sampled_from(KEYS), LEAVES)},
        ),
        "spec": ANYTHING
        | st.fixed_dictionaries(
            {},
            optional={
                "owner": LEAVES,
                "parent": LEAVES,
                "members": st.lists(LEAVES) | ANYTHING,
                "memberOf": st.lists(LEAVES) | ANYTHING,
                "profile": st.fixed_dictionaries({"email": LEAVES}) | ANYTHING,
            },
        ),
    }
)


@given(st.lists(ENTITIES | ANYTHING, max_size=8))
def test_any_catalog_is_read(raw: list[Any]) -> None:
    answers = catalog_to_answers(entity for one in raw if (entity := read_entity(one)))
    assert b"\\u0000" not in msgspec.json.encode(answers)


LINES = st.text(alphabet="*/?[]!#@\\ \t\r\x00\ud800abc.") | st.text()


@given(st.lists(LINES), st.sampled_from(["a", "a/b", "*", "", "{service}", "\0"]))
def test_any_codeowners_file_is_read(lines: list[str], service: str) -> None:
    parsed = parse_codeowners("\n".join(lines))
    assert b"\\u0000" not in msgspec.json.encode(rules_to_answers(parsed.rules))
    assert all(one.why.isprintable() for one in parsed.unread)
    CodeOwners(parsed.rules).owner_of(service)
