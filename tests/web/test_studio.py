"""What the studio reckons by itself, without a page or a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import WEB

if TYPE_CHECKING:
    from tests.web.conftest import Node

SUITES = sorted((WEB / "studio" / "test").glob("*.test.ts"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem.removesuffix(".test"))
def test_the_studio_reckons_as_it_should(node: Node, suite: Path, tmp_path: Path):
    made = tmp_path / f"{suite.stem}.mjs"
    node.tool("esbuild", str(suite), "--bundle", "--platform=node", "--format=esm", f"--outfile={made}")
    done = node.run(WEB, "--test", "--test-reporter=spec", str(made))
    assert done.returncode == 0, done.stdout + done.stderr
