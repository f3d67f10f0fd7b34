"""Wycheproof's signatures and key sets: nothing invalid passes, and what is valid passes if its algorithm may."""

import json
from pathlib import Path

import pytest

from estampe.errors import Unauthenticated
from estampe.identity._jws import check_header, check_signature, split
from estampe.identity._public_keys import ALGORITHMS, key_set
from estampe.identity._strict import base64url

FOLDER = Path(__file__).parents[2].parent / "shared" / "vectors" / "wycheproof"
if not FOLDER.exists():
    pytest.skip("the shared vectors are not in this checkout", allow_module_level=True)


def groups(file):
    for group in json.loads((FOLDER / file).read_text("utf-8"))["testGroups"]:
        # A symmetric group has no public half.
        given = group.get("public") or group["private"]
        yield given, group["tests"]


def vectors(file):
    return [
        pytest.param(given, test, id=f"{test['tcId']}-{test['comment']}")
        for given, tests in groups(file)
        for test in tests
    ]


def passes(given, token):
    entries = given.get("keys", [given])
    try:
        unverified = split(token)
        check_header(unverified, ALGORITHMS)
        kid = unverified.unverified_header.get("kid", "only")
        keys = key_set(json.dumps({"keys": [{"kid": kid} | entry for entry in entries]}).encode())
        check_signature(unverified, keys[kid])
    except (Unauthenticated, ValueError, KeyError):
        return False
    return True


def allowed(given, test):
    """An algorithm that is not ours is refused by its name alone, as is one that the key was not made for."""
    entries = given.get("keys", [given])
    if test["result"] != "valid" or not all(entry.get("alg") in ALGORITHMS for entry in entries):
        return False
    asked = json.loads(base64url(test["jws"].split(".")[0]))["alg"]
    return all(entry["alg"] == asked for entry in entries)


@pytest.mark.parametrize(("given", "test"), vectors("json_web_signature_test.json"))
def test_a_signature_passes_only_if_it_is_valid_and_of_an_allowed_algorithm(given, test):
    assert passes(given, test["jws"]) == allowed(given, test)


@pytest.mark.parametrize(("given", "test"), vectors("json_web_key_test.json"))
def test_a_key_set_is_used_only_if_it_is_sound(given, test):
    assert passes(given, test["jws"]) == allowed(given, test)
