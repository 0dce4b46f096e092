"""YAML that is meant to do harm: each is refused soon, with its line, and no file takes longer for it."""

import time
from pathlib import Path

import pytest
import yaml

from service.config.company import Company, ConfigError, load_company
from service.config.reading import LONGEST_TEXT, read_located
from service.config.scenario import load_scenario
from service.config.yaml import DEEPEST
from tests.builders import make_world

SOON = 5.0
"""Seconds; what is refused here took minutes, or for ever."""


def bomb(levels: int) -> str:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [lol]", *lines])


def merge_bomb(levels: int) -> str:
    lines = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, levels)]
    return "\n".join(["a0: &a0 {k: lol}", *lines])


def load(folder: Path, text: str) -> Company:
    file = folder / "lastcall.yaml"
    file.write_text(text)
    return load_company(file)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(bomb(10), r":\d: more than 100,000 values, .* without aliases of aliases", id="aliases"),
        pytest.param(merge_bomb(10), r":\d: more than 100,000 values, .* without aliases of aliases", id="merge keys"),
        pytest.param(
            "? {<<: [&a {k: 1}, *a]}\n: 1", r":1: a list or mapping is not a name of a setting", id="a key that merges"
        ),
        pytest.param("\na: &a {<<: *a}", r":2: it contains itself", id="a circle of merges"),
        pytest.param("\na: &a {b: {<<: *a}}", r":2: it contains itself", id="a circle of merges and values"),
        pytest.param("a: " + "[" * 100_000, r":1: values are nested more than 50 levels deep", id="brackets"),
        pytest.param(
            "\na: " + "[" * 60 + "]" * 60, r":2: values are nested more than 50 levels deep", id="closed ones"
        ),
        pytest.param("a: &a [1]\nb: {<<: *a}", r":1: << needs a mapping", id="a list that is merged"),
        pytest.param("? !!bool zz\n: 1", r":1: 'zz' is not a name of a setting", id="key that is no truth"),
        pytest.param("? !!timestamp abc\n: 1", r":1: 'abc' is not a name of a setting", id="key that is no day"),
        pytest.param("? !!int abc\n: 1", r":1: 'abc' is not a name of a setting", id="key that is no number"),
        pytest.param(
            "\n? " + "1" * 5_000 + "\n: 1", r":2: '1+\.\.\.1+' is not a name of a setting", id="key of digits"
        ),
        pytest.param("\norganisation: !!bool maybe", r":2: 'maybe' cannot be read\. Put it in quotes", id="no truth"),
        pytest.param("organisation: !!float ''", r":1: '' cannot be read", id="number of no digits"),
        pytest.param("organisation: " + "7" * 5_000, r":1: '7+\.\.\.7+' cannot be read", id="5,000 digits"),
        pytest.param("organisation: 0x" + "f" * 9_000, r":1: '0xf+\.\.\.f+' cannot be read", id="9,000 of hex"),
        pytest.param(r'a: "\UFFFFFFFF"', r":1: not YAML: an escape", id="escape out of reach"),
        pytest.param("%YAML 1." + "9" * 5_000 + "\n---\na: 1", r":1: not YAML: an escape or a directive", id="version"),
        pytest.param(
            r'organisation: "\ud800"', r":1: '\\ud800' contains characters that cannot be shown", id="surrogate"
        ),
        pytest.param(r'organisation: "a\0b"', r":1: 'a\\x00b' contains characters that cannot be shown", id="NUL"),
        pytest.param(r'organisation: "a\nb"', r":1: 'a\\nb' contains .*Write it on one line", id="two lines"),
        pytest.param(
            'owners:\n  - services: [a]\n    team: "\\e[31m"',
            r":3: '\\x1b\[31m' contains characters",
            id="colour of a team",
        ),
        pytest.param('fallback_channel: "#a\\u202e"', r":1: '#a\\u202e' contains characters", id="text that runs back"),
        pytest.param('"\\ud800": 1', r":1: '\\ud800' contains characters", id="surrogate in a key"),
        pytest.param(
            "organisation: " + "a" * (LONGEST_TEXT + 1), r":1: 'a+\.\.\.a+' is longer than 1,000 char", id="long text"
        ),
    ],
)
def test_harmful_file_is_refused_soon_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    begun = time.process_time()
    with pytest.raises(ConfigError, match=says) as refused:
        load(tmp_path, text)
    assert time.process_time() - begun < SOON
    assert str(refused.value).replace("\n", "").isprintable()
    assert len(str(refused.value)) < 2_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(r'service: "\ud800"', r":2: '\\ud800' contains characters that cannot be shown", id="surrogate"),
        pytest.param(r'service: "a\0b"', r":2: 'a\\x00b' contains characters that cannot be shown", id="NUL"),
        pytest.param('service: cart\n    environment: "\\e[2J"', r":3: '\\x1b\[2J' contains characters", id="terminal"),
        pytest.param("service: cart\n    model: !!bool zz", r":3: 'zz' cannot be read", id="no truth"),
        pytest.param("service: cart\n    calls: [{a_day: !!bool zz}]", r":3: 'zz' cannot be read", id="no calls"),
        pytest.param("service: cart\n    calls: [{a_day: 0x" + "f" * 9_000 + "}]", r":3: '0xf+\.\.\.", id="many calls"),
    ],
)
def test_harmful_scenario_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(f"services:\n  - {text}\n")
    with pytest.raises(ConfigError, match=says):
        load_scenario(file, make_world())


def test_thousands_of_aliases_of_a_mistake_are_told_soon(tmp_path: Path) -> None:
    wrong = ", ".join(f"k{n}: 1" for n in range(99))
    begun = time.process_time()
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f"x: &x {{{wrong}}}\nowners: [{', '.join(['*x'] * 900)}]\n")
    assert time.process_time() - begun < SOON
    assert len(refused.value.problems) <= 500


def test_company_of_three_thousand_owners_is_read_soon(tmp_path: Path) -> None:
    rule = "  - {services: [s%d], team: t, people: [ada@example.com], channel: '#t', timezone: Europe/Berlin}\n"
    begun = time.process_time()
    company = load(tmp_path, "owners:\n" + "".join(rule % n for n in range(3_000)))
    assert time.process_time() - begun < 4 * SOON
    assert len(company.owners) == 3_000


def test_what_nests_as_deep_as_it_may_is_read(tmp_path: Path) -> None:
    file = tmp_path / "deep.yaml"
    file.write_text("[" * DEEPEST + "]" * DEEPEST)
    assert read_located(file).value == yaml.safe_load(file.read_text())


def test_own_setting_goes_before_what_is_merged_and_the_first_merged_before_the_next(tmp_path: Path) -> None:
    file = tmp_path / "merged.yaml"
    file.write_text("a: &a {x: 1, y: 1}\nb: &b {x: 2, y: 2, z: 2, <<: *a}\nc: {y: 3, <<: [*a, *b]}\nd: {<<: *b}\n")
    located = read_located(file)
    assert located.value == yaml.safe_load(file.read_text())
    assert located.value["c"] == {"x": 1, "y": 3, "z": 2}
    assert located.problems == ()
