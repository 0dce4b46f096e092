"""Decoding of very many mutated records: total, bounded, soon, and the same with and without memory. `make fuzz`.

Prints what it found, saves each input that it found something of, and exits with 1 where there is one, or where a
process grew. `--again FILE` looks at saved inputs once more.
"""

import argparse
import importlib.util
import json
import secrets
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz.checks import SLOW, Checker
from tests.fuzz.worker import ENGINES, Present

ROOT = Path(__file__).parents[2]
MOST_GROWTH_MB = 64
"""Of a process that decodes, after the first tenth of its inputs. What atheris keeps of its own is in it."""
STUCK = 120.0
"""Seconds without one more input."""


@dataclass(slots=True)
class Child:
    seed: int
    process: subprocess.Popen[str]
    present: Path
    seen: int = 0
    moved_at: float = 0.0

    def stuck(self) -> bool:
        number = Present.read(self.present)[0] if self.present.exists() else 0
        now = time.monotonic()
        if number != self.seen or not self.moved_at:
            self.seen, self.moved_at = number, now
        return now - self.moved_at > STUCK


def start(given: argparse.Namespace, number: int) -> Child:
    seed = given.seed + number
    share = given.inputs // given.workers + (number < given.inputs % given.workers)
    engine = given.engines[number % len(given.engines)]
    command = [sys.executable, "-m", "tests.fuzz.worker", "--engine", engine, "--seed", str(seed)]
    command += ["--inputs", str(share), "--minutes", str(given.minutes), "--folder", str(given.folder)]
    log = (given.folder / f"log-{seed}").open("w")
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    return Child(seed, process, given.folder / f"present-{seed}")


def watch(children: list[Child]) -> None:
    """Until all have ended, or stand still and are ended."""
    while any(child.process.poll() is None for child in children):
        time.sleep(1)
        for child in children:
            if child.process.poll() is None and child.stuck():
                child.process.kill()


def result_of(child: Child, folder: Path) -> dict[str, Any]:
    output = child.process.stdout.read() if child.process.stdout is not None else ""
    last = output.strip().rpartition("\n")[2]
    if child.process.wait() == 0 and last.startswith("{"):
        found: dict[str, Any] = json.loads(last)
        return found
    number, value = Present.read(child.present) if child.present.exists() else (0, b"")
    (folder / f"died-{child.seed}.bin").write_bytes(value)
    print(f"process of seed {child.seed} ended with {child.process.returncode} at input {number:,}: log-{child.seed}")
    return {"inputs": number, "findings": {"died": 1}}


def report(results: list[dict[str, Any]], given: argparse.Namespace, seconds: float) -> bool:
    inputs = sum(result["inputs"] for result in results)
    findings: Counter[str] = sum((Counter(result["findings"]) for result in results), Counter())
    findings["slow"] -= sum(not measured_again(path)[0] for path in sorted(given.folder.glob("slow-*.bin")))
    findings = +findings
    slowest, path = max(
        ((measured_again(path)[1], path) for path in given.folder.glob("slowest-*.bin")), default=(0.0, given.folder)
    )
    growth = max(result.get("growth_mb", 0.0) for result in results)
    peak = max(result.get("peak_mb", 0.0) for result in results)
    print(f"{inputs:,} inputs in {seconds:,.0f} s: {inputs / seconds:,.0f} a second in {given.workers} processes")
    print(f"slowest    {slowest * 1000:.1f} ms, at most {SLOW * 1000:.0f}: {path.stat().st_size:,} bytes, {path}")
    print(f"memory     peak {peak:.0f} MB; {growth:.0f} MB more than after a tenth, at most {MOST_GROWTH_MB}")
    print(f"findings   {dict(findings) or 'none'}{f', saved in {given.folder}' if findings else ''}")
    if inputs < given.inputs:
        print(f"ended before all {given.inputs:,} inputs; {given.minutes:g} minutes were given")
    return not findings and growth <= MOST_GROWTH_MB and inputs >= given.inputs


def measured_again(path: Path) -> tuple[bool, float]:
    """Whether it is slow, and its seconds: here, where nothing follows each branch as atheris does."""
    checker = Checker()
    found = checker.look(path.read_bytes())
    slow = found is not None and found.kind == "slow"
    if path.name.startswith("slow-") and not slow:
        path.unlink()
        path.with_suffix(".txt").unlink()
    return slow, checker.slowest


def look_again(paths: list[Path]) -> int:
    found = {path: Checker().look(path.read_bytes()) for path in paths}
    for path, finding in found.items():
        print(f"{path}: {'nothing' if finding is None else f'{finding.kind}: {finding.detail}'}")
    return 1 if any(found.values()) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000) + 1)
    parser.add_argument("--minutes", type=float, default=180)
    parser.add_argument("--engines", choices=ENGINES, nargs="+", help="default: all that are installed, in turn")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--again", type=Path, nargs="+", metavar="FILE")
    given = parser.parse_args()
    if given.again:
        return look_again(given.again)
    if given.engines is None:
        given.engines = ["plain", "atheris"] if importlib.util.find_spec("atheris") else ["plain"]
    given.folder = given.folder or ROOT / ".cache" / "fuzz" / f"{'-'.join(given.engines)}-{given.seed}"
    given.folder.mkdir(parents=True)
    print(f"{given.inputs:,} inputs, seed {given.seed}, engines {', '.join(given.engines)}", flush=True)
    started = time.monotonic()
    children = [start(given, number) for number in range(given.workers)]
    watch(children)
    good = report([result_of(child, given.folder) for child in children], given, time.monotonic() - started)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
