"""Looks up the people on call in PagerDuty."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from pydantic import SecretStr

from service.adapters.directory.http import REACHABLE, JsonDirectory
from service.core.address import OnCall
from service.core.directory.answer import Unavailable, email_in
from service.core.directory.duty import Nobody, OnDuty

PAGE = 100
MAX_PAGES = 20
_TOKEN = "Set LASTCALL_PAGERDUTY_TOKEN to a key that may read schedules."  # noqa: S105  advice
_MISSING = "Correct the id of the schedule or service, in lastcall.yaml or in the catalog."
_NOT_FOUND = "http_404"
_NOBODY = Nobody("nobody_on_call", "Check that the schedule has no gap, and that its people have e-mail addresses.")
_NO_POLICY = Nobody("no_escalation_policy", "Give the service an escalation policy.")
_UNREADABLE = Unavailable("unreadable_answer", REACHABLE)


class PagerDuty:
    """The REST API, version 2."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: SecretStr) -> None:
        headers = {
            "Authorization": f"Token token={token.get_secret_value()}",
            "Accept": "application/vnd.pagerduty+json;version=2",
        }
        self._http = JsonDirectory(session, url, headers=headers, credentials=_TOKEN, missing=_MISSING)

    async def on_duty(self, address: OnCall, now: datetime) -> OnDuty:
        """E-mail addresses of the people on call: in a schedule, or on the first level of a service's escalation
        policy. Nobody, if the schedule or service does not exist."""
        is_service = address.of == "service"
        users = await (self._of_service(address.id) if is_service else self._of_schedule(address.id, now))
        if isinstance(users, Unavailable):
            return Nobody(users.reason, users.remedy) if users.reason == _NOT_FOUND else users
        if isinstance(users, Nobody):
            return users
        emails = (email_in(_dict(user).get("email")) for user in users)
        return tuple(dict.fromkeys(one for one in emails if one)) or _NOBODY

    async def _of_schedule(self, schedule: str, now: datetime) -> Iterable[Any] | Unavailable:
        span = [("since", now.isoformat()), ("until", (now + timedelta(seconds=1)).isoformat())]
        answer = await self._http.get(f"/schedules/{schedule}/users", span)
        return answer if isinstance(answer, Unavailable) else _list(answer, "users")

    async def _of_service(self, service: str) -> Iterable[Any] | Nobody | Unavailable:
        answer = await self._http.get(f"/services/{service}")
        if isinstance(answer, Unavailable):
            return answer
        described = _dict(answer).get("service")
        if not isinstance(described, dict):
            return _UNREADABLE
        policy = _dict(described.get("escalation_policy")).get("id")
        return await self._on_first_level(policy) if isinstance(policy, str) else _NO_POLICY

    async def _on_first_level(self, policy: str) -> Iterable[Any] | Unavailable:
        shifts: list[dict[str, Any]] = []
        for _ in range(MAX_PAGES):
            asked = [("escalation_policy_ids[]", policy), ("include[]", "users")]
            answer = await self._http.get("/oncalls", [*asked, ("limit", str(PAGE)), ("offset", str(len(shifts)))])
            page = answer if isinstance(answer, Unavailable) else _list(answer, "oncalls")
            if isinstance(page, Unavailable):
                return page
            shifts += [_dict(one) for one in page]
            if not _dict(answer).get("more"):
                break
        levels = [level for one in shifts if isinstance(level := one.get("escalation_level"), int)]
        return [one.get("user") for one in shifts if one.get("escalation_level") == min(levels)] if levels else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(answer: object, key: str) -> list[Any] | Unavailable:
    """An empty list means that nobody is on call; an answer without the list is not valid."""
    value = _dict(answer).get(key)
    return value if isinstance(value, list) else _UNREADABLE
