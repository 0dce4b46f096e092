"""PagerDuty's REST API, version 2: users of a schedule, services, on-calls in pages, keys, rate limits."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.directory_server import DirectoryServer

ACCEPT = "application/vnd.pagerduty+json;version=2"


@dataclass
class PagerDutyServer(DirectoryServer):
    schedules: dict[str, list[str]] = field(default_factory=dict)
    """E-mail addresses of those on call, by schedule id."""
    services: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """Escalation level and e-mail address of those on call, by service id. A service's policy is called as it is."""
    token: str = "pagerduty-test"
    page: int = 100
    """Entries of a page at most."""

    def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Token token={self.token}":
            return _error(401, "Unauthorized")
        if request.headers.get("Accept") != ACCEPT:
            return _error(406, "Not Acceptable")
        match request.path.strip("/").split("/"):
            case ["schedules", schedule, "users"] if schedule in self.schedules:
                assert request.query["since"] < request.query["until"]
                return web.json_response({"users": [_user(email) for email in self.schedules[schedule]]})
            case ["services", service] if service in self.services:
                policy = {"id": f"EP{service}", "type": "escalation_policy_reference"}
                return web.json_response({"service": {"id": service, "escalation_policy": policy}})
            case ["oncalls"]:
                return self._oncalls(request)
        return _error(404, "Not Found")

    def _oncalls(self, request: web.Request) -> web.Response:
        service = request.query["escalation_policy_ids[]"].removeprefix("EP")
        offset, limit = int(request.query["offset"]), min(int(request.query["limit"]), self.page)
        shifts = [{"escalation_level": level, "user": _user(email)} for level, email in self.services[service]]
        more = offset + limit < len(shifts)
        found = {"oncalls": shifts[offset : offset + limit], "limit": limit, "offset": offset, "more": more}
        return web.json_response(found)


def _user(email: str) -> dict[str, Any]:
    return {"id": f"P{abs(hash(email)) % 10**6}", "type": "user", "name": email.partition("@")[0], "email": email}


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "code": 2000 + status}}, status=status)
