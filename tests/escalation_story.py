"""A small history of one exposure under the eyes of all laws."""

from datetime import date, datetime, timedelta
from typing import Any

from service.core.catalog.lifecycle import Standing
from service.core.escalation.act import Act
from service.core.escalation.decision import Telling, Wait
from service.core.escalation.policy import DEFAULT_POLICY
from tests.builders import make_owner
from tests.escalation_laws import Witness
from tests.escalation_world import HOUR, Rhythm, World


def at(day: str, clock: str = "00:00") -> datetime:
    return datetime.fromisoformat(f"2025-{day}T{clock}:00+00:00")


class Story:
    """GPT-4.5 Preview from its announcement on, called each day at noon, UTC; its owner lives in Berlin."""

    def __init__(
        self,
        *,
        start: datetime | None = None,
        shutdown_on: date = date(2025, 7, 14),
        calls_at: timedelta = 12 * HOUR,
        standing: Standing = "provider",
        **owner: Any,
    ) -> None:
        self.world = World(
            start=start or at("04-14"),
            shutdown_on=shutdown_on,
            owner=make_owner(**owner),
            policy=DEFAULT_POLICY,
            calls_at=calls_at,
            standing=standing,
        )
        self.world.call(Rhythm())
        self.witness = Witness(self.world)
        self.told: list[tuple[datetime, Telling]] = []

    def look(self) -> None:
        decision = self.witness.look()
        if decision and not isinstance(decision, Wait):
            self.told += [(self.world.now, telling) for telling in decision.tellings]

    def until(self, moment: datetime) -> "Story":
        """What was told before is forgotten."""
        self.told.clear()
        self.world.live_until(moment, self.look)
        return self

    def act(self, act: Act) -> None:
        before = self.world.campaign
        self.witness.act(act)
        assert self.world.campaign != before

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [(f"{now:%m-%d %H:%M}", telling.step) for now, telling in self.told]
