"""The studio's own sums, in Node: what needs no browser to be tried."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import WEB

if TYPE_CHECKING:
    from tests.web.conftest import Node

SUITES = sorted((WEB / "studio" / "test").glob("*.test.ts"))
# As a browser's build would put it there.
ALIASES = ("--alias:@estampe/client=./client/src/index.ts", "--alias:@estampe/react=./react/src/index.ts")
LOADERS = ("--loader:.css=empty", "--loader:.svg=dataurl")


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem.removesuffix(".test"))
def test_the_studio_s_sums_are_right(node: Node, suite: Path, tmp_path: Path):
    made = tmp_path / f"{suite.stem}.mjs"
    node.tool(
        "esbuild", str(suite), "--bundle", "--platform=node", "--format=esm", f"--outfile={made}", *ALIASES, *LOADERS
    )

    done = node.run(WEB, "--test", "--test-reporter=spec", str(made))

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_studio_s_types_are_strict_and_kept(node: Node):
    node.tool("tsc", "--project", "studio")
    node.tool("tsc", "--project", "studio/test", "--noEmit")
