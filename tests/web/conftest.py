"""The web packages as a site installs them, a live service that other origins may call, and what issues its tokens."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests import postgres
from tests.service import Service, free_port, running
from tests.thorough import all_here
from tests.web.reception import Reception

pytest_itemcollected = all_here("needs Node, and what npm installs")

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund")


class Node:
    """Node and npm, as this machine has them."""

    def __init__(self, node: str, npm: str) -> None:
        self._node, self._npm = node, npm

    def install(self, folder: Path) -> None:
        """What the folder's lock names, once."""
        installed = folder / "node_modules" / ".package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
            done = self.npm(folder, "ci", *QUIET)
            if done.returncode != 0:
                absent(f"npm could not install what {folder.name} needs: {done.stderr[-500:]}")

    def npm(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run([self._npm, *arguments], folder)

    def run(self, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self._run([self._node, *arguments], folder, **environment)

    def start(
        self, folder: Path, *arguments: str, log: Path | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        """Writes what it says to `log`, or to whoever reads its `stdout`."""
        with log.open("wb") if log else contextlib.nullcontext(subprocess.PIPE) as out:
            command, said = [self._node, *arguments], os.environ | environment
            return subprocess.Popen(command, cwd=folder, env=said, stdout=out, stderr=subprocess.STDOUT, text=True)

    def tool(self, name: str, *arguments: str) -> str:
        """A development tool of web/: what it said, once it was content."""
        done = self._run([str(WEB / "node_modules" / ".bin" / name), *arguments], WEB)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @staticmethod
    def _run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def absent(why: str) -> None:
    (pytest.fail if os.environ.get("TESTS_REQUIRE_NODE") else pytest.skip)(why)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time installs and builds there."""
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"estampe-tests-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def node() -> Node:
    """With the packages' own tools installed, and the packages built."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        absent("node and npm are needed for the web packages")
    here = Node(found, npm)
    with alone(WEB):
        here.install(WEB)
        if not _built():
            built = here.run(WEB, "build.mjs")
            assert built.returncode == 0, built.stdout + built.stderr
    return here


def _built() -> bool:
    """Whether each package's `dist` is of its sources: building takes it away from whoever is reading it."""
    recipe = [WEB / "build.mjs", WEB / "package-lock.json", WEB / "tsconfig.json"]
    for package in (WEB / "client", WEB / "react"):
        sources = list((package / "src").glob("*.ts*"))
        made = {path.stem: path for path in (package / "dist").glob("*.js")}
        if {path.stem for path in sources} != set(made):
            return False
        oldest = min(path.stat().st_mtime for path in made.values())
        if oldest < max(path.stat().st_mtime for path in [*recipe, package / "tsconfig.json", *sources]):
            return False
    return True


@pytest.fixture(scope="session")
def site_port() -> int:
    """Where the site of the tests is served."""
    return free_port()


@pytest.fixture(scope="session")
def reception_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def live(
    server: Callable[[str], postgres.Server],
    tmp_path_factory: pytest.TempPathFactory,
    site_port: int,
    reception_port: int,
) -> Iterator[Service]:
    """A service that the pages of the reception and of the site may call."""
    origins = ",".join(f"http://127.0.0.1:{port}" for port in (reception_port, site_port))
    folder = tmp_path_factory.mktemp("live")
    with server("18").database() as url, running(url, folder, allowed_origins=origins) as started:
        yield started


@pytest.fixture(scope="session")
def reception(live: Service, reception_port: int) -> Iterator[Reception]:
    desk = Reception(live, reception_port)
    yield desk
    desk.close()
