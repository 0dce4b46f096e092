"""What was read is kept beside the modules, and believed only for the same files and the same code."""

import sys
from pathlib import Path

import pytest

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.catalog.kept import kept


@pytest.fixture(autouse=True)
def _writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)


def test_value_is_read_once_for_each_digest(tmp_path: Path) -> None:
    read = iter(range(9))
    asked = ("a", "a", "b", "b", "a")
    assert [kept(tmp_path, digest, lambda: next(read)) for digest in asked] == [0, 0, 1, 1, 2]


def test_shipped_catalog_is_the_same_read_or_kept(tmp_path: Path) -> None:
    read = kept(tmp_path, "a", load_catalog)
    again: LoadedCatalog = kept(tmp_path, "a", lambda: pytest.fail("it was not kept"))
    assert [*again.catalog] == [*read.catalog]
    assert again.catalog.digest == read.catalog.digest
    for record in read.catalog:
        for name in (record.id, *record.aliases):
            as_read = read.resolver.resolve(name, provider=record.platform)
            assert again.resolver.resolve(name, provider=record.platform) == as_read
    hosts = ("api.openai.com", "eastus.openai.azure.com", "no.example", None)
    assert [*map(again.platforms.of_host, hosts)] == [*map(read.platforms.of_host, hosts)]


@pytest.mark.parametrize("content", [b"", b"\x80\x05", b"cos\nno_such\n.", b"\x80\x05K\x01."])
def test_file_that_holds_something_else_is_replaced(tmp_path: Path, content: bytes) -> None:
    kept(tmp_path, "a", lambda: 1)
    (file,) = (tmp_path / "__pycache__").iterdir()
    file.write_bytes(content)
    assert kept(tmp_path, "a", lambda: 2) == 2
    assert kept(tmp_path, "a", lambda: 3) == 2


def test_folder_that_cannot_be_written_to_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").write_text("a file")
    assert [kept(tmp_path, "a", lambda n=n: n) for n in range(2)] == [0, 1]  # type: ignore[misc]


def test_nothing_is_kept_where_python_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept(tmp_path, "a", lambda: 1)
    assert [*tmp_path.iterdir()] == []
