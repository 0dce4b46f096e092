"""`lastcall demo --exit`, as CI and a first visitor run it."""

import re
from pathlib import Path

import pytest

from tests.processes import environment, running


@pytest.mark.slow
async def test_demo_tells_who_came_back_to_the_model_and_who_fails(tmp_path: Path) -> None:
    async with running("demo", "--exit", env=environment(LASTCALL_WEB_PORT=0), folder=tmp_path) as demo:
        await demo.says("the first message, as it reads")
        assert await demo.ends(within=300) == 0, demo.said

    assert re.search(r"query-rewriter off .*\n(.*\n)*.*query-rewriter back on ", demo.said)
    assert re.search(r"legacy-summarizer +\(unowned\) .*\d calls failed", demo.said)
    assert "Traceback" not in demo.said
