"""What a request's identity costs, as ratios to a bare RSA check of the same run: run with `-m bench`."""

import gc
import inspect
import itertools
import json
import random
import statistics
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from tests.bench.figures import Figure, Figures, at_most
from tests.unit.identity.forge import ISSUER, NOW, STUDIO, key, pem, session_claims, signed

from estampe.identity import VerifiedTokens, authenticate, bearer_token
from estampe.identity._jwks import GivenKey
from estampe.identity._jwt import Issuer
from estampe.identity._public_keys import public_key
from estampe.identity._strict import base64url
from estampe.identity.clerk import Clerk
from estampe.identity.local import Local

pytestmark = pytest.mark.bench

ROUNDS, CALLS = 6000, 60
HIT_MICROSECONDS = 2.0
HEADER_MICROSECONDS = 3.0
MISS_RATIO = 2.5
ABOUT = (
    "What it costs to know who asks. A hit is a token seen before; a miss is read, checked and remembered; the chain "
    "asks each provider; the header is read alone. Ratios are to one bare RSA signature check."
)


def a_clerk_token(number):
    """As large as they come: version 2, with an organisation, its features and permissions."""
    claims = session_claims(
        fea="o:images,o:videos,o:billing,o:members",
        fva=[3, -1],
        jti="5d0a6f9c2c8e4b1f8a7d",
        o={"id": "org_2abcdefghijklmnopqrstuvwxyz", "slg": "atelier", "rol": "admin",
           "per": "generate,manage,read", "fpm": "3,3,4,7"},
        pla="o:pro",
        sid="sess_2abcdefghijklmnopqrstuvwxyz",
        sub=f"user_2abcdefghijklmnopqrstuvw{number:03}",
    )  # fmt: skip
    return signed(json.dumps(claims, separators=(",", ":")).encode(), header={"cat": "cl_B7d4PD111AAA"})


def timed(call, times):
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times * 1e6


async def awaited(call, times):
    began = time.perf_counter()
    for _ in range(times):
        await call()
    return (time.perf_counter() - began) / times * 1e6


async def measured(contestants, rounds, times):
    """Microseconds of each, all in each round and in another order, so that a busy machine slows all alike."""
    took = {name: [] for name in contestants}
    names = list(contestants)
    gc.disable()
    try:
        for _ in range(rounds):
            random.shuffle(names)
            for name in names:
                call = contestants[name]
                how = awaited if inspect.iscoroutinefunction(call) else timed
                spent = how(call, times)
                took[name].append(await spent if inspect.isawaitable(spent) else spent)
    finally:
        gc.enable()
    return {name: (statistics.median(times), min(times)) for name, times in took.items()}


async def test_a_request_pays_little_more_than_its_signature(tmp_path, figures: Figures):
    several = [a_clerk_token(number) for number in range(CALLS + 1)]
    # Never the same two in a row: what was read last is remembered.
    token, others, strangers = several[0], itertools.cycle(several), itertools.cycle(reversed(several))
    header = f"Bearer {token}".encode()
    issuer = Issuer(name=ISSUER, keys=GivenKey(public_key(pem(key()))), authorized_parties=frozenset({STUDIO}))
    chain = [Local(tmp_path), Clerk(issuer, now=lambda: NOW)]
    tokens = VerifiedTokens(chain, now=lambda: NOW)
    # Too small for those who come: each finds that its token had to make room.
    crowded = VerifiedTokens(chain, size=CALLS // 2, now=lambda: NOW)
    text, _, last = token.rpartition(".")
    native, padding, sha256 = key().public_key(), PKCS1v15(), SHA256()
    raw, signed_text = base64url(last), text.encode()

    async def hit():
        await tokens.principal(token)

    async def chained():
        await authenticate(chain, next(others))

    async def miss():
        await crowded.principal(next(strangers))

    def rsa():
        native.verify(raw, signed_text, padding, sha256)

    # One call of each in turn: as on a server, none finds the processor as it left it.
    times = await measured({"RSA alone": rsa, "chain": chained, "miss": miss}, ROUNDS, 1)
    times |= await measured({"header": lambda: bearer_token([header]), "hit": hit}, ROUNDS // CALLS, CALLS)
    floor = times["RSA alone"]
    goals = {
        "hit": at_most(HIT_MICROSECONDS, times["hit"][1], " µs at best"),
        "header": at_most(HEADER_MICROSECONDS, times["header"][1], " µs at best"),
        "miss": at_most(MISS_RATIO, times["miss"][0] / floor[0], " times"),
    }
    for name, (median, least) in times.items():
        told = f"median {median:.2f} µs, best {least:.2f} µs"
        figures.add("Identity", Figure(name, told, f"{median / floor[0]:.2f}", goals.get(name)), about=ABOUT)
    assert floor[0] > 0
