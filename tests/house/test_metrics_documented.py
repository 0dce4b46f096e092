"""docs/metrics.md is the list of the code."""

from pathlib import Path

from service.adapters import metrics

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_every_metric_is_documented_as_it_is_declared() -> None:
    assert DOCUMENT.read_text().endswith("\n" + metrics.as_markdown()), (
        "docs/metrics.md is old; replace its table by what this prints:\n"
        "python -c 'from service.adapters import metrics; print(metrics.as_markdown())'"
    )


def test_no_metric_is_labelled_by_a_name_from_a_log() -> None:
    assert {label for metric in metrics.DECLARED for label in metric.labels} == {
        "source", "topic", "partition", "outcome", "reason", "verb", "platform", "state", "kind",
    }  # fmt: skip


def test_every_declared_metric_is_exposed() -> None:
    text = metrics.exposition().decode()
    assert [m.name for m in metrics.DECLARED if f"# HELP {m.name} " not in text] == []
