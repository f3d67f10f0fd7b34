"""The pages on moving a site: alike in both languages, true, and made of code that works as it stands."""

import json
import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import httpx
import pytest
from tests.docs.snippets import ROOT, snippets
from tests.service import PLAIN, Person, Service
from tests.thorough import thorough

from estampe import errors
from estampe.bootstrap import api
from estampe.settings import read

PAGES = ["docs/migration.md", "docs/migration.fr.md"]
FUNCTIONS = [
    "createAuthHeaders",
    *(
        f"{step}{kind}{rest}"
        for kind in ("Image", "Video")
        for step, rest in (
            ("create", "Generation"),
            ("fetch", "Status"),
            ("fetch", "Result"),
            ("poll", "GenerationStatus"),
        )
    ),
    "useImageGeneration",
    "useVideoGeneration",
    "EstampeProvider",
]
OF_OTHER_DOORS = {"insufficient_user_authentication", "sign_in_code_invalid"}
CODES = {
    found.code: found.status
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, errors.EstampeError)
}
WEB = ROOT / "web"


def text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def test_both_languages_show_the_same_code():
    blocks = [re.findall(r"^```\w+\n.*?^```", text(page), re.DOTALL | re.MULTILINE) for page in PAGES]
    assert blocks[0] == blocks[1]


def test_both_languages_say_as_much():
    shapes = [[line.split(" ")[0] for line in text(page).splitlines() if re.match(r"#+ |\| ", line)] for page in PAGES]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("page", PAGES)
def test_every_function_and_every_refusal_at_the_door_is_told(page: str):
    told = text(page)
    assert [name for name in FUNCTIONS if f"`{name}" not in told and f" {name}" not in told] == []
    at_the_door = {code for code, status in CODES.items() if status == 401} - OF_OTHER_DOORS
    assert {code for code in at_the_door if f"`{code}`" not in told} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_code_with_a_status_has_that_status(page: str):
    said = [
        (code, int(status))
        for codes, status in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \((\d{3})\)", text(page), re.MULTILINE)
        for code in re.findall(r"\w+", codes)
    ]
    assert len(said) >= 10
    assert [(code, status) for code, status in said if CODES[code] != status] == []


def test_the_settings_open_the_server_to_the_site(tmp_path: Path):
    (table,) = snippets(PAGES[0], "toml")
    file = tmp_path / "estampe.toml"
    file.write_text(table)
    settings = read({}, file, data_dir=tmp_path)

    (clerk,) = [provider for provider in api.providers(settings) if provider.name == "clerk"]
    assert clerk.issuers == ("https://clerk.example.com",)
    assert settings.port == 9006
    assert settings.clerk_authorized_parties == settings.allowed_origins


def test_the_commands_say_what_the_page_says(service: Service, ana: Person):
    without, within = snippets(PAGES[0], "sh")

    def pasted(command: str) -> dict:
        ran = subprocess.run(
            ["sh", "-euc", command.replace("http://127.0.0.1:9006", service.url)],
            env=os.environ | {"TOKEN": ana.token, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(ran.stdout)

    # The worker is busy: it would begin the job before its answer is written, now and then.
    busy = ana.ask("[steps 2000] [sleep 0.05] a cat", width=64, height=64)
    ana.reaches(busy, "running")
    assert pasted(without)["title"] == "Token d'authentification manquant"
    assert pasted(within)["status"] == "queued"
    ana.post(f"/api/jobs/{busy}/cancel")


def test_a_flask_server_asks_the_same_verifier(monkeypatch, estampe_issuer, estampe_token):
    (code,) = snippets(PAGES[0], "python")
    for name, value in estampe_issuer.environment.items():
        monkeypatch.setenv(name, value)
    site = types.ModuleType("site_in_flask")
    monkeypatch.setitem(sys.modules, site.__name__, site)
    exec(compile(code.replace("__name__", f'"{site.__name__}"'), "migration.md", "exec"), site.__dict__)
    client = site.app.test_client()

    known = client.get("/bonjour", headers={"Authorization": f"Bearer {estampe_token('user_ada', 'org_atelier')}"})
    unknown = client.get("/bonjour")
    site.verifier.close()

    assert known.json == {"bonjour": "user_ada", "organisation": "org_atelier"}
    assert (unknown.status_code, unknown.json["title"]) == (401, "Token d'authentification manquant")
    assert client.options("/bonjour").status_code == 200


CLERK = """
declare module '@clerk/nextjs' {
  import type { ReactNode } from 'react'
  export function ClerkProvider(props: { children: ReactNode }): ReactNode
  export function useAuth(): {
    isLoaded: boolean
    isSignedIn: boolean | undefined
    userId: string | null | undefined
    orgId: string | null | undefined
    getToken(options?: { template?: string; skipCache?: boolean }): Promise<string | null>
  }
}
declare module '@clerk/nextjs/server' {
  export function auth(): Promise<{ userId: string | null; getToken(): Promise<string | null> }>
}
"""


@pytest.fixture(scope="module")
def tsc() -> Path:
    """The compiler of the packages, with what they need beside it."""
    found = WEB / "node_modules" / ".bin" / "tsc"
    why = None if shutil.which("node") and shutil.which("npm") else "node and npm are needed to check TypeScript"
    if why is None and not found.exists():
        command = [shutil.which("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        installed = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
        why = None if installed.returncode == 0 else f"npm could not install web/: {installed.stderr[-500:]}"
    if why is not None:
        (pytest.fail if os.environ.get("TESTS_REQUIRE_NODE") else pytest.skip)(why)
    return found


@thorough("needs Node, and the compiler from npm")
def test_the_typescript_is_as_strict_as_the_packages(tsc: Path):
    folder = WEB / "node_modules" / ".migration"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        files = ["clerk.d.ts"]
        (folder / "clerk.d.ts").write_text(CLERK)
        for language in ("ts", "tsx"):
            for number, code in enumerate(snippets(PAGES[0], language)):
                files.append(f"snippet{number}.{language}")
                (folder / files[-1]).write_text(code)
        source = {"@estampe/client": "client/src/index.ts", "@estampe/react": "react/src/index.ts"}
        source |= {f"@estampe/react/{name}": f"react/src/{name}" for name in ("clerk", "oidc")}
        options = {
            "noEmit": True,
            "module": "ESNext",
            "moduleResolution": "bundler",
            "noUnusedLocals": False,
            "paths": {name: [str(WEB / path)] for name, path in source.items()},
        }
        config = {"extends": str(WEB / "tsconfig.json"), "compilerOptions": options, "files": files}
        (folder / "tsconfig.json").write_text(json.dumps(config))
        (folder / "package.json").write_text('{"type": "module"}')
        ran = subprocess.run([tsc, "-p", folder], cwd=folder, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(folder)

    assert ran.returncode == 0, ran.stdout
    assert len(files) >= 8


def test_the_refusal_of_the_preflight_is_the_server_s_own_business(service: Service):
    """A preflight has no token and is not told that one is missing."""
    answer = httpx.options(f"{service.url}/api/images/generate", **PLAIN)

    assert answer.status_code == 204
