"""`estampe generate`: ask the running service for one picture or clip, watch it being made, keep the file."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from estampe.cli.language import language
from estampe.cli.sign_in import local_token
from estampe.domain import Status, new_id
from estampe.errors import DatabaseUnavailable, EstampeError, InvalidSetting, Text
from estampe.settings import Settings

TIMEOUT_SECONDS = 40.0
WAIT_SECONDS = 20
OUTAGE_SECONDS = 60.0
FORMATS = {".jpg": "jpeg", ".jpeg": "jpeg"}
NAME_LETTERS = 40

# Brackets in a prompt, a path or a message are their own.
console = Console(stderr=True, highlight=False, markup=False)


@dataclass(frozen=True)
class Wish:
    """What to make, and where to write it: without `out`, beside the person, under the prompt's own words."""

    prompt: str
    out: Path | None
    kind: str
    seed: int | None
    model: str | None

    def body(self) -> dict[str, Any]:
        said = {"prompt": self.prompt, "output_format": self._format(), "seed": self.seed, "model": self.model}
        return {name: value for name, value in said.items() if value is not None}

    def write(self, content: bytes, media_type: str) -> Path:
        """Where it was written: a file that the person named is replaced, and no other. Raises `EstampeError`."""
        try:
            if self.out is None:
                return self._write_beside(content, media_type.partition("/")[2])
            self.out.write_bytes(content)
        except OSError as error:
            where, why = self.out or Path.cwd(), error.strerror
            raise EstampeError(
                Text(
                    f"{where} cannot be written ({why}); what was made is kept in the gallery",
                    f"{where} ne peut pas être écrit ({why}) ; le résultat reste dans la galerie",
                )
            ) from error
        return self.out

    def _write_beside(self, content: bytes, extension: str) -> Path:
        words = "-".join(re.findall(r"\w+", self.prompt.lower()))[:NAME_LETTERS].strip("-") or self.kind
        path, numbers = Path(f"{words}.{extension}"), count(2)
        while True:
            with suppress(FileExistsError), path.open("xb") as file:
                file.write(content)
                return path
            path = Path(f"{words}-{next(numbers)}.{extension}")

    def _format(self) -> str | None:
        suffix = self.out.suffix.lower() if self.out else ""
        return FORMATS.get(suffix, suffix[1:]) or None


class Session:
    """Calls to the service, each with a fresh token, tried again across a short outage."""

    def __init__(self, settings: Settings, client: httpx.Client) -> None:
        self._settings, self._client = settings, client
        self._reached = False

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Raises `EstampeError` with the server's own words when it refuses, `TransportError` when it is not there."""
        deadline = time.monotonic() + OUTAGE_SECONDS
        known = {"Authorization": f"Bearer {self._token()}", "Accept-Language": language()}
        headers = known | options.pop("headers", {})
        while True:
            try:
                answer = self._client.request(method, path, headers=headers, **options)
            except httpx.TransportError:
                if time.monotonic() > deadline or not self._reached:
                    raise
            else:
                self._reached = True
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                    return _accepted(answer)
            time.sleep(1)

    def _token(self) -> str:
        return self._settings.token or local_token(self._settings)


def generate(settings: Settings, wish: Wish) -> Status:
    """The status the job ended with; the file is written only when it succeeded."""
    if wish.out is not None:
        _require_place(wish.out)
    try:
        with httpx.Client(base_url=settings.url, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            return _generate(Session(settings, client), wish)
    except httpx.TransportError as error:
        raise DatabaseUnavailable(
            Text(
                f"nothing answers at {settings.url}: start it with `estampe up`",
                f"rien ne répond à {settings.url} : lancez « estampe up »",
            )
        ) from error


def _require_place(out: Path) -> None:
    where = out.absolute().parent
    if not where.is_dir():
        raise InvalidSetting(Text(f"{where} is not a folder", f"{where} n'est pas un dossier"))
    if os.path.isdir(out):  # noqa: PTH112 - of a name that is too long it says no, where Path raises
        raise InvalidSetting(Text(f"{out} is a folder: name a file", f"{out} est un dossier : nommez un fichier"))


def _generate(session: Session, wish: Wish) -> Status:
    key = {"Idempotency-Key": new_id("cli_")}
    job = session.ask("POST", f"/api/{wish.kind}s/generate", json=wish.body(), headers=key).json()
    with _bar(wish.prompt) as show:
        job = _followed(session, job["job_id"], show)
    status = Status(job["status"])
    ignored = job["notes"].get("ignored")
    if ignored:
        console.print(f"words it does not know: {', '.join(ignored)}", style="yellow")
    read_as = job["notes"].get("read_as")
    if read_as:
        console.print(f"read as: {', '.join(read_as)}", style="yellow")
    if status is not Status.SUCCEEDED:
        console.print(f"{status}: {job['error']['message'] if job['error'] else ''}", style="red")
        return status
    made = job["outputs"][0]
    content = session.ask("GET", f"/api/assets/{made['asset_id']}/content").content
    out = wish.write(content, made["media_type"])
    console.print(f"{out}  {made['width']} x {made['height']}  {len(content):,} bytes  seed {made['seed']}")
    return status


def _followed(session: Session, job_id: str, show: Any) -> dict[str, Any]:
    known: dict[str, str] = {}
    while True:
        path = f"/api/jobs/{job_id}"
        answer = session.ask("GET", path, params={"wait": WAIT_SECONDS} if known else {}, headers=known)
        job: dict[str, Any] = answer.json()
        known = {"If-None-Match": answer.headers["etag"]}
        show(job)
        if Status(job["status"]).ended:
            return job


@contextmanager
def _bar(prompt: str) -> Iterator[Any]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[stage]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(prompt[:40], total=1.0, stage="queued")

        def show(job: dict[str, Any]) -> None:
            told = job["progress"] or {}
            stage = told.get("stage") or job["status"]
            progress.update(task, completed=told.get("fraction", 0.0), stage=stage)

        yield show


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        said = problem.get("detail") or problem["title"]
    except (ValueError, KeyError, AttributeError):
        said = f"the server answered {answer.status_code}"
    raise EstampeError(Text(said, said))
