"""A `lastcall` that ships another catalog: what depends on dates near today cannot use the real one for long."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from service.adapters.catalog.files import SHIPPED, catalog_paths

SOURCE = "https://openai.example/deprecations"


def ending_model(model: str, *, announced: date, shutdown_on: date) -> dict[str, Any]:
    """A record of a catalog file."""
    return {
        "id": model,
        "announced": f"{announced}",
        "shutdown": {"day": f"{shutdown_on}", "precision": "exact"},
        "sources": [{"url": SOURCE, "accessed": f"{announced}"}],
        "last_verified": f"{announced}",
    }


def python_path(folder: Path, *models: dict[str, Any]) -> str:
    """PYTHONPATH under which `lastcall` knows all platforms, and of their models these of OpenAI's API alone."""
    catalog, path = _own_catalog(folder)
    for file in catalog_paths(None):
        head = file.read_text().partition("\nmodels:")[0]
        (catalog / file.name).write_text(head + "\n")
    with (catalog / "openai-api.yaml").open("a") as openai:
        openai.write(f"models: {json.dumps(models)}\n")
    return path


def with_file(folder: Path, name: str, text: str) -> str:
    """PYTHONPATH under which `lastcall` finds this file beside the shipped ones."""
    catalog, path = _own_catalog(folder)
    for file in catalog_paths(None):
        (catalog / file.name).symlink_to(file)
    (catalog / name).write_text(text)
    return path


def _own_catalog(folder: Path) -> tuple[Path, str]:
    """The catalog's folder in a package that is the shipped one otherwise, and the PYTHONPATH to it."""
    package = folder / "own" / "service"
    package.mkdir(parents=True)
    for part in SHIPPED.parent.iterdir():
        if part.name not in {SHIPPED.name, "__pycache__"}:
            (package / part.name).symlink_to(part)
    catalog = package / SHIPPED.name
    catalog.mkdir()
    (catalog / "identity.yaml").symlink_to(SHIPPED / "identity.yaml")
    return catalog, os.pathsep.join(filter(None, (str(package.parent), os.environ.get("PYTHONPATH"))))
