"""What to move to: successors of a model, and a comparison with one of them. Reads only."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial

from service.adapters.postgres.database import Database, Transaction
from service.adapters.queries.acts import ExposureChecklist, read_checklist
from service.adapters.queries.measured import measure_models, measure_uses
from service.adapters.queries.uses import read_calls_by_model
from service.config.world import World
from service.core.catalog.build import canonical
from service.core.catalog.lifecycle import Deprecation
from service.core.comparison import NO_CALLS, Comparison, Measured, Moving, Offer, Side, monthly, moving
from service.core.exposure import ExposureKey
from service.core.identity import Model
from service.core.naming import Missing
from service.core.prices import WINDOW_DAYS, NoPrice, Rates
from service.core.successors import Options, Successor, options, replacements_of, successors
from service.core.wording.moving import on_checklist

PlatformModel = tuple[str, str]


class MovingBook:
    """What uses can move to, as of one time. What several uses need is read once."""

    def __init__(self, world: World, now: datetime) -> None:
        self._world = world
        self._now = now
        self._answered: Mapping[str, Collection[str]] | None = None
        self._options: dict[PlatformModel, Options] = {}
        self._measured: dict[PlatformModel, Measured] = {}

    async def look(
        self, connection: Transaction, records: Mapping[ExposureKey, Deprecation]
    ) -> dict[ExposureKey, Moving]:
        """`records`: uses, each with the record of its model. Models that the provider does not name are looked for
        only where none of its replacements stays."""
        if not records:
            return {}
        own = await measure_uses(connection, records.keys(), now=self._now)
        today, found = self._now.date(), {}
        for key, record in records.items():
            some = Options(tuple(replacements_of(record, self._world.catalog, today)), ())
            if all(one.is_short_lived(today) for one in some.named):
                some = await self._options_of(connection, record)
            found[key] = self._successors(record, some, own.get(key, NO_CALLS))
        firsts = {(key.platform, some[0].model) for key, some in found.items() if some and some[0].model}
        await self._measure(connection, firsts)
        return {key: self._moving(key, found[key], own.get(key, NO_CALLS)) for key in records}

    async def successors(self, connection: Transaction, record: Deprecation, own: Measured) -> tuple[Successor, ...]:
        """`own`: the calls whose tokens are priced."""
        return self._successors(record, await self._options_of(connection, record), own)

    def _successors(self, record: Deprecation, some: Options, own: Measured) -> tuple[Successor, ...]:
        rates_of = partial(self.rates, record.platform)
        return successors(record, some, rates_of, own.mix, today=self._now.date())

    async def _options_of(self, connection: Transaction, record: Deprecation) -> Options:
        if self._answered is None:
            self._answered = await self._read_answered(connection)
        if record.key not in self._options:
            answered, today = self._answered.get(record.platform, ()), self._now.date()
            self._options[record.key] = options(record, self._world.catalog, answered, today=today)
        return self._options[record.key]

    def rates(self, platform: str, model: str) -> Rates | NoPrice:
        return self._world.prices.rates(platform, model, self._now.date())

    async def _read_answered(self, connection: Transaction) -> Mapping[str, Collection[str]]:
        """Models without a record that answered a call and have a price, by platform: the others fit nothing."""
        called = await read_calls_by_model(connection, now=self._now)
        unrecorded = [
            one for one in called if self._world.catalog.get(*one) is None and isinstance(self.rates(*one), Rates)
        ]
        found: dict[str, list[str]] = {}
        for (platform, model), measured in (await measure_models(connection, unrecorded, now=self._now)).items():
            if measured.calls > measured.errors:
                found.setdefault(platform, []).append(model)
        return found

    async def _measure(self, connection: Transaction, models: Collection[PlatformModel]) -> None:
        missing = [one for one in models if one not in self._measured]
        found = await measure_models(connection, missing, now=self._now)
        self._measured |= {one: found.get(one, NO_CALLS) for one in missing}

    def _moving(self, key: ExposureKey, some: tuple[Successor, ...], own: Measured) -> Moving:
        new = some[0].model if some else None
        if new is None:
            return Moving(successors=some)
        old_rates, new_rates = self.rates(key.platform, key.model), self.rates(key.platform, new)
        return moving(some, own, old_rates, new_rates, self._measured[key.platform, new])


async def offer(
    database: Database,
    world: World,
    model: str,
    *,
    service: str | None = None,
    platform: str | None = None,
    now: datetime,
) -> list[Offer] | Missing:
    """What callers of a model on record can move to, on the platforms and in the order of `compare`."""
    async with database.connect() as connection:
        called = await _calls_to(connection, world, model, service=service, platform=platform, now=now)
        if isinstance(called, Missing):
            return called
        records = [record for one in called if (record := world.catalog.get(*one)) is not None]
        if not records:
            return Missing(f"The catalog has no record of {model}.", "`lastcall catalog list` shows every record.")
        book = MovingBook(world, now)
        found = []
        for record in records:
            own = called[record.key]
            costs = monthly(book.rates(*record.key), own.mix)
            some = await book.successors(connection, record, own)
            found.append(Offer(record.platform, service, record, own, costs, some))
    return found


async def checklist(database: Database, world: World, key: ExposureKey, *, now: datetime) -> ExposureChecklist:
    """The checklist of a use, with what is known of cost and latency."""
    record = world.catalog.get(key.platform, key.model)
    async with database.connect() as connection:
        found = await MovingBook(world, now).look(connection, {key: record} if record else {})
        return await read_checklist(connection, key, on_checklist(found.get(key)))


async def compare(
    database: Database,
    world: World,
    old: str,
    new: str,
    *,
    service: str | None = None,
    platform: str | None = None,
    now: datetime,
) -> list[Comparison] | Missing:
    """One comparison for each platform on which `old` was called in the last 28 days, most calls first; if it was
    called on none, for each platform of the catalog that has it. Both names may have any spelling."""
    async with database.connect() as connection:
        called = await _calls_to(connection, world, old, service=service, platform=platform, now=now)
        if isinstance(called, Missing):
            return called
        pairs = [
            (old_one, (old_one[0], model))
            for old_one in called
            if (model := canonical(world.resolver, old_one[0], new)) is not None
        ]
        if not pairs:
            names = ", ".join(sorted({one for one, _ in called}))
            return Missing(f"{new} is not a model of {names}.", "`lastcall resolve` shows what a name means.")
        of_new = await measure_models(connection, {one for _, one in pairs}, now=now)
    return [
        Comparison(
            platform=old_one[0],
            service=service,
            old=_side(world, old_one, called[old_one], called[old_one], now),
            new=_side(world, new_one, of_new.get(new_one, NO_CALLS), called[old_one], now),
        )
        for old_one, new_one in pairs
    ]


def _side(world: World, model: PlatformModel, measured: Measured, own: Measured, now: datetime) -> Side:
    """`own`: the calls whose tokens are priced."""
    rates, record = world.prices.rates(*model, now.date()), world.catalog.get(*model)
    return Side(
        model=model[1],
        id=record.id if record else model[1],
        record=record,
        measured=measured,
        cost=monthly(rates, own.mix),
        rates=rates if isinstance(rates, Rates) else None,
    )


async def _calls_to(
    connection: Transaction, world: World, text: str, *, service: str | None, platform: str | None, now: datetime
) -> dict[PlatformModel, Measured] | Missing:
    """The models that `text` names and their calls, most first. If nobody called one: those on record, else the
    maker's own."""
    maker = world.resolver.resolve(text)
    own = {(maker.platform, maker.model)} if isinstance(maker, Model) and maker.platform else set[PlatformModel]()
    platforms = {platform} if platform else {record.platform for record in world.catalog}
    names = {(one, canonical(world.resolver, one, text)) for one in platforms}
    meant = {(one, model) for one, model in names if model is not None} | {one for one in own if one[0] in platforms}
    where = f" on {platform}" if platform else ""
    if not meant:
        return Missing(f"lastcall knows no model {text}{where}.", "`lastcall resolve` shows what a name means.")
    called = await measure_models(connection, meant, service=service, now=now)
    if called:
        return dict(sorted(called.items(), key=lambda one: (-one[1].calls, one[0])))
    if service is not None:
        error = f"The log has no call of {service} to {text}{where} in the last {WINDOW_DAYS} days."
        return Missing(error, f"`lastcall who {text}` lists the services that call it.")
    on_record = sorted(one for one in meant if (known := world.catalog.get(*one)) and known.through is None)
    return dict.fromkeys(on_record or sorted(own) or sorted(meant)[:1], NO_CALLS)
