"""AWS Signature Version 4, against the vectors that AWS published (aws-sig-v4-test-suite)."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from yarl import URL

from service.adapters.sources.bedrock import AwsKeys, Signer

KEYS = AwsKeys("AKIDEXAMPLE", SecretStr("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "signature"),
    [
        pytest.param("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", id="get-vanilla"),
        pytest.param(
            "/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            id="get-vanilla-query-order-key-case",
        ),
        pytest.param(
            "/?%E1%88%B4=bar",
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
            id="get-vanilla-utf8-query",
        ),
        pytest.param(
            "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
            id="get-unreserved",
        ),
    ],
)
def test_signature_is_that_of_the_published_vector(path: str, signature: str) -> None:
    url = URL(f"https://example.amazonaws.com{path}", encoded=True)
    headers = Signer(KEYS, "us-east-1", "service").headers(url, NOW)
    scope = "20150830/us-east-1/service/aws4_request"
    assert headers == {
        "x-amz-date": "20150830T123600Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders=host;x-amz-date, "
        f"Signature={signature}",
    }


def test_secret_is_not_in_the_repr() -> None:
    assert "wJalrXUtnFEMI" not in repr(KEYS)
