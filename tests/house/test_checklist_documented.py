"""docs/escalation.md says what the migration checklist consists of."""

import re
from pathlib import Path

from service.core.checklist import ITEMS

DOCUMENT = Path(__file__).parents[2] / "docs" / "escalation.md"


def test_the_documented_checklist_is_the_one_that_people_tick() -> None:
    section = DOCUMENT.read_text().partition("## The migration checklist")[2].partition("\n## ")[0]

    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)

    assert rows == [(item.id, item.words, item.why) for item in ITEMS]
