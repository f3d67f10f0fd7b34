"""Those who use the fleet while it is hurt: they ask until they are answered, and write down what they were told."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.chaos.fleet import Fleet
from tests.service import ENDED, HOUR

PAUSE_SECONDS = 0.2
REQUEST_SECONDS = 10


@dataclass
class Told:
    """What one stream said of one job, in order: versions and states."""

    job_id: str
    seen: list[tuple[int, str]] = field(default_factory=list)


class Member:
    """Someone of one tenant, who asks whichever API answers."""

    def __init__(self, fleet: Fleet, number: int, dice: random.Random) -> None:
        self._fleet, self._dice, self.number = fleet, dice, number
        token = fleet.apis[0].local.issue(f"user_{number}", f"org_{number}", role="org:member", ttl_seconds=HOUR)
        limits = httpx.Limits(max_connections=20, max_keepalive_connections=4)
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}"}, timeout=REQUEST_SECONDS, trust_env=False, limits=limits
        )
        self.accepted: dict[str, str] = {}
        self.canceled: set[str] = set()
        self.told: list[Told] = []

    async def close(self) -> None:
        await self._client.aclose()

    async def asks(self, key: str, *, cancels: bool) -> str:
        """The id of a job, accepted once however often it had to be asked for."""
        body = {"prompt": f"[steps 6] [sleep 0.02] {key}", "width": 64, "height": 64}
        answer = await self._until(202, "POST", "/api/images/generate", json=body, headers={"Idempotency-Key": key})
        job_id = answer["job_id"]
        assert self.accepted.setdefault(key, job_id) == job_id
        if cancels:
            await asyncio.sleep(self._dice.uniform(0.0, 1.0))
            self.canceled.add(job_id)
            await self._until(202, "POST", f"/api/jobs/{job_id}/cancel")
        return str(job_id)

    async def job(self, job_id: str) -> dict[str, Any]:
        return await self._until(200, "GET", f"/api/jobs/{job_id}")

    async def ended(self, job_id: str) -> dict[str, Any]:
        while True:
            job = await self._until(200, "GET", f"/api/jobs/{job_id}", params={"wait": 5})
            if job["status"] in ENDED:
                return job

    async def follows(self, job_id: str) -> None:
        """Until the job has ended, over as many streams as that takes."""
        told = Told(job_id)
        self.told.append(told)
        while not told.seen or told.seen[-1][1] not in ENDED:
            with contextlib.suppress(httpx.TransportError):
                async for version, status in self._stream(job_id):
                    told.seen.append((version, status))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _stream(self, job_id: str) -> AsyncIterator[tuple[int, str]]:
        url = f"{self._dice.choice(self._fleet.apis).url}/api/jobs/{job_id}/events"
        version = 0
        async with self._client.stream("GET", url, timeout=httpx.Timeout(REQUEST_SECONDS, read=30)) as answer:
            if answer.status_code != httpx.codes.OK:
                return
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    version = int(line.removeprefix("id: "))
                elif line.startswith("data: "):
                    said = json.loads(line.removeprefix("data: "))
                    if "status" in said:
                        yield version, said["status"]

    async def _until(self, status: int, method: str, path: str, **how: Any) -> dict[str, Any]:
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await self._client.request(method, self._dice.choice(self._fleet.apis).url + path, **how)
                if answer.status_code == status:
                    said: dict[str, Any] = answer.json()
                    return said
                assert answer.status_code in {409, 429, 503}, answer.text
            await asyncio.sleep(PAUSE_SECONDS)
