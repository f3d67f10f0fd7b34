"""REQUEST: talks to people; nothing else knows HTTP. Every route, in order, and what stands around them."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from types import FrameType
from urllib.parse import urlsplit

import msgspec
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from estampe.http import (
    assets,
    auth_events,
    deliveries,
    dialect,
    docs_page,
    generate,
    health,
    jobs,
    keys,
    metrics,
    models,
    overview,
    sign_in,
    status,
    streams,
    usage,
    webhooks,
)
from estampe.http.express import Express
from estampe.http.installation import Installation
from estampe.http.metered import Metered
from estampe.http.pages import Pages
from estampe.http.prefix import Prefix, prefix_of
from estampe.http.route import Access, Call, Handler, Reply, Route
from estampe.http.table import Table

EXPOSED = ["Location", "Retry-After", "ETag", "X-Request-Id", "WWW-Authenticate", "Content-Range",
           "RateLimit-Policy", "RateLimit", "X-Should-Retry", "OpenAI-Poll-After-Ms"]  # fmt: skip
TAKEN = ["Authorization", "Content-Type", "Idempotency-Key", "Prefer", "If-None-Match", "Last-Event-ID", "Range"]
# What OpenAI's client says of itself, in a browser too.
TAKEN += [
    f"X-Stainless-{word}"
    for word in (
        "Arch",
        "Lang",
        "OS",
        "Package-Version",
        "Retry-Count",
        "Runtime",
        "Runtime-Version",
        "Timeout",
        "Poll-Helper",
        "Custom-Poll-Interval",
    )
]


def table(max_upload_bytes: int, metrics_for: str = "operator", root: str = "/") -> Table:
    """Every route there is; people reach them under `root`."""
    declared = Table(
        [
            *generate.ROUTES,
            *jobs.ROUTES,
            *status.ROUTES,
            *streams.ROUTES,
            *assets.routes(max_upload_bytes),
            *keys.ROUTES,
            *models.ROUTES,
            *usage.ROUTES,
            *sign_in.ROUTES,
            *auth_events.ROUTES,
            *webhooks.ROUTES,
            *deliveries.ROUTES,
            *dialect.routes(max_upload_bytes),
            *metrics.routes(metrics_for),
            *overview.routes(),
            *health.ROUTES,
        ]
    )
    about = declared.document() | {"servers": [{"url": root}]}
    declared.add(
        Route("GET", "/openapi.json", health.document(msgspec.json.encode(about)), may=Access.PUBLIC,
              summary="This API, for machines", tag="about", replies={200: dict}),
        Route("GET", "/docs", _docs(docs_page.docs_page(about)), may=Access.PUBLIC, summary="This API, for people",
              tag="about", replies={200: None}, streams="text/html"),
    )  # fmt: skip
    return declared


def application(installation: Installation, opened: contextlib.AbstractAsyncContextManager[None]) -> ASGIApp:
    """The ASGI app; `opened` holds the database and the rest open for as long as it serves."""
    settings = installation.settings
    routes = table(settings.max_upload_bytes, settings.metrics, urlsplit(settings.url).path or "/")
    prefix = prefix_of(settings.url, [route.path for route in routes])
    pages = Pages(
        routes.asgi(installation),
        taken=frozenset(route.path.split("/")[1] for route in routes),
        below=urlsplit(settings.url).path,
        needs=lambda: sign_in.needs(installation),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        async with opened:
            _end_streams_on_signals(installation.hub.stop_streams)
            # Thousands of streams make a large heap: without this, collections show as half-second pauses.
            gc.freeze()
            gc.set_threshold(200_000, 50, 1000)
            yield
            installation.hub.stop_streams()

    started, ordinary = Router(lifespan=lifespan), Metered(pages)

    def whole(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (started if scope["type"] == "lifespan" else ordinary)(scope, receive, send)

    served: ASGIApp = Express(whole, installation)
    if settings.allowed_origins:
        served = CORSMiddleware(
            served,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=TAKEN,
            expose_headers=EXPOSED,
            max_age=600,
        )
    return served if prefix is None else Prefix(served, prefix)


def _end_streams_on_signals(stop: Callable[[], None]) -> None:
    """Servers wait for open streams before they tell us to stop, so we listen for the signal ourselves."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        earlier = signal.getsignal(number)

        def heard(number: int, frame: FrameType | None, earlier: object = earlier) -> None:
            loop.call_soon_threadsafe(stop)
            if callable(earlier):
                earlier(number, frame)

        with contextlib.suppress(ValueError):  # not the main thread: whoever embeds us stops the streams
            signal.signal(number, heard)


def _docs(page: bytes) -> Handler:
    async def docs(call: Call[None, None]) -> Reply:
        del call
        return Reply(200, page, docs_page.HEADERS, docs_page.MEDIA_TYPE)

    return docs
