"""The picture of docs/escalation.md: a policy's steps from left to right, and the recipients of each.

`python -m tests.ladder_picture` draws it from the default policy.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from service.core import words
from service.core.escalation.case import LAST_DAYS
from service.core.escalation.policy import DEFAULT_POLICY, Policy, Step
from service.core.ownership import ABOVE_OWNER, Audience

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "ladder.svg"
Phase = Literal["time", "last", "end"]
SAID: dict[Phase, tuple[str, str]] = {
    "time": ("While there is time", "in the owner's working hours"),
    "last": (f"The last {LAST_DAYS} days", "nothing waits"),
    "end": ("From the shutdown on", "as long as it is called"),
}
INK: dict[Phase, str] = {"time": "#2563a8", "last": "#b45309", "end": "#b91c1c"}
TINT: dict[Phase, str] = {"time": "#eaf2fb", "last": "#fdf1de", "end": "#fdeaea"}
LEFT, TOP, COLUMN, ROW, GAP = 176, 84, 78, 44, 14
"""Pixels: of the names, of the headings, of a step, of an audience, between two phases."""


def draw(policy: Policy) -> str:
    phases = [(phase, list(steps)) for phase, steps in groupby(policy.steps, phase_of)]
    rows = rows_of(policy)
    width = LEFT + COLUMN * len(policy.steps) + GAP * len(phases) + 10
    height = TOP + ROW * len(rows) + 64
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" font-family="-apple-system, Segoe UI, Helvetica, Arial, sans-serif">',
        f"<title>Recipients of each step of the policy {escape(policy.name)}</title>",
        f'<rect width="{width}" height="{height}" rx="10" fill="#ffffff" stroke="#d6dbe1"/>',
        *_names(rows),
    ]
    x = LEFT
    for phase, steps in phases:
        lines += _phase(phase, steps, rows, x)
        x += COLUMN * len(steps) + GAP
    return "\n".join([*lines, "</svg>", ""])


def phase_of(step: Step) -> Phase:
    if step.at.anchor == "announced" or step.at.days < -LAST_DAYS:
        return "time"
    return "last" if step.at.days < 0 else "end"


def rows_of(policy: Policy) -> list[Audience]:
    """From the top: those who are notified last."""
    told = list(dict.fromkeys(audience for step in policy.steps for audience in step.tell))
    above = [audience for audience in told if audience in ABOVE_OWNER]
    return [*reversed(above), *(audience for audience in reversed(told) if audience not in ABOVE_OWNER)]


def _names(rows: list[Audience]) -> Iterator[str]:
    for index, audience in enumerate(rows):
        name = words.audiences((audience,)).removeprefix("the ")
        yield _text(LEFT - 22, _middle(index) + 5, name[0].upper() + name[1:], "#1f2933", size=14, anchor="end")


def _phase(phase: Phase, steps: list[Step], rows: list[Audience], x: int) -> Iterator[str]:
    width, bottom = COLUMN * len(steps), TOP + ROW * len(rows)
    yield f'<rect x="{x}" y="16" width="{width}" height="{bottom + 36}" rx="8" fill="{TINT[phase]}"/>'
    title, subtitle = SAID[phase]
    yield _text(x + width // 2, 42, title, INK[phase], size=15, weight=600)
    yield _text(x + width // 2, 62, subtitle, "#52606d", size=12.5)
    above = sum(audience in ABOVE_OWNER for audience in rows)
    if phase == "time" and 0 < above < len(rows):
        yield from _owner_first(x, width, TOP + ROW * above)
    for index, step in enumerate(steps):
        yield from _step(step, rows, x + COLUMN * index + COLUMN // 2, INK[phase])


def _owner_first(x: int, width: int, y: int) -> Iterator[str]:
    yield f'<path d="M{x + 10} {y}H{x + width - 10}" stroke="#8fa3b8" stroke-dasharray="4 4"/>'
    yield _text(x + 14, y - 10, "once the owner has had a business day", "#52606d", size=12, anchor="start")


def _step(step: Step, rows: list[Audience], x: int, ink: str) -> Iterator[str]:
    told = [_middle(index) for index, audience in enumerate(rows) if audience in step.tell]
    yield f'<path d="M{x} {told[0]}V{told[-1]}" stroke="{ink}" stroke-width="3" stroke-opacity="0.35"/>'
    yield from (f'<circle cx="{x}" cy="{y}" r="9" fill="{ink}"/>' for y in told)
    at, _, condition = step.name.partition(" ")
    bottom = TOP + ROW * len(rows)
    yield _text(x, bottom + 20, at, ink, size=13.5, weight=600)
    if below := condition or (words.every(step.repeat) if step.repeat else ""):
        yield _text(x, bottom + 38, below, "#52606d", size=12)


def _middle(row: int) -> int:
    return TOP + ROW * row + ROW // 2


def _text(x: int, y: int, text: str, ink: str, *, size: float, anchor: str = "middle", weight: int = 400) -> str:
    return (
        f'<text x="{x}" y="{y}" fill="{ink}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(DEFAULT_POLICY))
