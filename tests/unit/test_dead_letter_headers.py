"""Which headers of a record its dead letter keeps."""

import pytest

from service.adapters.kafka.log import kept_headers


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        pytest.param("content-type", b"application/json", True, id="media type"),
        pytest.param("Content-Type", b"application/cloudevents+json; charset=UTF-8", True, id="with a charset"),
        pytest.param("content-encoding", b"gzip", True, id="coding"),
        pytest.param("content-type", b"text/plain; Bearer sk-headersecret12345678", False, id="a key behind"),
        pytest.param("content-type", b"sk/sk-proj-a1b2c3d4e5f6g7h8", False, id="a key inside"),
        pytest.param("content-encoding", b"sk-a1b2c3d4e5f6g7h8", False, id="no coding"),
        pytest.param("content-type", b"\xff\xfe", False, id="not text"),
        pytest.param("content-type", None, False, id="nothing"),
        pytest.param("authorization", b"application/json", False, id="another header"),
    ],
)
def test_header_is_kept_when_it_has_its_usual_form(name: str, content: bytes | None, kept: bool) -> None:
    assert kept_headers([(name, content)]) == ([(name, content)] if kept else [])
