"""docs/api.md names every route that the web has."""

import re
from pathlib import Path

from service.adapters.postgres.database import open_database
from service.entrypoints.web import create_web
from tests.web_client import make_app

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def test_every_route_is_documented_and_every_documented_one_exists() -> None:
    web = create_web(make_app(open_database("postgresql://nobody@127.0.0.1:1/none")))
    table = DOCUMENT.read_text().partition("```")[0]

    documented = set(re.findall(r"`(?:GET )?(/[^`]*)`", table)) - {"/api/openapi.json"}

    assert documented == set(web.openapi()["paths"]) | {"/", "/exposure", "/services/{name}", "/outbox", "/why"}
