"""Clerk's and Standard Webhooks' own test cases, and that library's signatures."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from estampe.access.standard_webhooks import check, secret_key
from estampe.errors import WebhookSignatureInvalid

FILE = Path(__file__).parents[2].parent / "shared" / "vectors" / "clerk-tokens.json"
if not FILE.exists():
    pytest.skip("the shared vectors are not in this checkout", allow_module_level=True)
CASES = [case for case in json.loads(FILE.read_text("utf-8"))["cases"] if case["kind"] == "webhook"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_delivery_is_what_it_is_at_clerk(case):
    given, now = case["input"], case["now_ms"] / 1000
    if case["expect"]["ok"]:
        check(secret_key(given["secret"]), given["headers"], given["body"].encode(), now)
    else:
        with pytest.raises(WebhookSignatureInvalid):
            check(secret_key(given["secret"]), given["headers"], given["body"].encode(), now)


def test_there_are_cases():
    assert len(CASES) == 12


@pytest.mark.parametrize("names", ["svix", "webhook"])
def test_what_the_library_of_the_standard_signs_is_genuine(names):
    secret, body = "whsec_" + "c2VjcmV0IG9mIDMyIGJ5dGVzIGZvciB0ZXN0cw==", '{"é": 1}'
    at = datetime(2026, 3, 1, tzinfo=UTC)
    headers = {
        f"{names}-id": "msg_1",
        f"{names}-timestamp": str(int(at.timestamp())),
        f"{names}-signature": Webhook(secret).sign("msg_1", at, body),
    }

    assert check(secret_key(secret), headers, body.encode(), at.timestamp()).id == "msg_1"
