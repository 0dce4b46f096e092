"""The harness of `make fuzz`, over few inputs: it repeats itself, it changes what it is given, and it finds things."""

import gzip
import json
import subprocess
import sys
import zlib
from pathlib import Path

from service.core.usage import Decoded, Rejection
from tests.fuzz.checks import Checker, trouble_of
from tests.fuzz.corpus import load
from tests.fuzz.mutations import Mutator
from tests.fuzz.worker import Present

ROOT = Path(__file__).parents[2]


def inputs_of(seed: int, families: int) -> list[bytes]:
    mutator = Mutator.seeded(load(), seed)
    return [value for _ in range(families) for value in mutator.family()]


def test_a_seed_gives_the_same_inputs_each_time_and_another_gives_others() -> None:
    assert inputs_of(1, 20) == inputs_of(1, 20)
    assert inputs_of(1, 20) != inputs_of(2, 20)


def test_most_inputs_are_no_records_of_the_corpus() -> None:
    values = set(load().values)
    inputs = inputs_of(3, 50)
    assert len(inputs) == 350
    assert sum(value in values for value in inputs) < 100
    assert len(set(inputs)) > 250


def test_decoding_keeps_its_promises_for_seven_hundred_inputs() -> None:
    checker = Checker()
    found = [checker.look(value) for value in inputs_of(4, 100)]
    assert [one for one in found if one is not None and one.kind != "slow"] == []
    assert len(found) == 700


def test_a_detail_of_five_hundred_characters_is_found() -> None:
    assert trouble_of(Decoded(rejections=(Rejection("bad_json", "x" * 499),))) is None
    assert trouble_of(Decoded(rejections=(Rejection("bad_json", "x" * 500),))) is not None


def test_the_structure_inside_a_compressed_record_is_changed() -> None:
    mutator = Mutator.seeded(load(), 5)
    value = gzip.compress(b'{"model":"gpt-4o","service":"a","time":1}', mtime=0)
    opened = []
    for _ in range(200):
        try:
            opened.append(json.loads(gzip.decompress(mutator.mutated(value))))
        except (OSError, EOFError, ValueError, zlib.error):
            continue  # broken from outside, or no JSON any more
    others = [one for one in opened if one != {"model": "gpt-4o", "service": "a", "time": 1}]
    assert len(others) > 50


def test_the_input_at_hand_outlives_its_process(tmp_path: Path) -> None:
    present = Present(tmp_path / "present", 4)
    present.put(7, b"abc")
    present.put(8, b"abcdef")
    assert Present.read(tmp_path / "present") == (8, b"abcd")


def test_a_run_counts_its_inputs_and_names_its_seed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.run", "--inputs", "140", "--seed", "6", "--engines", "plain"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "found")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "140 inputs, seed 6, engines plain" in done.stdout
    assert "140 inputs in" in done.stdout, done.stdout + done.stderr
