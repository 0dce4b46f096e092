import os
from collections.abc import Iterator

import pytest

from tests.escalation_history import TALLY


@pytest.fixture(scope="module")
def what_happened(request: pytest.FixtureRequest) -> Iterator[None]:
    """At the end of a long run: what the laws had to say something about."""
    TALLY.clear()
    yield
    if "LASTCALL_LAWS_EXAMPLES" in os.environ:
        said = ", ".join(f"{count:,} {name}" for name, count in sorted(TALLY.items()))
        manager = request.config.pluginmanager
        with manager.getplugin("capturemanager").global_and_fixture_disabled():
            manager.getplugin("terminalreporter").write_line(f"\n{said}")
