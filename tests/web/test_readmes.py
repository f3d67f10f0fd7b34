"""What the packages' pages show is true: the client's snippets run, the hooks' compile."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import WEB, alone

if TYPE_CHECKING:
    from tests.service import Service
    from tests.web.conftest import Node

BESIDE = WEB / "node_modules" / ".snippets"  # where imports find what they name
CLERK = "declare module '@clerk/nextjs' { export const useAuth: typeof import('./clerk.js').useAuth }"


def snippets(package: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (WEB / package / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("snippet", snippets("client", "ts"), ids=("generate", "functions", "errors"))
def test_the_client_s_snippets_run(node: Node, live: Service, snippet: str, tmp_path: Path):
    source, made = BESIDE / tmp_path.name / "snippet.ts", tmp_path / "snippet.mjs"
    source.parent.mkdir(parents=True, exist_ok=True)
    with live.person("user_reader") as reader:
        source.write_text(re.sub(r"declare const getToken.*", "const getToken = process.env.ESTAMPE_TOKEN!", snippet))
        node.tool("esbuild", str(source), "--bundle", "--format=esm", "--platform=node", f"--outfile={made}")
        done = node.run(WEB, str(made), ESTAMPE_URL=live.url, ESTAMPE_TOKEN=reader.token)

    assert done.returncode == 0, done.stderr
    assert re.search(r"^http://\S+/content|^failed The prompt asked to fail\.", done.stdout, re.MULTILINE)


def test_the_snippets_are_strictly_typed(node: Node):
    shown = {f"{number}.ts": snippet for number, snippet in enumerate(snippets("client", "ts"))}
    shown |= {f"{number}.tsx": snippet for number, snippet in enumerate(snippets("react", "tsx"))}
    shown |= {"clerk.ts": (WEB / "client" / "test" / "clerk.ts").read_text("utf-8"), "module.d.ts": CLERK}
    options = {"noEmit": True, "types": ["node"]}
    project = {"extends": "../../tsconfig.json", "compilerOptions": options, "files": list(shown)}
    with alone(BESIDE):
        BESIDE.mkdir(exist_ok=True)
        for name, text in (shown | {"tsconfig.json": json.dumps(project)}).items():
            (BESIDE / name).write_text(text, "utf-8")
        node.tool("tsc", "--project", str(BESIDE))
