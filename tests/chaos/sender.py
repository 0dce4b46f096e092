"""One tick of delivery in a process of its own, to be killed. Arguments: database URL, URL of Slack, token."""

import asyncio
import sys

from pydantic import SecretStr

from service.adapters.catalog.files import load_platforms
from service.adapters.postgres.database import open_database
from service.adapters.slack.transport import open_slack
from service.core.identity import use_platforms
from tests.outbox_rows import send


async def main(database_url: str, slack_url: str, token: str) -> None:
    use_platforms(load_platforms())
    database = open_database(database_url)
    async with open_slack(SecretStr(token), api_url=slack_url) as transport:
        await send(database, transport)
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
