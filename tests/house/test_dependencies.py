"""pyproject.toml declares what the service imports, and nothing else."""

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMESPACES = {"google.protobuf": "protobuf", "opentelemetry.proto": "opentelemetry-proto"}
"""Of packages that several distributions share: which of them has what is imported."""
PART_OF = {"pydantic-core": "pydantic"}
"""Distributions that come with another and go by its version."""
BY_ANOTHER = {"jinja2"}
"""Imported by starlette's templates."""
NAME = re.compile(r"[A-Za-z0-9._-]+")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> set[str]:
    """Distributions, by the names that they go by."""
    places = packages_distributions()
    found: set[str] = set()
    for path in (ROOT / "service").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {name for name in names if name.split(".")[0] not in {*sys.stdlib_module_names, "service"}}
    distributions = {normal(_distribution(name, places)) for name in found}
    return {PART_OF.get(name, name) for name in distributions} | BY_ANOTHER


def _distribution(module: str, places: Mapping[str, list[str]]) -> str:
    found = {distribution for prefix, distribution in NAMESPACES.items() if module.startswith(prefix)}
    (one,) = found or set(places[module.split(".", maxsplit=1)[0]])
    return one


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["embedded"]]
    return {normal(found[0]) for line in lines if (found := NAME.match(line))}


def test_dependencies_are_those_that_are_imported() -> None:
    assert imported() == declared()
