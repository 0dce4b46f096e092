"""The catalog in force for a command: with what the database has, if there is one; else the shipped one."""

from dataclasses import dataclass
from datetime import UTC, datetime

from service.adapters.catalog.files import CatalogError, load_files
from service.adapters.embedded import FolderEmpty
from service.adapters.postgres.database import REVISION, current_revision
from service.app import load_world, open_app
from service.config.world import World
from service.core.catalog.judgement import Evidence, judge
from service.engine.propose import Standings, standings
from service.entrypoints.cli.output import fail, stderr
from service.entrypoints.cli.session import plainly, read_settings, with_database


@dataclass(frozen=True, slots=True)
class InForce:
    world: World
    standings: Standings


def in_force() -> InForce:
    """Ends the command if lastcall.yaml or the catalog is invalid, or a configured database does not answer."""

    async def main() -> InForce:
        given = read_settings(logs=False)
        try:
            async with with_database(given) as settings, open_app(settings) as app:
                if await current_revision(app.database) == REVISION:
                    now = datetime.now(UTC)
                    await app.worlds.follow(app.database)
                    return InForce(app.world, await standings(app.database, app.world, now=now))
        except FolderEmpty:
            pass
        stderr.print("no database is in use: this is the shipped catalog", style="dim")
        world = load_world(given)
        judgement = judge(load_files(), Evidence(records=world.company.catalog.records))
        return InForce(world, Standings(judgement, judgement.proposals, ()))

    try:
        return plainly(main())
    except CatalogError as error:
        fail(str(error), "`lastcall catalog check` shows all errors and remedies")
