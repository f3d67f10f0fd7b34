import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estampe.access.standard_webhooks import MOST_SIGNATURES, TOLERANCE_SECONDS, check, secret_key
from estampe.errors import WebhookSignatureInvalid

KEY = b"a secret of ours"
NOW = 1_800_000_000


def signed(body=b"{}", message_id="msg_1", sent=NOW, key=KEY):
    digest = hmac.digest(key, f"{message_id}.{sent}.".encode() + body, hashlib.sha256)
    signature = base64.b64encode(digest).decode()
    return {"svix-id": message_id, "svix-timestamp": str(sent), "svix-signature": f"v1,{signature}"}


def test_a_genuine_delivery_is_known_by_its_id():
    assert check(KEY, signed(b"\xff\x00"), b"\xff\x00", NOW) == ("msg_1", NOW)


@pytest.mark.parametrize("late", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
def test_a_clock_may_be_five_minutes_off(late):
    assert check(KEY, signed(sent=NOW + late), b"{}", NOW)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        (signed(), b"{} "),
        (signed(key=b"another"), b"{}"),
        (signed(sent=NOW - TOLERANCE_SECONDS - 1), b"{}"),
        (signed(sent=NOW + TOLERANCE_SECONDS + 1), b"{}"),
        (signed() | {"svix-id": "msg_2"}, b"{}"),
        (signed() | {"svix-timestamp": str(NOW + 1)}, b"{}"),
        (signed() | {"svix-timestamp": f"{NOW}.0"}, b"{}"),
        (signed() | {"svix-timestamp": "9" * 5000}, b"{}"),
        (signed() | {"svix-timestamp": "١٨٠٠٠٠٠٠٠٠"}, b"{}"),
        (signed() | {"svix-signature": "v1"}, b"{}"),
        (signed() | {"svix-signature": "v1,"}, b"{}"),
        (signed() | {"svix-signature": "no comma at all"}, b"{}"),
        (signed() | {"svix-signature": signed()["svix-signature"].replace("v1", "v2")}, b"{}"),
        (signed() | {"svix-signature": "v1,x " * MOST_SIGNATURES + signed()["svix-signature"]}, b"{}"),
        (signed(message_id="m" * 300), b"{}"),
        (signed(message_id="msg\n1"), b"{}"),
    ],
)
def test_anything_else_is_refused(headers, body):
    with pytest.raises(WebhookSignatureInvalid):
        check(KEY, headers, body, NOW)


@given(st.dictionaries(st.sampled_from(["svix-id", "svix-timestamp", "svix-signature", "webhook-id"]), st.text()),
       st.binary())  # fmt: skip
def test_noise_is_refused_and_no_more(headers, body):
    with pytest.raises(WebhookSignatureInvalid):
        check(KEY, headers, body, NOW)


def test_a_secret_is_read_as_people_paste_it():
    encoded = base64.b64encode(KEY).decode()
    assert {secret_key(f"whsec_{encoded}\n"), secret_key(encoded), secret_key(encoded.rstrip("="))} == {KEY}


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_é", "whsec_not base64"])
def test_what_is_no_secret_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        secret_key(text)
