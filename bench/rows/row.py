"""What `bench/decode.py` measures, one row of its table each."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.formats.files import read_records

SAMPLES = Path(__file__).parents[2] / "tests" / "samples"


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    build: Callable[[int], bytes]
    """Number of the call (of the first one, where a record holds several) -> the record's value."""
    bare: Callable[[bytes], object]
    """msgspec (or protobuf) reads the fields that counting needs into typed structs, and checks nothing."""
    calls: int = 1
    """In one record."""
    headers: tuple[tuple[str, bytes], ...] = ()


def sample(name: str) -> Any:
    """The first record of a file in tests/samples."""
    return json.loads(next(read_records(SAMPLES / f"{name}.jsonl")).value or b"")
