"""`lastcall compare`: cost, latency and end of a model and of what to move to."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.markup import escape

from service.adapters.queries.comparison import comparison_answer, offer_answer
from service.app import App
from service.core import words
from service.core.catalog.lifecycle import Deprecation
from service.core.comparison import Comparison, Measured, Offer, Side
from service.core.naming import Missing
from service.core.prices import WINDOW_DAYS, Cost
from service.core.successors import Successor
from service.core.wording.end import day_of_end
from service.core.wording.moving import gaps, gaps_of_offer
from service.engine.moving import compare as compare_models
from service.engine.moving import offer
from service.engine.reconcile import catch_up
from service.entrypoints.cli.output import Json, console, emit, fail
from service.entrypoints.cli.session import run
from service.entrypoints.cli.tables import Column, show_table

NOT_KNOWN = "not known"


def compare(
    old: Annotated[str, typer.Argument(help="The model that is called now, in any spelling that occurs in logs.")],
    new: Annotated[
        str | None, typer.Argument(help="The model to move to. Left out: the models that callers can move to.")
    ] = None,
    *,
    service: Annotated[str | None, typer.Option(help="Only the calls of this service. Default: all callers.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only this platform, for example openai-api.")] = None,
    as_json: Json = False,
) -> None:
    """Compare two models: cost on the tokens of the last 28 days, latency and end. With one model: what to move to."""
    now = datetime.now(UTC)
    today = now.date()

    async def work(app: App) -> Sequence[Comparison] | Sequence[Offer] | Missing:
        await catch_up(app.database, app.world, now=now)
        world = await app.look(now=now)
        scope = {"service": service, "platform": platform}
        if new is None:
            return await offer(app.database, world, old, **scope, now=now)
        return await compare_models(app.database, world, old, new, **scope, now=now)

    found = run(work, logs=False)
    if isinstance(found, Missing):
        fail(found.error, found.remedy)
    answers: Sequence[Comparison | Offer] = found
    if as_json:
        told = (
            comparison_answer(each, today) if isinstance(each, Comparison) else offer_answer(each, today)
            for each in answers
        )
        emit([each.model_dump(mode="json") for each in told])
        return
    for number, each in enumerate(answers):
        if number:
            console.print()
        if isinstance(each, Comparison):
            _show_comparison(each)
        else:
            _show_offer(each, today)


def _show_comparison(found: Comparison) -> None:
    old, new = found.old, found.new
    _show_tokens(f"{old.id} and {new.id}", found.platform, found.service, old.measured)
    sides = (old, new)
    rows = [("cost a month", *map(_total, sides))]
    if any(isinstance(side.cost, Cost) for side in sides):
        rows += [(f"  {part}", *(_part(side, part) for side in sides)) for part in ("input", "cached", "output")]
    rows += [
        ("mean latency", *map(_latency, sides)),
        ("end", *(_end(side.record) for side in sides)),
        ("context", *(_tokens(side.rates.context if side.rates else None) for side in sides)),
    ]
    show_table((Column(""), Column(old.id, right=True), Column(new.id, right=True)), rows)
    if found.change is not None:
        console.print(f"The cost changes by {words.change(found.change)}, if {escape(new.id)} needs as many tokens.")
    for sentence in gaps(found):
        console.print(f"[yellow]{escape(sentence)}[/]", soft_wrap=True)


def _show_offer(found: Offer, today: date) -> None:
    _show_tokens(found.record.id, found.platform, found.service, found.measured)
    rows = [(found.record.id, _usd(found.usd_per_month), _end(found.record), "called now")]
    rows += [(one.id, _usd(one.usd_per_month), _end_of(one), _why(one, today)) for one in found.successors]
    show_table((Column("model"), Column("cost a month", right=True), Column("end"), Column("", wraps=True)), rows)
    if not found.successors:
        console.print("The provider names no successor, and no other model is known to fit.", soft_wrap=True)
    for sentence in gaps_of_offer(found):
        console.print(f"[yellow]{escape(sentence)}[/]", soft_wrap=True)


def _show_tokens(what: str, platform: str, service: str | None, measured: Measured) -> None:
    whose = f"calls of {service}" if service else "calls of all services"
    mix = measured.mix
    cached = f" ({words.short_number(mix.cached_tokens)} cached)" if mix.cached_tokens else ""
    taken, given = map(words.short_number, (mix.all_input, mix.output_tokens))
    tokens = f"{taken} input tokens{cached}, {given} output tokens" if mix.calls else "no token counts"
    console.print(f"[bold]{escape(what)}[/] on [bold]{escape(words.platform_name(platform))}[/]", soft_wrap=True)
    console.print(
        f"The {escape(whose)} in the last {WINDOW_DAYS} days: {words.plural(measured.calls, 'call')}, {tokens}.",
        soft_wrap=True,
    )


def _total(side: Side) -> str:
    return words.dollars(side.cost.total) if isinstance(side.cost, Cost) else NOT_KNOWN


def _part(side: Side, part: str) -> str:
    return words.dollars(getattr(side.cost, part)) if isinstance(side.cost, Cost) else ""


def _latency(side: Side) -> str:
    mean = side.measured.mean_ms
    if mean is None:
        return NOT_KNOWN
    services = words.plural(side.measured.services, "service")
    return f"{words.duration(mean)} ({words.plural(side.measured.latency_known, 'call')}, {services})"


def _end(record: Deprecation | None) -> str:
    if record is None or not (record.is_deprecated or record.shutdown.on):
        return "none announced" if record else NOT_KNOWN
    return day_of_end(record.shutdown.on, record.shutdown.precision, record.standing)


def _end_of(one: Successor) -> str:
    if one.ends_on is None and not one.is_deprecated:
        return "none known"
    return day_of_end(one.ends_on, one.precision, one.standing)


def _why(one: Successor, today: date) -> str:
    by = "named by the provider" if one.by_provider else "on the same platform"
    preview = "; a preview" if one.is_preview else ""
    return f"{by}{preview}{'; short-lived' if one.is_short_lived(today) else ''}"


def _usd(usd: float | None) -> str:
    return NOT_KNOWN if usd is None else words.dollars(usd)


def _tokens(number: int | None) -> str:
    return NOT_KNOWN if number is None else f"{words.number(number)} tokens"
