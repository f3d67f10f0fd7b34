"""Where what people bring is decoded: two files at a time in a process, since each may take most of a gigabyte."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

AT_ONCE = 2

_threads = ThreadPoolExecutor(AT_ONCE, "estampe-decoding")

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def decoded(look: Callable[[*Ts], T], *at: *Ts) -> T:
    """What `look` says. Who is cancelled leaves the line; a look that has begun keeps its place to its end."""
    return await asyncio.get_running_loop().run_in_executor(_threads, look, *at)
