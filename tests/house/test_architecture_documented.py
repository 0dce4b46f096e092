"""The table of docs/architecture.md that leads a reader along one record, against the code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| (T\d|-) \|", line)]
MOST_FILES = 18
FILE = re.compile(r"`(\w+(?:/\w+)*\.py)`")
NAME = re.compile(r"`([A-Za-z_]\w*(?:\.(?!py)\w+)?)`")


def files() -> list[str]:
    return FILE.findall("\n".join(ROWS))


def names_in(file: str) -> set[str]:
    """Functions and classes, and methods as `Class.method`."""
    found: set[str] = set()
    for node in ast.parse((ROOT / "service" / file).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {node.name, *(f"{node.name}.{one.name}" for one in methods)}
    return found


def test_a_record_can_be_followed_in_few_files() -> None:
    assert 10 < len(set(files())) <= MOST_FILES


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_each_function_is_in_the_file_before_it_or_in_one_of_an_earlier_row(number: int) -> None:
    known = set[str]().union(*(names_in(file) for row in ROWS[:number] for file in FILE.findall(row)))
    for part in ROWS[number].split(" | ")[2].split("; "):
        file, named = FILE.search(part), NAME.findall(part)
        assert named, part
        assert set(named) <= (names_in(file[1]) if file else known), part


@pytest.mark.parametrize("row", ROWS)
def test_what_is_called_besides_is_called_in_a_file_of_the_row(row: str) -> None:
    columns = row.split(" | ")
    code = "".join((ROOT / "service" / file).read_text() for file in {*FILE.findall(row), *files()})
    for name in NAME.findall(columns[4]):
        assert re.search(rf"\b{name.split('.')[-1]}\b", code), name
