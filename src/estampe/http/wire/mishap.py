"""What is written down when something breaks on our side: where and of what type, never what was in it."""

import logging
import traceback

from estampe.http.route import Route

DEEPEST_CHAIN = 8

_log = logging.getLogger("estampe.http")


def record(error: BaseException, route: Route, request_id: str) -> None:
    """Messages of exceptions quote prompts, rows and tokens, so the traceback goes without them."""
    _log.error("%s %s broke, request %s\n%s", route.method, route.path, request_id, trace(error))


def trace(error: BaseException) -> str:
    """Frames and types of an exception and of what it came from."""
    parts: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(parts) < DEEPEST_CHAIN:
        found = waiting.pop(0)
        if found is None:
            continue
        state = getattr(found, "sqlstate", None)
        kind = f"{type(found).__module__}.{type(found).__qualname__}" + (f" [SQLSTATE {state}]" if state else "")
        parts.append("".join(traceback.format_tb(found.__traceback__)) + kind)
        if isinstance(found, BaseExceptionGroup):
            waiting.extend(found.exceptions)
        waiting.append(found.__cause__ or (None if found.__suppress_context__ else found.__context__))
    return "\nfrom\n".join(parts)
