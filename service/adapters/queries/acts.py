"""Acts on an exposure, and its migration checklist."""

from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.act_log import read_acts
from service.adapters.postgres.checklist_store import load_checklists
from service.adapters.queries.act_answers import (
    ChecklistAnswer,
    ChecklistItem,
    ExposureActs,
    ExposureChecklist,
    LoggedActAnswer,
)
from service.core.checklist import ITEMS, Checklist, Item
from service.core.exposure import ExposureKey


async def read_checklist(connection: AsyncConnection, key: ExposureKey) -> ExposureChecklist:
    found = (await load_checklists(connection, [key])).get(key, Checklist())
    return ExposureChecklist(**key._asdict(), checklist=checklist_answer(found))


async def read_history(connection: AsyncConnection, key: ExposureKey) -> ExposureActs:
    acts = [
        LoggedActAnswer(kind=act.kind, author=act.author, at=act.at, details=dict(act.details))
        for act in await read_acts(connection, key)
    ]
    return ExposureActs(**key._asdict(), acts=acts)


def checklist_answer(checklist: Checklist) -> ChecklistAnswer:
    return ChecklistAnswer(done=checklist.done, total=len(ITEMS), items=[_item(item, checklist) for item in ITEMS])


def _item(item: Item, checklist: Checklist) -> ChecklistItem:
    tick = checklist.tick_of(item.id)
    return ChecklistItem(
        id=item.id,
        words=item.words,
        done=tick is not None,
        author=tick.author if tick else None,
        at=tick.at if tick else None,
    )
