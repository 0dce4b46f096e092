"""docs/formats.md lists what lastcall knows to be no call, in the words that commands use."""

import re
from pathlib import Path

from service.formats.contract import AnyDialect, AnyEnvelope
from service.formats.decoder import why_passed_over
from service.formats.dialects import DIALECTS
from service.formats.envelopes import ENVELOPES

DOCUMENT = Path(__file__).parents[2] / "docs" / "formats.md"
HEADING = "## What is passed over"


def rows() -> list[str]:
    things: tuple[AnyDialect | AnyEnvelope, ...] = (*DIALECTS, *ENVELOPES)
    kinds = [(each.name, kind) for each in things for kind in each.passes]
    kinds.append(("kafka", "tombstone"))
    return [f"| {name} | `{kind}` | {why_passed_over(name, kind)} |" for name, kind in kinds]


def test_every_kind_that_is_passed_over_is_documented() -> None:
    section = DOCUMENT.read_text().partition(HEADING)[2].partition("\n## ")[0]
    documented = re.findall(r"^\| \w+ \| `\w+` \| .+ \|$", section, re.MULTILINE)

    assert documented == rows(), "the table is to be:\n" + "\n".join(rows())
