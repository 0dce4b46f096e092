"""A `lastcall` that ships another catalog: what depends on dates near today cannot use the real one for long."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from service.adapters.catalog.files import SHIPPED

SOURCE = "https://openai.example/deprecations"


def ending_model(model: str, *, announced: date, shutdown_on: date) -> dict[str, Any]:
    """A record of a catalog file."""
    return {
        "id": model,
        "announced": f"{announced}",
        "shutdown": {"on": f"{shutdown_on}", "precision": "exact"},
        "sources": [{"url": SOURCE, "accessed": f"{announced}"}],
        "last_verified": f"{announced}",
    }


def python_path(folder: Path, *models: dict[str, Any]) -> str:
    """PYTHONPATH under which `lastcall` finds these records of OpenAI's API in place of its catalog."""
    package = folder / "own" / "service"
    package.mkdir(parents=True)
    for part in SHIPPED.parent.iterdir():
        if part.name not in {SHIPPED.name, "__pycache__"}:
            (package / part.name).symlink_to(part)
    catalog = package / SHIPPED.name
    catalog.mkdir()
    (catalog / "identity.yaml").symlink_to(SHIPPED / "identity.yaml")
    platform = {
        "platform": "openai-api",
        "provider": "openai",
        "default_after_shutdown": "error",
        "source": SOURCE,
        "models": models,
    }
    (catalog / "openai-api.yaml").write_text(json.dumps(platform))
    return os.pathsep.join(filter(None, (str(package.parent), os.environ.get("PYTHONPATH"))))
