"""CPU seconds that a command takes in all, beside a Python that does nothing. Run by `make bench-startup`.

All of them take turns, and the least of some runs counts: what else the machine does only adds to it.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from service.adapters.embedded import Embedded

LASTCALL = str(Path(sys.executable).with_name("lastcall"))
MODEL = "gpt-4o"
LASTCALL_YAML = 'fallback_channel: "#ai-platform"\nowners: [{services: [shop-*], team: shop, channel: "#shop"}]\n'
MOST = {
    "python -c pass": None,
    "lastcall --help": 0.4,
    "lastcall who": 1.0,
    "lastcall who, with a lastcall.yaml": None,
}
"""CPU seconds; None: shown, and not bounded."""


def cpu_seconds(command: list[str], *, env: dict[str, str], folder: Path) -> float:
    """Of the child and its children. The command has to end well."""
    child = subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise subprocess.CalledProcessError(child.returncode, command)
    return usage.ru_utime + usage.ru_stime


async def measure(runs: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="lastcall-bench-") as name:
        folder = Path(name)
        configured = folder / "configured"
        configured.mkdir()
        (configured / "lastcall.yaml").write_text(LASTCALL_YAML)
        async with Embedded(folder / "data", broker=False) as addresses:
            env = {key: value for key, value in os.environ.items() if not key.startswith("LASTCALL_")}
            env.pop("PYTHONDONTWRITEBYTECODE", None)
            env["LASTCALL_DATABASE_URL"] = addresses.database_url or ""
            record = {
                "model": MODEL,
                "provider": "openai",
                "service": "shop-api",
                "time": f"{datetime.now(UTC):%FT%TZ}",
            }
            (folder / "records.jsonl").write_text(json.dumps(record) + "\n")
            for before in (["migrate"], ["ingest", "records.jsonl"]):
                await asyncio.to_thread(cpu_seconds, [LASTCALL, *before], env=env, folder=folder)
            commands = {
                "python -c pass": ([sys.executable, "-c", "pass"], folder),
                "lastcall --help": ([LASTCALL, "--help"], folder),
                "lastcall who": ([LASTCALL, "who", MODEL], folder),
                "lastcall who, with a lastcall.yaml": ([LASTCALL, "who", MODEL], configured),
            }
            least = dict.fromkeys(commands, float("inf"))
            for _ in range(runs):
                for what, (command, where) in commands.items():
                    took = await asyncio.to_thread(cpu_seconds, command, env=env, folder=where)
                    least[what] = min(least[what], took)
    return least


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    least = asyncio.run(measure(parser.parse_args().runs))
    slow = 0
    for what, took in least.items():
        most = MOST[what]
        slow += most is not None and took >= most
        print(f"{what:<36} {took:6.2f} CPU s" + (f", wanted below {most}" if most else ""))
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
