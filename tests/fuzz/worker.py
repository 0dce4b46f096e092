"""One process of `tests/fuzz/run.py`: mutates and looks until its inputs are used up, then prints a line of JSON.

`plain` draws each input from the samples, by a seed. `atheris` lets coverage of `service.formats` say which inputs are
worth changing further; the changes are the same.
"""

import argparse
import gc
import json
import mmap
import os
import random
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bench.memory import peak_mb

_HEADER = 16
_MOST_KEPT = 100
"""Findings of one kind that are saved."""


@dataclass(frozen=True, slots=True)
class Task:
    inputs: int
    seed: int
    folder: Path
    """Where findings go, and where the input stands that is just looked at."""
    deadline: float


@dataclass(slots=True)
class Findings:
    task: Task
    counts: Counter[str] = field(default_factory=Counter)

    def save(self, kind: str, detail: str, value: bytes, before: Iterable[bytes]) -> None:
        """`before`: what the decoder may have remembered."""
        self.counts[kind] += 1
        if self.counts[kind] <= _MOST_KEPT:
            name = f"{kind}-{self.task.seed}-{self.counts[kind]}"
            (self.task.folder / f"{name}.bin").write_bytes(value)
            (self.task.folder / f"{name}.txt").write_text(f"{detail}\n")
            if kind == "differs":
                for number, earlier in enumerate(before):
                    (self.task.folder / f"{name}.before-{number}.bin").write_bytes(earlier)


class Present:
    """The number and the bytes of the input at hand, in a file that outlives a process that dies of it."""

    def __init__(self, path: Path, most: int) -> None:
        path.write_bytes(bytes(_HEADER + most))
        self._most = most
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    def put(self, number: int, value: bytes) -> None:
        value = value[: self._most]
        self._map[:_HEADER] = number.to_bytes(8) + len(value).to_bytes(8)
        self._map[_HEADER : _HEADER + len(value)] = value

    @staticmethod
    def read(path: Path) -> tuple[int, bytes]:
        content = path.read_bytes()
        length = int.from_bytes(content[8:_HEADER])
        return int.from_bytes(content[:8]), content[_HEADER : _HEADER + length]


class Loop:
    """Looks at one input after the other, and reports."""

    def __init__(self, task: Task) -> None:
        from tests.fuzz.checks import Checker  # noqa: PLC0415  atheris is to see it imported
        from tests.fuzz.envelopes import MOST_BYTES  # noqa: PLC0415

        self._task = task
        self._checker = Checker()
        self._findings = Findings(task)
        self._present = Present(task.folder / f"present-{task.seed}", MOST_BYTES)
        self._started = time.monotonic()
        self._settled_mb = 0.0
        self._before: deque[bytes] = deque(maxlen=8)
        self.looked_at = 0

    def look(self, value: bytes) -> None:
        self._present.put(self.looked_at, value)
        found = self._checker.look(value)
        if found is not None:
            self._findings.save(found.kind, found.detail, value, self._before)
        self.looked_at += 1
        self._before.append(value)
        if self.looked_at == max(1, self._task.inputs // 10):
            self._settled_mb = _resident_mb()

    @property
    def over(self) -> bool:
        return self.looked_at >= self._task.inputs or time.monotonic() > self._task.deadline

    def report(self) -> None:
        (self._task.folder / f"slowest-{self._task.seed}.bin").write_bytes(self._checker.slowest_value)
        print(
            json.dumps(
                {
                    "inputs": self.looked_at,
                    "seconds": time.monotonic() - self._started,
                    "slowest": self._checker.slowest,
                    "slowest_bytes": len(self._checker.slowest_value),
                    "growth_mb": _resident_mb() - self._settled_mb,
                    "peak_mb": peak_mb(),
                    "findings": self._findings.counts,
                }
            ),
            flush=True,
        )


def _resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * mmap.PAGESIZE / 2**20


def plain(task: Task) -> None:
    from tests.fuzz.corpus import load  # noqa: PLC0415
    from tests.fuzz.mutations import Mutator  # noqa: PLC0415

    mutator, loop = Mutator.seeded(load(), task.seed), Loop(task)
    while not loop.over:
        for value in mutator.family():
            loop.look(value)
    loop.report()


def guided(task: Task) -> None:
    import atheris  # noqa: PLC0415

    with atheris.instrument_imports(include=["service.formats"]):
        loop = Loop(task)
    from tests.fuzz.corpus import load  # noqa: PLC0415
    from tests.fuzz.envelopes import MOST_BYTES  # noqa: PLC0415
    from tests.fuzz.mutations import Mutator  # noqa: PLC0415

    corpus = load()
    seeds = task.folder / f"seeds-{task.seed}"
    seeds.mkdir()
    for number, value in enumerate(corpus.values):
        (seeds / str(number)).write_bytes(value)
    rng = random.Random(task.seed)
    mutator = Mutator(corpus, rng)

    def one_input(value: bytes) -> None:
        loop.look(value)
        if loop.over:
            loop.report()
            os._exit(0)

    def mutate(value: bytes, most: int, seed: int) -> bytes:
        rng.seed(seed)
        chance = rng.random()
        if chance < 0.2:
            return bytes(atheris.Mutate(value, most))
        return (mutator.mutated(value) if chance < 0.8 else mutator.fresh())[:most]

    longest = MOST_BYTES // 8  # following each branch makes long inputs slow, and finds no more in them
    options = [f"-seed={task.seed}", f"-max_len={longest}", "-len_control=0", "-timeout=60", "-rss_limit_mb=0"]
    options += ["-print_final_stats=0", "-verbosity=0", f"-artifact_prefix={task.folder}/", str(seeds)]
    atheris.Setup([sys.argv[0], *options], one_input, custom_mutator=mutate)
    atheris.Fuzz()


ENGINES: dict[str, Callable[[Task], None]] = {"plain": plain, "atheris": guided}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    given = parser.parse_args()
    until = time.monotonic() + given.minutes * 60
    ENGINES[given.engine](Task(given.inputs, given.seed, given.folder, until))
