"""The calls of the simulated services on a day, depending on the notices to their owners."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from service.entrypoints.demo.company import CALLERS, GPT45, SUCCESSOR, DemoService
from service.entrypoints.demo.records import SimulatedCall

SHUTDOWN = date(2025, 7, 14)
SECOND_THOUGHTS = timedelta(days=4)
"""Days until a team migrates again after a relapse, from the notice on."""
WEEKEND_SHARE = 0.2

SERVED = {
    GPT45: "gpt-4.5-preview-2025-02-27",
    SUCCESSOR: "gpt-4.1-2025-04-14",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
}
PROVIDERS = {"claude": "anthropic", "gemini": "gemini"}


class SimulatedCompany:
    """The owners and their reactions. They know only the notices; only the simulated provider knows the shutdown
    date."""

    def __init__(self, callers: Iterable[DemoService] = CALLERS) -> None:
        self.callers = tuple(callers)
        self._moves: dict[str, date] = {}

    def hear(self, service: str, step: str, on: date) -> None:
        """The owner of `service` reads a notice at `step` on that day. A repeated notice changes nothing."""
        caller = next((c for c in self.callers if c.name == service), None)
        if caller is None or caller.reaction is None:
            return
        if caller.relapse is not None and on >= caller.relapse:
            if self._moves.get(service, date.min) < caller.relapse:
                self._moves[service] = on + SECOND_THOUGHTS
        elif step == caller.reaction.step and service not in self._moves:
            self._moves[service] = on + timedelta(days=caller.reaction.days)

    def model_on(self, caller: DemoService, day: date) -> str:
        moved = self._moves.get(caller.name)
        if caller.model != GPT45 or moved is None or day < moved:
            return caller.model
        rolled_back = caller.relapse is not None and moved < caller.relapse <= day
        return GPT45 if rolled_back else SUCCESSOR

    def calls_on(self, day: date) -> Iterator[tuple[DemoService, list[SimulatedCall]]]:
        """Calls of each service on the day, in order of time, none after 20:00 UTC. Deterministic."""
        for caller in self.callers:
            if calls := self._calls(caller, day):
                yield caller, calls

    def _calls(self, caller: DemoService, day: date) -> list[SimulatedCall]:
        if day < caller.starts or (caller.month_end and (day + timedelta(days=1)).day != 1):
            return []
        dice = random.Random(hashlib.blake2b(f"{caller.name} {day}".encode()).digest())  # noqa: S311  a simulation
        share = WEEKEND_SHARE if day.weekday() >= 5 and not caller.month_end else 1.0
        count = round(caller.calls * share * dice.uniform(0.85, 1.15))
        model = self.model_on(caller, day)
        gone = model == GPT45 and day >= SHUTDOWN
        midnight = datetime.combine(day, time(), UTC)
        provider = next((p for prefix, p in PROVIDERS.items() if model.startswith(prefix)), "openai")
        return sorted(
            (
                SimulatedCall(
                    service=caller.name,
                    team=caller.team,
                    at=midnight + timedelta(seconds=round(dice.triangular(6, 20, 13) * 3600, 3)),
                    provider=provider,
                    model=model,
                    served=None if gone else SERVED.get(model, model),
                    input_tokens=dice.randint(200, 2400),
                    output_tokens=0 if "embedding" in model else dice.randint(40, 600),
                    latency_ms=180 if gone else dice.randint(400, 6000),
                )
                for _ in range(count)
            ),
            key=lambda call: call.at,
        )
