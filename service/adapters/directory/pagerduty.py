"""Who is on call by PagerDuty, now."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from pydantic import SecretStr

from service.adapters.directory.http import JsonDirectory
from service.core.directory.answer import Unavailable, email_in

SCHEME = "pagerduty:"
SERVICE = "service/"
PAGE = 100
MAX_PAGES = 20
_TOKEN = "Put a key that may read schedules into LASTCALL_PAGERDUTY_TOKEN."  # noqa: S105  advice
_MISSING = "Correct the id of the schedule or service, in lastcall.yaml or in the catalog."
_NOBODY = Unavailable("nobody_on_call", "See that the schedule has no gap.", is_refusal=True)


class PagerDuty:
    """The REST API, version 2."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: SecretStr) -> None:
        headers = {
            "Authorization": f"Token token={token.get_secret_value()}",
            "Accept": "application/vnd.pagerduty+json;version=2",
        }
        self._http = JsonDirectory(session, url, headers=headers, credentials=_TOKEN, missing=_MISSING)

    async def on_duty(self, address: str, now: datetime) -> tuple[str, ...] | Unavailable:
        """E-mail addresses of those on call: by `pagerduty:<schedule id>`, or on the first level of the escalation
        policy of `pagerduty:service/<service id>`. Never empty."""
        asked = address.removeprefix(SCHEME)
        if asked.startswith(SERVICE):
            users = await self._of_service(asked.removeprefix(SERVICE))
        else:
            users = await self._of_schedule(asked, now)
        if isinstance(users, Unavailable):
            return users
        emails = (email_in(_dict(user).get("email")) for user in users)
        return tuple(dict.fromkeys(one for one in emails if one)) or _NOBODY

    async def _of_schedule(self, schedule: str, now: datetime) -> Iterable[Any] | Unavailable:
        span = [("since", now.isoformat()), ("until", (now + timedelta(seconds=1)).isoformat())]
        answer = await self._http.get(f"/schedules/{schedule}/users", span)
        return answer if isinstance(answer, Unavailable) else _list(answer, "users")

    async def _of_service(self, service: str) -> Iterable[Any] | Unavailable:
        answer = await self._http.get(f"/services/{service}")
        if isinstance(answer, Unavailable):
            return answer
        policy = _dict(_dict(_dict(answer).get("service")).get("escalation_policy")).get("id")
        shifts: list[dict[str, Any]] = []
        for _ in range(MAX_PAGES):
            asked = [("escalation_policy_ids[]", str(policy)), ("include[]", "users")]
            answer = await self._http.get("/oncalls", [*asked, ("limit", str(PAGE)), ("offset", str(len(shifts)))])
            if isinstance(answer, Unavailable):
                return answer
            shifts += [_dict(one) for one in _list(answer, "oncalls")]
            if not _dict(answer).get("more"):
                break
        levels = [level for one in shifts if isinstance(level := one.get("escalation_level"), int)]
        return [one.get("user") for one in shifts if one.get("escalation_level") == min(levels)] if levels else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(answer: object, key: str) -> list[Any]:
    value = _dict(answer).get(key)
    return value if isinstance(value, list) else []
