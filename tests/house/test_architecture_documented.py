"""The table of docs/architecture.md that leads a reader along one record, against the code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| (T\d|-) \|", line)]
MOST_FILES = 18


def files() -> list[str]:
    return re.findall(r"`(\w+(?:/\w+)+\.py)`", "\n".join(ROWS))


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


@pytest.mark.parametrize("row", ROWS)
def test_each_function_that_a_row_names_is_in_a_file_of_the_table(row: str) -> None:
    known = set[str]().union(*map(names_in, set(files())))
    functions = row.split(" | ")[2]
    named = re.findall(r"`([A-Za-z]\w*(?:\.\w+)?)`", functions)

    assert named
    assert set(named) <= known
