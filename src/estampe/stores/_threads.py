"""What a store owes obstore's threads before the process ends."""

import asyncio

LET_GO_SECONDS = 0.05


async def let_go() -> None:
    """They drop their last answer a moment after it is had: cut short by the end of the interpreter, they abort it."""
    await asyncio.sleep(LET_GO_SECONDS)
