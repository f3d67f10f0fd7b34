"""The verifier on its own, as a program that is not Estampe uses it."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from estampe import errors
from estampe.testing import TestIssuer
from estampe.verify import Verifier


@pytest.fixture
def verifier(estampe_issuer):
    made = Verifier(**estampe_issuer.settings)
    yield made
    made.close()


def test_a_token_proves_who_sent_it_the_second_time_too(verifier, estampe_token):
    token = estampe_token("user_ada", "org_1", role="admin", permissions=["images:generate", "org:videos:read"])
    first = verifier.verify(token)
    assert (first.user_id, first.organization_id, first.role) == ("user_ada", "org_1", "org:admin")
    assert first.permissions == {"org:images:generate", "org:videos:read"}
    assert verifier.verify(token) is first


def test_a_person_alone_has_no_organisation(verifier, estampe_token):
    assert verifier.verify(estampe_token()).organization_id is None


def test_what_is_refused_is_refused_each_time(verifier, estampe_issuer):
    thief = TestIssuer(estampe_issuer.url)
    cases = {
        estampe_issuer.issue(ttl_seconds=-60): errors.TokenExpired,
        estampe_issuer.issue(sts="pending"): errors.SessionPending,
        estampe_issuer.issue(iss="https://stranger.example"): errors.TokenInvalidIssuer,
        thief.issue(): errors.TokenInvalidSignature,
        "garbage": errors.TokenInvalid,
    }
    for token, error in [*cases.items()] * 2:
        with pytest.raises(error):
            verifier.verify(token)


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (None, errors.TokenMissing),
        ("Basic dXNlcjpwYXNz", errors.TokenMissing),
        ("", errors.InvalidRequest),
        ("Bearer a, Bearer b", errors.InvalidRequest),
        (b"Bearer \xff", errors.InvalidRequest),
    ],
)
def test_a_header_without_a_token_is_refused(verifier, header, error):
    with pytest.raises(error):
        verifier.signed_in(header)


def test_many_threads_may_ask_at_once(verifier, estampe_token):
    tokens = [estampe_token(f"user_{number}") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        proven = list(pool.map(lambda token: verifier.signed_in(f"Bearer {token}"), tokens * 3))
    assert [one.user_id for one in proven] == [f"user_{number}" for number in range(40)] * 3


def test_several_loops_may_ask_one_after_the_other(verifier, estampe_token):
    async def ask():
        tokens = [estampe_token(f"user_{number}") for number in range(5)]
        return [one.user_id for one in await asyncio.gather(*map(verifier.verify_async, tokens))]

    for _ in range(2):
        assert asyncio.run(ask()) == [f"user_{number}" for number in range(5)]


async def test_the_callers_loop_goes_on(verifier, estampe_token):
    assert (await verifier.signed_in_async(f"Bearer {estampe_token('user_ada')}".encode())).user_id == "user_ada"
    with pytest.raises(errors.TokenMissing):
        await verifier.signed_in_async(None)


FORKS = """
import os, sys
from estampe.testing import TestIssuer
from estampe.verify import Verifier

issuer = TestIssuer()
verifier = Verifier(**issuer.settings)
if sys.argv[1] == "used":
    verifier.verify(issuer.issue())
child = os.fork()
assert verifier.verify(issuer.issue("user_ada")).user_id == "user_ada"
if child == 0:
    verifier.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
verifier.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.parametrize("before", ["used", "unused"])
def test_a_server_that_forks_may_make_it_first(before):
    subprocess.run([sys.executable, "-c", FORKS, before], check=True, timeout=60)


def test_closing_ends_its_thread_and_may_be_done_twice(estampe_issuer, estampe_token):
    made = Verifier(**estampe_issuer.settings)
    made.close()
    assert made.verify(estampe_token())
    made.close()
    made.close()
    assert "estampe verifier" not in {thread.name for thread in threading.enumerate()}


def test_closing_lets_go_of_who_waits_for_keys(estampe_issuer):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes calls and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        made = Verifier(oidc_issuer=url, oidc_audience="estampe")
        token = estampe_issuer.issue(iss=url, aud="estampe")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(made.verify, token)
            with silent.accept()[0]:
                made.close()
            with pytest.raises(errors.IdentityProviderUnavailable):
                waiting.result(timeout=60)


@pytest.mark.parametrize(
    "settings", [{"clerk_jwt_key": "no key"}, {"oidc_issuer": "https://id.example"}, {"nonsense": 1}]
)
def test_wrong_settings_are_told_when_it_is_made(settings):
    with pytest.raises(errors.InvalidSetting):
        Verifier(**settings)


def test_without_any_setting_the_environment_speaks(monkeypatch, estampe_issuer, estampe_token, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("ESTAMPE_"):
            monkeypatch.delenv(name)
    with pytest.raises(errors.InvalidSetting):
        Verifier()
    for name, value in estampe_issuer.environment.items():
        monkeypatch.setenv(name, value)
    made = Verifier()
    assert made.verify(estampe_token("user_ada")).user_id == "user_ada"
    made.close()


def test_it_needs_no_framework_and_no_database():
    asked = "import sys, estampe.verify, estampe.testing; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout
    assert not {"starlette", "procrastinate", "psycopg", "numpy", "av", "flask", "pytest"} & set(loaded.split())


def test_the_issuer_shows_the_key_it_signs_with(estampe_issuer):
    (shown,) = estampe_issuer.jwks()["keys"]
    assert shown["use"] == "sig"
    assert "d" not in shown
    assert "PUBLIC KEY" in estampe_issuer.pem
