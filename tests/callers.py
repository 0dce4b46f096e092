"""Services that call a model day by day, as records of lastcall's own format."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from service.core.usage import Call
from service.formats.decoder import decode
from tests.builders import make_record

GONE = {
    "openai": {"status": 404, "error_code": "model_not_found"},
    "azure": {"status": 404, "error_code": "DeploymentNotFound"},
}
"""How each provider answers a call of a model that it has shut down."""


@dataclass(frozen=True)
class Caller:
    """One service's use of one model."""

    service: str
    model: str
    provider: str
    per_day: int
    is_calling: Callable[[date], bool]
    fails_from: date | None
    key_owner: str | None = None
    answered_by: str | None = None
    """As the log says it; None: it does not say."""

    def calls(self, since: datetime, until: datetime) -> Iterator[Call]:
        """Its calls after `since` and up to `until`, decoded from records of lastcall's own format."""
        for day in sorted({since.date(), until.date()}):
            for at, record in self._records(day):
                if since < at <= until:
                    decoded = decode(make_record(record))
                    assert not decoded.rejections, record
                    yield from decoded.calls

    def _records(self, day: date) -> Iterator[tuple[datetime, dict[str, Any]]]:
        """From 8:00 to 12:00 UTC."""
        gone = self.fails_from is not None and day >= self.fails_from
        served = {"served_model": self.answered_by} if self.answered_by else {}
        answered = {"status": 200, "input_tokens": 80, "output_tokens": 20, **served}
        answer = GONE[self.provider] if gone else answered
        for number in range(self.per_day if self.is_calling(day) else 0):
            at = datetime.combine(day, time(8), UTC) + number * timedelta(hours=4) / self.per_day
            yield (
                at,
                {
                    "time": at.isoformat(),
                    "service": self.service,
                    "environment": "production",
                    "provider": self.provider,
                    "model": self.model,
                    "request_id": f"{self.service}-{self.provider}-{day:%m%d}-{number}",
                    "key_owner": self.key_owner,
                    **answer,
                },
            )
