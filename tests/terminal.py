"""A person's terminal: a data folder, a port, and the `estampe` command in it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
from tests.postgres import PATIENCE_SECONDS, eventually
from tests.service import free_port

from estampe.identity.local import Local

LINK = re.compile(r"(http://\S+)/#code=(\S+)")


class Terminal:
    """A data folder, a port, and the command in it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("ESTAMPE_")}
        self.environment |= {"ESTAMPE_STALLED_SECONDS": "3", "LANG": "C.UTF-8"}
        self.environment |= {f"ESTAMPE_{name.upper()}": value for name, value in settings.items()}

    def command(self, *words: str) -> list[str]:
        verb, *rest = words
        flags = ["--data-dir", str(self.folder)]
        if verb in {"up", "api", "generate", "doctor", "link"}:
            flags += ["--port", str(self.port)]
        return [sys.executable, "-m", "estampe", verb, *flags, *rest]

    def run(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @contextmanager
    def up(self) -> Iterator["Up"]:
        with (self.folder.parent / f"{self.folder.name}.log").open("w") as log:
            process = subprocess.Popen(
                self.command("up"), env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        running = Up(self, psutil.Process(process.pid), process)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=PATIENCE_SECONDS)

    def log(self) -> str:
        return (self.folder.parent / f"{self.folder.name}.log").read_text()

    def client(self, user: str = "user_local", org: str | None = "org_local") -> httpx.Client:
        token = Local(self.folder).issue(user, org, role="org:admin", ttl_seconds=3600)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)


class Up:
    """A running `estampe up`."""

    def __init__(self, terminal: Terminal, process: psutil.Process, popen: subprocess.Popen[bytes]) -> None:
        self.terminal, self.process, self.popen = terminal, process, popen

    def link(self) -> str:
        def printed() -> str | None:
            assert self.popen.poll() is None, self.terminal.log()
            found = LINK.findall(self.terminal.log())
            return found[-1][1] if found else None

        return eventually(printed, "the printed link")

    def family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]
