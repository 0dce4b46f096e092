"""Who is on duty is asked when a message goes out. While nobody can say, those of the last good answer hear; a good
answer that names nobody is no outage."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from service.adapters.directory.http import open_http
from service.adapters.directory.pagerduty import PagerDuty
from service.adapters.postgres.database import Database
from service.adapters.slack.transport import SlackTransport, open_slack
from service.engine.deliver import DeliveryReport
from service.engine.rota import Rota
from tests.builders import make_notice
from tests.directory_server import Fault
from tests.outbox_rows import enqueue, open_kinds, send, states
from tests.pagerduty_server import PagerDutyServer
from tests.slack_server import Fault as SlackFault
from tests.slack_server import SlackServer

SCHEDULE = "pagerduty:PSCHED"
GROUP = "usergroup:search-oncall"


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDutyServer]:
    schedules = {"PSCHED": ["ada@example.com"], "PEMPTY": []}
    services = {"PSERV": [(2, "ada@example.com"), (2, "eve@example.com"), (1, "bob@example.com")]}
    async with PagerDutyServer(schedules=schedules, services=services, page=2) as server:
        yield server


@pytest.fixture
async def transport(
    database: Database, slack: SlackServer, pagerduty: PagerDutyServer
) -> AsyncIterator[SlackTransport]:
    async with open_http(timeout_seconds=3) as session:
        rota = Rota(database, lambda: PagerDuty(session, pagerduty.url, SecretStr(pagerduty.token)))
        token = SecretStr(slack.token)
        async with open_slack(token, api_url=slack.url, timeout_seconds=3, pace_seconds=0, rota=rota) as opened:
            yield opened


def told(slack: SlackServer) -> list[list[str]]:
    """The users of each conversation that was opened."""
    return [sorted(str(call.args["users"]).split(",")) for call in slack.called("conversations.open")]


async def test_whoever_is_on_call_when_it_goes_out_hears(
    database: Database, slack: SlackServer, transport: SlackTransport, pagerduty: PagerDutyServer
) -> None:
    await enqueue(database, SCHEDULE, make_notice())
    pagerduty.schedules["PSCHED"] = ["bob@example.com"]
    assert await send(database, transport) == DeliveryReport(delivered=1)
    assert told(slack) == [["U00000002"]]


async def test_first_level_of_a_services_policy_hears(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "pagerduty:service/PSERV", make_notice())
    assert await send(database, transport) == DeliveryReport(delivered=1)
    assert told(slack) == [["U00000002"]]


async def test_shift_that_ends_is_over_for_the_next_message(
    database: Database, slack: SlackServer, transport: SlackTransport, pagerduty: PagerDutyServer
) -> None:
    await enqueue(database, SCHEDULE, make_notice())
    await send(database, transport)
    pagerduty.schedules["PSCHED"] = ["bob@example.com"]
    slack.groups["search-oncall"] = ["U00000001"]
    await enqueue(database, SCHEDULE, make_notice(service="ranker"))
    await enqueue(database, GROUP, make_notice(service="ranker"))
    await send(database, transport)
    slack.groups["search-oncall"] = ["U00000002"]
    await enqueue(database, GROUP, make_notice(service="indexer"))
    await send(database, transport)
    assert sorted(told(slack)) == [["U00000001"], ["U00000001"], ["U00000002"], ["U00000002"]]


async def test_of_several_on_call_those_whom_slack_knows_hear(
    database: Database, slack: SlackServer, transport: SlackTransport, pagerduty: PagerDutyServer
) -> None:
    pagerduty.schedules["PSCHED"] = ["stranger@example.com", "ada@example.com", "bob@example.com"]
    await enqueue(database, SCHEDULE, make_notice())
    assert await send(database, transport) == DeliveryReport(delivered=1)
    assert told(slack) == [["U00000001", "U00000002"]]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(status=429), id="it is asked too often"),
        pytest.param(Fault(status=401), id="it refuses the key"),
        pytest.param(Fault(status=500), id="its server fails"),
        pytest.param(Fault(slow=60), id="it is slow"),
        pytest.param(Fault(body=b"{}"), id="an answer of another shape"),
    ],
)
async def test_pagerduty_that_is_down_means_those_of_its_last_good_answer(
    database: Database,
    slack: SlackServer,
    transport: SlackTransport,
    pagerduty: PagerDutyServer,
    fault: Fault,
) -> None:
    await enqueue(database, SCHEDULE, make_notice())
    await send(database, transport)
    await enqueue(database, SCHEDULE, make_notice(service="ranker"))
    pagerduty.faults.append(fault)
    with capture_logs() as logs:
        assert await send(database, transport, minutes=6 * 60) == DeliveryReport(delivered=1)
    assert told(slack) == [["U00000001"], ["U00000001"]]
    (warned,) = [line for line in logs if line["event"] == "on duty by the last good answer"]
    assert (warned["address"], warned["hours_old"]) == (SCHEDULE, 6.0)


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        pytest.param("pagerduty:PGONE1", "http_404", id="there is no such schedule"),
        pytest.param("pagerduty:PEMPTY", "nobody_on_call", id="nobody is on call"),
        pytest.param("usergroup:nobody", "no_such_subteam", id="there is no such user group"),
    ],
)
async def test_with_no_answer_ever_the_fallback_channel_hears(
    database: Database, slack: SlackServer, transport: SlackTransport, destination: str, reason: str
) -> None:
    await enqueue(database, destination, make_notice())
    assert await send(database, transport) == DeliveryReport(failed=1, delivered=2)
    assert (await states(database))[destination] == ["failed"]
    assert reason in str([posted.blocks for posted in slack.posts if posted.where == "#fallback"])
    assert ("slack_destination", destination) in await open_kinds(database)


async def test_whoever_was_on_call_over_a_week_ago_is_left_alone(
    database: Database, transport: SlackTransport, pagerduty: PagerDutyServer
) -> None:
    await enqueue(database, SCHEDULE, make_notice())
    await send(database, transport)
    await enqueue(database, SCHEDULE, make_notice(service="ranker"))
    pagerduty.faults.append(Fault(status=500))
    await send(database, transport, minutes=timedelta(days=8) / timedelta(minutes=1))
    assert (await states(database))[SCHEDULE] == ["delivered", "failed"]


@pytest.mark.parametrize(
    ("on_call", "reason"),
    [
        pytest.param([], "nobody_on_call", id="a gap in the rota"),
        pytest.param(None, "http_404", id="the schedule was deleted"),
    ],
)
async def test_whoever_was_on_call_before_nobody_was_is_left_alone(
    database: Database,
    slack: SlackServer,
    transport: SlackTransport,
    pagerduty: PagerDutyServer,
    *,
    on_call: list[str] | None,
    reason: str,
) -> None:
    await enqueue(database, SCHEDULE, make_notice())
    await send(database, transport)
    if on_call is None:
        del pagerduty.schedules["PSCHED"]
    else:
        pagerduty.schedules["PSCHED"] = on_call
    await enqueue(database, SCHEDULE, make_notice(service="ranker"))
    assert await send(database, transport) == DeliveryReport(failed=1, delivered=2)
    assert told(slack) == [["U00000001"]]
    assert reason in str([posted.blocks for posted in slack.posts if posted.where == "#fallback"])


async def test_pagerduty_that_is_down_in_a_gap_brings_nobody_back(
    database: Database, slack: SlackServer, transport: SlackTransport, pagerduty: PagerDutyServer
) -> None:
    for minutes, (on_call, faults) in enumerate([(["ada@example.com"], []), ([], []), ([], [Fault(status=500)])]):
        pagerduty.schedules["PSCHED"] = on_call
        pagerduty.faults.extend(faults)
        await enqueue(database, SCHEDULE, make_notice(service=f"service-{minutes}"))
        await send(database, transport, minutes=minutes)
    assert (await states(database))[SCHEDULE] == ["delivered", "failed", "failed"]
    assert told(slack) == [["U00000001"]]


async def test_service_without_a_policy_has_nobody_on_call(
    database: Database, slack: SlackServer, transport: SlackTransport, pagerduty: PagerDutyServer
) -> None:
    pagerduty.faults.append(Fault(body=b'{"service": {"id": "PSERV", "escalation_policy": null}}'))
    await enqueue(database, "pagerduty:service/PSERV", make_notice())
    assert await send(database, transport) == DeliveryReport(failed=1, delivered=2)
    assert "no_escalation_policy" in str([posted.blocks for posted in slack.posts if posted.where == "#fallback"])
    assert len(pagerduty.asked) == 1


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        pytest.param([], "not_enough_users", id="nobody is on duty"),
        pytest.param(None, "no_such_subteam", id="the group is gone"),
    ],
)
async def test_user_group_without_anybody_is_no_reason_to_tell_those_who_were_in_it(
    database: Database, slack: SlackServer, transport: SlackTransport, members: list[str] | None, reason: str
) -> None:
    await enqueue(database, GROUP, make_notice())
    await send(database, transport)
    if members is None:
        del slack.groups["search-oncall"]
    else:
        slack.groups["search-oncall"] = members
    await enqueue(database, GROUP, make_notice(service="ranker"))
    assert await send(database, transport) == DeliveryReport(failed=1, delivered=2)
    assert told(slack) == [["U00000001", "U00000002"]]
    assert reason in str([posted.blocks for posted in slack.posts if posted.where == "#fallback"])


async def test_user_group_that_slack_will_not_show_means_those_who_were_in_it_last(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, GROUP, make_notice())
    await send(database, transport)
    slack.fail("usergroups.list", SlackFault(error="missing_scope"))
    await enqueue(database, GROUP, make_notice(service="ranker"))
    assert await send(database, transport) == DeliveryReport(delivered=1)
    assert told(slack) == [["U00000001", "U00000002"]] * 2


async def test_without_a_key_of_pagerduty_the_fallback_channel_hears(database: Database, slack: SlackServer) -> None:
    await enqueue(database, SCHEDULE, make_notice())
    rota = Rota(database, lambda: None)
    async with open_slack(SecretStr(slack.token), api_url=slack.url, pace_seconds=0, rota=rota) as transport:
        await send(database, transport)
    assert "no_pagerduty_token" in str([posted.blocks for posted in slack.posts if posted.where == "#fallback"])
