"""Addresses: one text each, read and written, said as people write it, and delivered by a transport."""

import pytest

from service.core.address import (
    TRANSPORTS,
    Address,
    Channel,
    NoAddress,
    OnCall,
    Person,
    SlackId,
    UserGroup,
    parse,
)


@pytest.mark.parametrize(
    ("text", "address", "said"),
    [
        pytest.param("#team-search", Channel("team-search"), "#team-search", id="a channel"),
        pytest.param("user:ada@example.com", Person("ada@example.com"), "ada@example.com", id="a person"),
        pytest.param("usergroup:search", UserGroup("search"), "@search", id="a user group"),
        pytest.param("C0123456789", SlackId("C0123456789"), "C0123456789", id="an id of Slack"),
        pytest.param(
            "pagerduty:PABC123", OnCall("schedule", "PABC123"), "on call by PagerDuty schedule PABC123", id="a schedule"
        ),
        pytest.param(
            "pagerduty:service/PABC123", OnCall("service", "PABC123"), "on call by PagerDuty service PABC123",
            id="a service of PagerDuty",
        ),
        pytest.param("nobody", NoAddress("nobody"), "nobody", id="no address"),
        pytest.param("user:", NoAddress("user:"), "user:", id="a scheme alone"),
        pytest.param("", NoAddress(""), "", id="nothing"),
    ],
)  # fmt: skip
def test_address_is_one_text(text: str, address: Address, said: str) -> None:
    assert parse(text) == address
    assert str(address) == text
    assert address.in_words() == said
    assert TRANSPORTS[type(address)] == "slack"


def test_bare_e_mail_address_is_a_person() -> None:
    assert parse("ada@example.com") == Person("ada@example.com")


@pytest.mark.parametrize(
    ("id_", "kind"),
    [
        pytest.param("C012", "conversation", id="a channel"),
        pytest.param("G012", "conversation", id="a private channel"),
        pytest.param("D012", "conversation", id="a direct conversation"),
        pytest.param("U012", "user", id="a user"),
        pytest.param("W012", "user", id="a user of an enterprise"),
        pytest.param("S012", "group", id="a user group"),
    ],
)
def test_id_says_what_it_is_of(id_: str, kind: str) -> None:
    assert SlackId(id_).kind == kind
