"""What candidates for an owner are found in, for as many services as there are."""

from datetime import timedelta

from service.adapters.postgres.act_log import record_act
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import key_owners
from service.adapters.queries.ownership import MAX_ACTS, read_key_owners, read_past_acts
from service.core.candidates import PastAct
from service.core.exposure import ExposureKey
from tests.rows import NOW

KEY = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")


async def test_more_services_are_asked_about_than_a_statement_has_parameters(database: Database) -> None:
    many = [f"service-{n}" for n in range(40_000)] + ["search-api"]
    async with database.begin() as connection:
        await record_act(connection, KEY, "acknowledge", author="ada", at=NOW, details={})
        await connection.execute(key_owners.insert().values(service="search-api", name="bob", last_at=NOW))
        assert await read_past_acts(connection, many) == {"search-api": [PastAct("ada", "acknowledge", NOW)]}
        assert await read_key_owners(connection, many) == {"search-api": ["bob"]}


async def test_service_with_many_acts_hides_no_other(database: Database) -> None:
    quiet = KEY._replace(service="billing-api")
    async with database.begin() as connection:
        await record_act(connection, quiet, "acknowledge", author="bob", at=NOW - timedelta(days=90), details={})
        for n in range(MAX_ACTS + 1):
            await record_act(connection, KEY, "acknowledge", author=f"ada-{n}", at=NOW + timedelta(n), details={})
        found = await read_past_acts(connection, ["search-api", "billing-api"])
    assert found["billing-api"] == [PastAct("bob", "acknowledge", NOW - timedelta(days=90))]
    assert [one.author for one in found["search-api"]] == [f"ada-{n}" for n in range(MAX_ACTS, 0, -1)]
