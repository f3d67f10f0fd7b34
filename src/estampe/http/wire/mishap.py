"""What is written down when something breaks on our side: where and of what type, never what was in it."""

import logging

from estampe.http.route import Route
from estampe.traces import trace

_log = logging.getLogger("estampe.http")


def record(error: BaseException, route: Route, request_id: str) -> None:
    """Messages of exceptions quote prompts, rows and tokens, so the traceback goes without them."""
    _log.error("%s %s broke, request %s\n%s", route.method, route.path, request_id, trace(error))
