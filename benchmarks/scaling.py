"""What breaks first as GPUs are added: the queue, the workers and the database, event by event.

    python benchmarks/scaling.py

prints the table of docs/scaling.md. Its costs were measured: `make bench ARGS="-k costs_of_a_job"` measures them again.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

UTILISATION = 0.8
JOBS = 4000
SEED = 9006


@dataclass(frozen=True)
class Costs:
    """CPU milliseconds of the database, unless said otherwise; one core of the machine that docs/scaling.md names."""

    submit: float = 2.2
    claim: float = 1.8
    finish: float = 2.0
    look: float = 1.0  # what a woken worker spends to find nothing
    worker_second: float = 2.3  # heartbeat, poll, housekeeping, a proof that it still hears
    telling_second: float = 2.5  # a running job's progress, four times a second
    notices_second: float = 4.0  # how often that is, not milliseconds
    hear: float = 0.019  # a notice, for each connection that listens to it
    api_job: float = 8.2  # of the API: asked for and waited for
    api_mebibyte: float = 1.5  # of the API: a file that it carries itself
    round_trip: float = 0.5  # of the network, there and back


@dataclass(frozen=True)
class Plant:
    """What is run. `slots`: GPUs that one worker process owns. `hears`: whether it hears what every job tells.

    `wakes`: how many idle processes one new job wakes; None is all of them.
    """

    gpus: int
    job_seconds: float
    database_cores: int
    slots: int = 1
    wakes: int | None = None
    hears: bool = True

    @property
    def processes(self) -> int:
        return math.ceil(self.gpus / self.slots)

    @property
    def jobs_per_second(self) -> float:
        return self.gpus * UTILISATION / self.job_seconds


@dataclass
class Database:
    """So many cores, first come first served; what is done all the time slows the rest down by its share."""

    cores: int
    slowed: float
    round_trip: float
    now: float = 0.0
    busy: int = 0
    waiting: deque[Callable[[], tuple[float, Callable[[], None]]]] = field(default_factory=deque)
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    spent: dict[str, float] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**12)))

    def at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.events, (moment, next(self.numbers), act))

    def ask(self, work: Callable[[], tuple[float, Callable[[], None]]]) -> None:
        """`work` is called when a core takes it up: milliseconds, and what follows."""
        self.waiting.append(work)
        self._take_up()

    def _take_up(self) -> None:
        while self.waiting and self.busy < self.cores:
            milliseconds, then = self.waiting.popleft()()
            self.busy += 1
            self.at(self.now + milliseconds * self.slowed / 1000, lambda then=then: self._done(then))

    def _done(self, then: Callable[[], None]) -> None:
        self.busy -= 1
        self.at(self.now + self.round_trip / 1000, then)
        self._take_up()


@dataclass
class Process:
    """One worker process: at most one question to the queue at a time, and one more to ask after it."""

    free: int
    asking: bool = False
    again: bool = False


def constant(plant: Plant, costs: Costs) -> tuple[float, float]:
    """Cores that are busy whatever comes: with workers and what jobs tell, and with those who hear it."""
    running = plant.gpus * UTILISATION
    always = plant.processes * costs.worker_second + running * costs.telling_second
    heard = running * costs.notices_second * costs.hear * (plant.processes if plant.hears else 1)
    return always / 1000, heard / 1000


class Simulation:
    """Jobs come at random, each as long as the dice say; the workers start as busy as they will be."""

    def __init__(self, plant: Plant, costs: Costs, jobs: int) -> None:
        self.plant, self.costs, self.left = plant, costs, jobs
        self.dice = random.Random(SEED)
        self.always, self.heard = constant(plant, costs)
        slowed = 1 / max(1 - (self.always + self.heard) / plant.database_cores, 0.01)
        self.database = Database(plant.database_cores, slowed, costs.round_trip)
        self.processes = [Process(plant.slots) for _ in range(plant.processes)]
        self.queue: deque[tuple[float, bool]] = deque()
        self.starts: list[float] = []
        self.spent = {"jobs": 0.0, "wakes": 0.0}
        self.free = plant.processes * plant.slots
        for number in range(int(self.free * UTILISATION)):
            self._run(self.processes[number % plant.processes])

    def go(self) -> float:
        """Until every job has come; the seconds that took."""
        self.database.at(0.0, self._arrive)
        while self.database.events and self.left:
            self.database.now, _, act = heapq.heappop(self.database.events)
            act()
        return self.database.now

    def _arrive(self) -> None:
        self.left -= 1
        came, lucky = self.database.now, self.free > 0 and not self.queue
        self.database.ask(lambda: (self._spend("jobs", self.costs.submit), lambda: self._queued(came, lucky=lucky)))
        self.database.at(came + self.dice.expovariate(self.plant.jobs_per_second), self._arrive)

    def _queued(self, came: float, *, lucky: bool) -> None:
        self.queue.append((came, lucky))
        idle = [process for process in self.processes if process.free]
        wakes = self.plant.wakes
        for process in idle if wakes is None else self.dice.sample(idle, min(wakes, len(idle))):
            self._wake(process)

    def _wake(self, process: Process) -> None:
        if process.asking:
            process.again = True
        elif process.free:
            process.asking = True
            self.database.ask(lambda: self._fetch(process))

    def _fetch(self, process: Process) -> tuple[float, Callable[[], None]]:
        if not self.queue:
            return self._spend("wakes", self.costs.look), lambda: self._answered(process, None)
        job = self.queue.popleft()
        return self._spend("jobs", self.costs.claim), lambda: self._answered(process, job)

    def _answered(self, process: Process, job: tuple[float, bool] | None) -> None:
        process.asking = False
        if job is not None:
            came, lucky = job
            if lucky:
                self.starts.append(self.database.now - came)
            self._run(process)
        if job is not None or process.again:
            process.again = False
            self._wake(process)

    def _run(self, process: Process) -> None:
        process.free -= 1
        self.free -= 1
        seconds = self.dice.lognormvariate(math.log(self.plant.job_seconds) - 0.125, 0.5)
        self.database.at(self.database.now + seconds, lambda: self._end(process))

    def _end(self, process: Process) -> None:
        self.database.ask(lambda: (self._spend("jobs", self.costs.finish), lambda: self._freed(process)))

    def _freed(self, process: Process) -> None:
        process.free += 1
        self.free += 1
        self._wake(process)

    def _spend(self, on: str, milliseconds: float) -> float:
        self.spent[on] += milliseconds / 1000
        return milliseconds


@dataclass(frozen=True)
class Outcome:
    """Cores are those of the database; starts are of jobs that found a free GPU."""

    plant: Plant
    start_p50_ms: float
    start_p99_ms: float
    always: float
    heard: float
    jobs: float
    wakes: float

    @property
    def share(self) -> float:
        """Of the database's cores; above 1 it falls behind."""
        return (self.always + self.heard + self.jobs + self.wakes) / self.plant.database_cores


