"""pyproject.toml declares what the service imports, and nothing else."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMESPACES = {"google": "protobuf", "opentelemetry": "opentelemetry-proto"}
"""Packages that several distributions share."""
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
            found |= {name.split(".")[0] for name in names}
    outside = found - set(sys.stdlib_module_names) - {"service"}
    distributions = {normal(NAMESPACES.get(name) or places[name][0]) for name in outside}
    return {PART_OF.get(name, name) for name in distributions} | BY_ANOTHER


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["embedded"]]
    return {normal(found[0]) for line in lines if (found := NAME.match(line))}


def test_dependencies_are_those_that_are_imported() -> None:
    assert imported() == declared()
