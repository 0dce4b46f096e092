"""The chart renders, lints, and every manifest fits Kubernetes' own schema."""

from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import pytest
import yaml

CHART = Path(__file__).parents[2] / "helm"
KUBERNETES = ["1.30", "1.34"]


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    rendered = helm_python.Chart.load(CHART).render(
        {"env": {"LASTCALL_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"}}, name="acme", namespace="ops", revision=3
    )
    return [m for text in rendered.values() for m in yaml.safe_load_all(text) if m]


def by_kind(manifests: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [m for m in manifests if m["kind"] == kind]


def test_chart_lints_without_a_warning() -> None:
    assert [m for m in helm_python.lint(CHART, strict=True)["messages"] if m["severity"] > 1] == []


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_manifest_fits_the_schema_of_kubernetes(manifests: list[dict[str, Any]], version: str) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_each_role_runs_its_own_command(manifests: list[dict[str, Any]]) -> None:
    args = {
        m["metadata"]["name"]: m["spec"]["template"]["spec"]["containers"][0]["args"]
        for m in by_kind(manifests, "Deployment") + by_kind(manifests, "Job")
    }
    assert args == {
        "acme-consumer": ["consume"],
        "acme-scheduler": ["schedule"],
        "acme-web": ["web"],
        "acme-migrate-3": ["migrate"],
    }


def test_nothing_runs_as_root_or_writes_to_its_image(manifests: list[dict[str, Any]]) -> None:
    for manifest in by_kind(manifests, "Deployment") + by_kind(manifests, "Job"):
        pod = manifest["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


def test_secrets_come_from_a_secret_and_stand_in_no_manifest(manifests: list[dict[str, Any]]) -> None:
    for manifest in by_kind(manifests, "Deployment"):
        container = manifest["spec"]["template"]["spec"]["containers"][0]
        assert container["envFrom"] == [{"secretRef": {"name": "lastcall"}}]
        assert not [e for e in container["env"] if "TOKEN" in e["name"] or "PASSWORD" in e["name"]]


def test_web_service_selects_the_web_pods_of_this_release(manifests: list[dict[str, Any]]) -> None:
    selector = by_kind(manifests, "Service")[0]["spec"]["selector"]
    web = next(m for m in by_kind(manifests, "Deployment") if m["metadata"]["name"] == "acme-web")
    assert selector.items() <= web["spec"]["template"]["metadata"]["labels"].items()
