"""How fast one process ingests, against a bare loop and against other stream processors. Run by `make bench`.

The records are on the broker before the clock starts; it runs from the first one received to the last one counted
(for lastcall: committed in the database, with the totals checked). Each run is a process of its own; the modes take
turns, so that a slow minute of the machine hits all of them. What each loop does: `bench/loops/`.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bench import calls, judging
from bench.judging import Mode, Run
from bench.servers import database_server, new_database, new_topic

ROOT = Path(__file__).parents[1]
SLOW_SHARE = 10
"""A slow mode reads this part of the records: its speed does not depend on how many there are."""
MODES = (
    Mode("floor", "floor"),
    Mode("lastcall", "lastcall"),
    Mode("faststream", "faststream_default", slow=True),
    Mode("faststream-batch", "faststream_batch"),
    Mode("quix", "quix", needs="quixstreams"),
    Mode("bytewax", "bytewax", needs="bytewax"),
)


async def run_all(kafka: str, records: int, rounds: int, modes: Iterable[Mode], peers: str) -> dict[str, list[Run]]:
    few = records // SLOW_SHARE
    topic, small = await new_topic(kafka, records), await new_topic(kafka, few)
    results: dict[str, list[Run]] = {mode.name: [] for mode in modes}
    async with database_server() as server:
        for _ in range(rounds):
            for mode in modes:
                read, count = (small, few) if mode.slow else (topic, records)
                python = peers if mode.needs else sys.executable
                command = [python, "-m", f"bench.loops.{mode.loop}"]
                command += ["--kafka", kafka, "--topic", read, "--records", str(count)]
                environment = {"BENCH_DATABASE_URL": await new_database(server)}
                run = await asyncio.to_thread(_child, command, environment)
                assert run.totals == _written(count), f"{mode.name} counted {run.totals} of {_written(count)}"
                results[mode.name].append(run)
                print(judging.line(mode.name, run), flush=True)
    return results


def _written(records: int) -> tuple[int, int, int]:
    numbers = range(records)
    return records, sum(map(calls.input_tokens, numbers)), sum(map(calls.output_tokens, numbers))


def _child(command: list[str], environment: dict[str, str]) -> Run:
    with tempfile.TemporaryFile() as said:  # FastStream's default logs each record, so not into a pipe
        done = subprocess.run(
            command,
            env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=said,
            check=False,
        )
        if done.returncode != 0:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{said.read().decode(errors='replace')[-4_000:]}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Run)


def installed(python: str, package: str) -> bool:
    command = [python, "-c", f"import {package}"]
    return Path(python).exists() and subprocess.run(command, check=False, capture_output=True).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kafka", default=os.environ.get("LASTCALL_TEST_KAFKA"))
    parser.add_argument("--peers", default=str(ROOT / ".cache/bench/bin/python"), help="the Python that has the peers")
    parser.add_argument("--modes", nargs="+", choices=[mode.name for mode in MODES], help="default: all")
    given = parser.parse_args()
    if given.kafka is None:
        parser.error("name a broker: --kafka or LASTCALL_TEST_KAFKA")
    asked = [mode for mode in MODES if given.modes is None or mode.name in given.modes]
    missing = [mode for mode in asked if mode.needs and not installed(given.peers, mode.needs)]
    for mode in missing:
        print(f"{mode.name}: NOT INSTALLED in {given.peers}, so nothing is compared with it (see `make bench-peers`)")
    there = [mode for mode in asked if mode not in missing]
    results = asyncio.run(run_all(given.kafka, given.records, given.rounds, there, given.peers))
    return 0 if judging.report(results) else 1


if __name__ == "__main__":
    sys.exit(main())
