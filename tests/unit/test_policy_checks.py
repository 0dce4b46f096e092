"""Policies in lastcall.yaml that can never do what their author meant."""

from pathlib import Path

import pytest

from service.config.company import ConfigError, load_company

STEPS = "steps: [{at: 0d, tell: [owner]}]"


def load(folder: Path, *policies: str) -> None:
    file = folder / "lastcall.yaml"
    file.write_text("policies:\n" + "".join(f"  - {{{policy}, {STEPS}}}\n" for policy in policies))
    load_company(file)


@pytest.mark.parametrize(
    ("policies", "says"),
    [
        pytest.param(
            ("name: all", "name: critical, match: {tier: critical}"),
            r":3: policies\[1\]: 'critical' can never match: 'all' above it matches the same cases\. Move it",
            id="below one for everything",
        ),
        pytest.param(
            ("name: a, match: {environment: prod*}", "name: b", "name: c, match: {environment: production, team: t}"),
            r":4: policies\[2\]: 'c' can never match: 'a' above it",
            id="a narrower one below",
        ),
        pytest.param(("name: a", "name: b"), r"'b' can never match", id="two for everything"),
        pytest.param(
            ("name: a, match: {platform: openai}",),
            r":2: policies\[0\]\.match\.platform: 'openai' is not a platform\. Did you mean 'openai-api'\?",
            id="nearly a platform",
        ),
        pytest.param(
            ("name: a, match: {platform: nothing-*}",),
            r"'nothing-\*' is not a platform\. `lastcall catalog list` shows the platforms",
            id="no platform",
        ),
        pytest.param(
            ("name: a, match: {tiers: x}",), r"match: 'tiers' is not a setting here\. Did you mean 'tier'", id="tiers"
        ),
    ],
)
def test_policy_that_is_never_asked_is_refused(tmp_path: Path, policies: tuple[str, ...], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(tmp_path, *policies)


def test_policies_from_narrow_to_wide_are_fine(tmp_path: Path) -> None:
    load(
        tmp_path,
        "name: one, match: {tier: critical, platform: azure-openai}",
        "name: two, match: {tier: critical}",
        "name: three, match: {platform: azure-*}",
        "name: four",
    )
