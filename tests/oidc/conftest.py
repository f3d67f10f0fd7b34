"""A real OpenID provider, npm's `oidc-provider`, in a process of its own; it signs people in as its pages do."""

import base64
import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from tests.postgres import eventually
from tests.service import free_port
from tests.thorough import all_here

HERE = Path(__file__).parent
pytest_itemcollected = all_here("needs Node, and a provider that npm installs")

CALLBACK = "http://127.0.0.1/callback"


def key_set():
    """One key of each type that a token may be signed with, as the provider keeps them."""
    made = [RSAKey.generate_key(2048), ECKey.generate_key("P-256"), ECKey.generate_key("P-384")]
    made.append(OKPKey.generate_key("Ed25519"))
    return {"keys": [key.as_dict(private=True, kid=secrets.token_hex(8), use="sig") for key in made]}


class OpenIdProvider:
    """May be stopped and started again, with the same keys or with others; `pages` are studios that it signs in."""

    def __init__(self, node, folder, pages=()):
        self._node, self._folder, self._pages = node, folder, pages
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = None
        self._keys = folder / "keys.json"
        self.rotate()

    def rotate(self):
        self._keys.write_text(json.dumps(key_set()))

    def start(self):
        with (self._folder / "log.txt").open("ab") as log:
            command = [self._node, str(HERE / "provider.mjs"), str(self.port), str(self._keys), *self._pages]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=HERE)
        eventually(self._answers, "the provider")

    def _answers(self):
        assert self._process.poll() is None, (self._folder / "log.txt").read_text()
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/.well-known/openid-configuration", trust_env=False).is_success

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

    def sign_in(self, person, *, algorithm="RS256", scope="openid", resource="http://estampe.example"):
        """The tokens that a browser application gets: authorization code with PKCE, through the provider's pages."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        target = f"{resource}/{algorithm}"
        asked = {
            "client_id": "studio",
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": scope,
            "resource": target,
            "state": secrets.token_hex(4),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        with httpx.Client(base_url=self.url, trust_env=False) as browser:
            code = self._code(browser, browser.get("/auth", params=asked), person)
            answer = browser.post(
                "/token",
                data={
                    "grant_type": "authorization_code",
                    "client_id": "studio",
                    "code": code,
                    "redirect_uri": CALLBACK,
                    "code_verifier": verifier,
                    "resource": target,
                },
            )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _code(self, browser, answer, person):
        for _ in range(20):
            place = answer.headers.get("location")
            if place is not None and place.startswith(CALLBACK):
                return parse_qs(urlsplit(place).query)["code"][0]
            if place is not None:
                answer = browser.get(place)
                continue
            assert answer.status_code == 200, answer.text
            form = re.search(r'<form[^>]* action="([^"]+)"', answer.text)[1]
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)[1]
            answer = browser.post(form, data={"prompt": prompt, "login": person, "password": "any"})
        raise AssertionError("the sign-in never ended")

    def machine(self, scope="images:generate"):
        """The token of the client `robot` for itself."""
        answer = httpx.post(
            f"{self.url}/token",
            data={"grant_type": "client_credentials", "scope": scope, "resource": "http://estampe.example/RS256"},
            auth=("robot", "robot-secret"),
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]


@pytest.fixture(scope="session")
def node_of_provider():
    node, npm = shutil.which("node"), shutil.which("npm")
    why = None if node and npm else "node and npm are needed for a provider that we did not write"
    if why is None and not (HERE / "node_modules" / "oidc-provider").exists():
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        installed = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
        why = None if installed.returncode == 0 else f"npm could not install oidc-provider: {installed.stderr[-500:]}"
    if why is not None:
        (pytest.fail if os.environ.get("TESTS_REQUIRE_NODE") else pytest.skip)(why)
    return node


@pytest.fixture(scope="module")
def openid(node_of_provider, tmp_path_factory):
    provider = OpenIdProvider(node_of_provider, tmp_path_factory.mktemp("openid"))
    provider.start()
    yield provider
    provider.stop()
