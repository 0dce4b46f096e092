"""The exposure that somebody names, from what a real database has of the service."""

from datetime import timedelta

from service.adapters.postgres.database import Database
from service.core.exposure import ExposureKey
from service.core.naming import Ambiguous, Missing
from service.engine.which import which
from tests.rows import NOW, put_use
from tests.web_client import make_app

GPT_45 = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")


async def test_a_service_with_one_exposure_is_enough(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection)
        await put_use(connection, model="gpt-4.1")
        await put_use(connection, service="billing-run", model="o1-preview")

    assert await which(database, make_app(database).world, "search-api", now=NOW) == GPT_45


async def test_what_has_stopped_can_still_be_named_and_what_comes_later_cannot(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago={60: 3})
        await put_use(connection, environment="staging", calls_by_days_ago={-2: 3})

    assert await which(database, make_app(database).world, "search-api", now=NOW) == GPT_45


async def test_several_exposures_are_told_apart_by_a_model_or_an_environment(database: Database) -> None:
    world = make_app(database).world
    async with database.begin() as connection:
        await put_use(connection)
        await put_use(connection, environment="staging")
        await put_use(connection, model="o1-preview")

    both = Ambiguous((GPT_45, GPT_45._replace(environment="staging")), narrowed=True)
    assert await which(database, world, "search-api", model="gpt-4.5-preview", now=NOW) == both
    assert await which(database, world, "search-api", environment="staging", now=NOW) == GPT_45._replace(
        environment="staging"
    )
    assert await which(database, world, "search-api", model="o1-preview", now=NOW) == GPT_45._replace(
        model="o1-preview"
    )


async def test_an_announcement_that_is_yet_to_come_names_no_exposure(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago={100: 3})

    found = await which(database, make_app(database).world, "search-api", now=NOW - timedelta(days=90))
    assert isinstance(found, Missing)


async def test_an_unknown_service_is_answered_with_one_that_is_alike(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection)

    found = await which(database, make_app(database).world, "serach-api", now=NOW)
    assert found == Missing("serach-api has not called a deprecated model.", "Did you mean search-api?")
