"""The token of a client: cached, fetched by one at a time, renewed ahead of its end."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, cast, runtime_checkable

import httpx

from estampe_client._clock import Clock, Moment, jitter
from estampe_client._commands import Alone, Call, Steps
from estampe_client.errors import Refusal, TokenMissing, TokenUnavailable

LEAD_SECONDS = 15.0
LAST_SECONDS = 5.0
AFTER_A_FAILURE_SECONDS = 5.0
MISSING = {"en": "Authentication token missing", "fr": "Token d'authentification manquant"}

_SENDABLE = re.compile(r"[!-~]+")


@runtime_checkable
class TokenProvider(Protocol):
    """Where tokens come from, for whoever wants to know which one was refused."""

    def token(self, refused: str | None, /) -> str | Awaitable[str]:
        """A token: not `refused`, which the service no longer takes, nor one that was cached beside it."""
        ...


TokenSource = str | Callable[[], str | Awaitable[str]] | TokenProvider


@dataclass
class Held:
    """A token, when it came, and after how many seconds it is to be renewed, and is of no use (None: never)."""

    value: str = field(repr=False)
    came: Moment
    renew_seconds: float | None = None
    end_seconds: float | None = None


class Tokens:
    """What a client knows of its token; its copies with other options share it."""

    def __init__(self, source: TokenSource, clock: Clock, language: str) -> None:
        self._source, self._clock, self._language = source, clock, language
        self._held: Held | None = None
        if isinstance(source, str):
            self._held = self._taken(source)

    def current(self, timeout_seconds: float) -> Steps[Held]:
        """One that is good for a while; an older one, rather than wait while another is being fetched."""
        held = self._held
        if held is not None and not self._past(held, held.renew_seconds):
            return held
        usable = None if held is None or self._past(held, held.end_seconds) else held
        fresh: Held = yield Alone(self._renewed(held, usable, None, timeout_seconds), usable, timeout_seconds)
        return fresh

    def instead_of(self, refused: Held, timeout_seconds: float) -> Steps[Held]:
        """Another one than `refused`; `refused` again where the source has no other."""
        if isinstance(self._source, str):
            return refused
        steps = self._renewed(refused, None, refused.value, timeout_seconds)
        fresh: Held = yield Alone(steps, None, timeout_seconds)
        return refused if fresh.value == refused.value else fresh

    def _renewed(
        self, old: Held | None, usable: Held | None, refused: str | None, timeout_seconds: float
    ) -> Steps[Held]:
        if self._held is not None and self._held is not old:
            return self._held  # someone else was faster
        source = self._source
        ask = partial(source.token, refused) if isinstance(source, TokenProvider) else source
        try:
            value: object = yield Call(
                cast("Callable[[], object]", ask), blocking=True, timeout_seconds=timeout_seconds
            )
            self._held = self._taken(value)
        except Exception as error:
            if usable is not None:
                usable.renew_seconds = self._clock.since(usable.came) + AFTER_A_FAILURE_SECONDS
                return usable
            if isinstance(error, OSError | httpx.TransportError):
                raise TokenUnavailable(f"the token's source cannot be reached: {error!r}", passing=True) from error
            raise
        return self._held

    def _taken(self, value: object) -> Held:
        """Raises `TokenMissing` or `TokenUnavailable`: what is no token is never sent."""
        text = value.strip() if isinstance(value, str) else value
        if text is None or text == "":
            said = MISSING.get(self._language, MISSING["en"])
            raise TokenMissing(Refusal("token_missing", 401, said, said))
        if not isinstance(text, str) or not _SENDABLE.fullmatch(text):
            raise TokenUnavailable("a token is one word of ASCII, without “Bearer” before it")
        lifetime = None if isinstance(self._source, str) else self._lifetime(text)
        if lifetime is None:
            return Held(text, self._clock.now())
        lead = min(LEAD_SECONDS, lifetime / 4)
        soonest = min(1.0, lifetime / 2)
        renew = max(lifetime - lead - jitter(lead / 3), soonest)
        return Held(text, self._clock.now(), renew, max(lifetime - min(LAST_SECONDS, lead / 3), soonest))

    def _lifetime(self, token: str) -> float | None:
        """The seconds it still has: how long it was made for and, once the service has told its time, what is left."""
        unverified = _unverified_claims(token)
        end, start = unverified.get("exp"), unverified.get("iat")
        if not isinstance(end, int | float):
            return None
        now = self._clock.service_time()
        begun = start if isinstance(start, int | float) else self._clock.now().wall
        left = [end - begun] if now is None else [end - begun, end - now]
        return max(min(left), 0.0)

    def _past(self, held: Held, seconds: float | None) -> bool:
        return seconds is not None and self._clock.since(held.came) >= seconds


def _unverified_claims(token: str) -> dict[str, object]:
    """What a JWT says of itself; empty for every other token. Whether it is true is the service's business."""
    parts = token.split(".")
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims: object = json.loads(base64.urlsafe_b64decode(padded))
    except (IndexError, ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", claims) if isinstance(claims, dict) else {}