def simulate(plant: Plant, costs: Costs | None = None, jobs: int = JOBS) -> Outcome:
    costs = costs or Costs()
    always, heard = constant(plant, costs)
    if always + heard >= plant.database_cores:
        return Outcome(plant, math.inf, math.inf, always, heard, 0.0, 0.0)
    run = Simulation(plant, costs, jobs)
    seconds = run.go()
    starts = sorted(run.starts) or [math.nan]
    return Outcome(
        plant,
        start_p50_ms=starts[len(starts) // 2] * 1000,
        start_p99_ms=starts[len(starts) * 99 // 100] * 1000,
        always=always,
        heard=heard,
        jobs=run.spent["jobs"] / seconds,
        wakes=run.spent["wakes"] / seconds,
    )


PLANTS = [
    Plant(gpus=1, job_seconds=5, database_cores=2),
    Plant(gpus=10, job_seconds=5, database_cores=2),
    Plant(gpus=100, job_seconds=5, database_cores=4),
    Plant(gpus=100, job_seconds=60, database_cores=4),
    Plant(gpus=1000, job_seconds=5, database_cores=16),
    Plant(gpus=1000, job_seconds=60, database_cores=16, slots=8),
    Plant(gpus=1000, job_seconds=5, database_cores=16, slots=8),
    Plant(gpus=1000, job_seconds=5, database_cores=16, slots=8, hears=False),
    Plant(gpus=1000, job_seconds=5, database_cores=16, slots=8, hears=False, wakes=4),
]

HEAD = ["GPUs", "processes", "a job", "jobs/s", "start p50", "p99", "cores", "always", "heard", "jobs", "woken", "busy"]


def row(outcome: Outcome) -> list[str]:
    plant = outcome.plant
    p50, p99 = (f"{ms:,.0f} ms" if ms < math.inf else "never" for ms in (outcome.start_p50_ms, outcome.start_p99_ms))
    notes = ([] if plant.hears else ["deaf"]) + ([] if plant.wakes is None else [f"{plant.wakes} woken"])
    return [
        f"{plant.gpus:,}",
        f"{plant.processes:,}" + (f" ({', '.join(notes)})" if notes else ""),
        f"{plant.job_seconds:g} s",
        f"{plant.jobs_per_second:.2g}" if plant.jobs_per_second < 1 else f"{plant.jobs_per_second:.0f}",
        p50,
        p99,
        f"{plant.database_cores}",
        f"{outcome.always:.2f}",
        f"{outcome.heard:.2f}",
        f"{outcome.jobs:.2f}",
        f"{outcome.wakes:.2f}",
        f"{outcome.share:.0%}",
    ]


def table(plants: Sequence[Plant] = tuple(PLANTS), jobs: int = JOBS) -> str:
    rows = [HEAD, ["---:"] * len(HEAD), *(row(simulate(plant, jobs=jobs)) for plant in plants)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


if __name__ == "__main__":
    print(table())
