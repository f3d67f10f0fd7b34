"""Submits, jobs from end to end, and how soon a job starts: ours against a bare table and against known queues."""

import asyncio
import importlib.util
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bench.contenders import Bare, Celery, Contender, Ours, PgQueuer
from tests.bench.figures import Figure, Figures, Goal, at_most
from tests.postgres import eventually
from tests.service import free_port, running, until_listening

from estampe.db.embedded import EmbeddedPostgres
from estampe.db.migrate import migrate

pytestmark = pytest.mark.bench

JOBS = 200
STARTS = 300
AT_ONCE = 8
IDLE_SECONDS = 0.05
GOAL_MS = 30
ABOUT = (
    "One worker each, jobs that do nothing, on one PostgreSQL that waits for its disk (Celery: on Redis with its "
    "append-only file). Ours does what the others leave to their users: each submit is an HTTP request with a verified "
    "token, a quota, a charge and a fair ticket, and each job makes, encodes, keeps and charges a picture of 64 pixels "
    f"square. Starts are {STARTS}, one after another, each counted from before its request. Ratios are to the bare "
    "table."
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contenders")


@pytest.fixture(scope="module")
def redis_url(folder: Path) -> Iterator[str | None]:
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--appendonly", "yes", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until_listening(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def contenders(folder: Path, redis_url: str | None) -> Iterator[list[Contender]]:
    embedded = EmbeddedPostgres(folder)  # the tests' own does not wait for the disk
    url = embedded.start()
    try:
        migrate(url)
        with running(url, folder) as service, service.person() as ana:
            entered: list[Contender] = [Bare(url, folder), Ours(service, ana)]
            if importlib.util.find_spec("pgqueuer"):
                entered.append(PgQueuer(url, folder))
            if importlib.util.find_spec("celery") and redis_url:
                entered.append(Celery(redis_url, folder))
            yield entered
    finally:
        embedded.release()


async def submitted(contender: Contender, numbers: range, at_once: int) -> float:
    """Submits a second."""
    waiting = iter(numbers)

    async def one_after_another() -> None:
        for number in waiting:
            await contender.submit(number)

    started = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return len(numbers) / (time.perf_counter() - started)


async def all_begun(contender: Contender, numbers: range) -> dict[int, float]:
    await asyncio.to_thread(eventually, lambda: set(numbers) <= set(contender.begun()), "the last job")
    return contender.begun()


async def measured(contender: Contender) -> dict[str, float]:
    async with contender.at_work():
        await contender.submit(0)
        await all_begun(contender, range(1))
        asked: dict[int, float] = {}
        for number in range(1, STARTS + 1):
            asked[number] = time.time()
            await contender.submit(number)
            await all_begun(contender, range(number, number + 1))
            await asyncio.sleep(IDLE_SECONDS)
        begun = contender.begun()
        waits = sorted(begun[number] - at for number, at in asked.items())
        numbers = range(1000, 1000 + JOBS)
        started = time.time()
        rate = await submitted(contender, numbers, AT_ONCE)
        ended = max((await all_begun(contender, numbers)).values())
        alone = await submitted(contender, range(5000, 5000 + JOBS // 4), 1)
        await all_begun(contender, range(5000, 5000 + JOBS // 4))
    return {
        "submits alone /s": alone,
        f"submits {AT_ONCE} at once /s": rate,
        "end to end jobs/s": JOBS / (ended - started),
        "start p50 ms": 1000 * statistics.median(waits),
        "start p99 ms": 1000 * waits[int(len(waits) * 0.99)],
    }


def goal(name: str, what: str, value: float) -> Goal | None:
    return at_most(GOAL_MS, value, " ms") if (name, what) == ("estampe", "start p99 ms") else None


def test_ours_beside_other_queues(contenders: list[Contender], figures: Figures):
    found = {contender.name: asyncio.run(measured(contender)) for contender in contenders}

    floor = found["bare table"]
    for name, row in found.items():
        rows = [
            Figure(f"{name}: {what}", f"{value:.1f}", f"{value / floor[what]:.2f}", goal(name, what, value))
            for what, value in row.items()
        ]
        figures.add("The queue, beside a bare table and known queues", *rows, about=ABOUT)
    assert found["estampe"]["end to end jobs/s"] > 0
