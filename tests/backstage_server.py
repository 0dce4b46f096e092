"""A Backstage catalog backend: `entities/by-query`, with its filters, fields, cursors and bearer tokens."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.directory_server import DirectoryServer


@dataclass
class BackstageServer(DirectoryServer):
    entities: list[dict[str, Any]] = field(default_factory=list)
    token: str = "backstage-test"

    def answer(self, request: web.Request) -> web.Response:
        if request.path != "/api/catalog/entities/by-query":
            return web.json_response({"error": {"name": "NotFoundError"}}, status=404)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"error": {"name": "AuthenticationError"}}, status=401)
        cursor = request.query.get("cursor")
        start, kinds = _of_cursor(cursor) if cursor else (0, ",".join(_kinds(request)))
        limit = int(request.query.get("limit", "20"))
        matching = [one for one in self.entities if one["kind"].lower() in kinds.split(",")]
        page = [_only(one, request.query["fields"].split(",")) for one in matching[start : start + limit]]
        info = {} if start + limit >= len(matching) else {"nextCursor": f"{start + limit}/{kinds}"}
        return web.json_response({"items": page, "totalItems": len(matching), "pageInfo": info})


def component(name: str, owner: str | None, **given: Any) -> dict[str, Any]:
    return entity("Component", name, {"type": "service", "owner": owner}, **given)


def group(name: str, *, email: str | None = None, parent: str | None = None, **given: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"type": "team", "children": [], "profile": {"email": email}, "parent": parent}
    return entity("Group", name, spec | {"members": given.pop("members", [])}, **given)


def user(name: str, *groups: str, email: str | None = None, **given: Any) -> dict[str, Any]:
    profile = {"email": email or f"{name}@example.com"}
    return entity("User", name, {"profile": profile, "memberOf": list(groups)}, **given)


def entity(
    kind: str, name: str, spec: dict[str, Any], *, namespace: str | None = None, **annotations: str
) -> dict[str, Any]:
    """Annotations are given by the names below."""
    keys = {"slack": "slack.com/bot-notify", "services": "lastcall/services", "oncall": "lastcall/oncall",
            "kubernetes": "backstage.io/kubernetes-id", "pagerduty": "pagerduty.com/service-id"}  # fmt: skip
    metadata: dict[str, Any] = {"name": name, "annotations": {keys[key]: value for key, value in annotations.items()}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _kinds(request: web.Request) -> list[str]:
    return [one.removeprefix("kind=") for one in request.query.getall("filter")]


def _of_cursor(cursor: str) -> tuple[int, str]:
    start, _, kinds = cursor.partition("/")
    return int(start), kinds


def _only(whole: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for path in fields:
        top, _, key = path.partition(".")
        if not key and top in whole:
            wanted[top] = whole[top]
        elif key in whole.get(top, {}):
            wanted.setdefault(top, {})[key] = whole[top][key]
    return wanted
