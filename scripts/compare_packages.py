"""Compare the catalog with the ends of models in the packages of OpenAI and Anthropic.

    python -m scripts.compare_packages [WHEEL...]

Lists each difference. Without a wheel: the installed packages. Exit code 1: there are differences; 2: a package has no
readable days.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.sources.packages import PACKAGES, Package, PackageSource
from service.adapters.sources.source import Read
from service.core.catalog.build import canonical
from service.core.catalog.finding import Finding


def differences(loaded: LoadedCatalog, findings: Sequence[Finding]) -> Iterator[str]:
    """One line for each model that the catalog does not have with the same day, on the provider's word."""
    for finding in findings:
        record = loaded.catalog.get(finding.platform, canonical(loaded.resolver, finding.platform, finding.id))
        day = finding.shutdown.on if finding.shutdown else None
        if record is None:
            yield f"{finding.platform} {finding.id}: {day} in the package, no record in the catalog"
        elif record.shutdown != finding.shutdown or record.standing != "provider":
            known = f"{record.shutdown.on} ({record.shutdown.precision}, {record.standing})"
            yield f"{finding.platform} {finding.id}: {day} in the package, {known} in the catalog"


def main(wheels: Sequence[str]) -> int:
    loaded = load_catalog()
    found: list[str] = []
    for package, wheel in _chosen(wheels):
        answer = asyncio.run(PackageSource(package, wheel).read(None, datetime.now(UTC)))
        if not isinstance(answer, Read):
            print(f"{package.name}: {answer}", file=sys.stderr)
            return 2
        different = list(differences(loaded, answer.reading.findings))
        print(f"{package.name}: {len(answer.reading.findings)} models, {len(different)} differences")
        found += different
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def _chosen(wheels: Sequence[str]) -> Iterator[tuple[Package, Path | None]]:
    for package in PACKAGES:
        own = [Path(wheel) for wheel in wheels if Path(wheel).name.startswith(f"{package.name}-")]
        if own or not wheels:
            yield package, own[0] if own else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
