"""One route as a plain ASGI app: door, query, body, handler, answer; every refusal on the way is a problem."""

import random
import re
from http import HTTPStatus

from estampe.domain import Principal
from estampe.errors import EstampeError, Forbidden, TokenMissing, Unauthenticated
from estampe.http.guard import Guard
from estampe.http.problems import PROBLEMS
from estampe.http.route import Answer, Asked, Call, RawHeaders, Route, Surroundings
from estampe.http.wire import delivery, mishap, negotiate
from estampe.http.wire.burden import Burden
from estampe.http.wire.delivery import Packed, Scope, Send
from estampe.http.wire.intake import Body, ClientGone, Query, Receive

LIMITS = "estampe.limits"
"""Where a request's scope holds the headers that say what is left of its limits."""
COUNTED = "estampe.counted"
"""Where it holds the verdict, once it was counted on its way here."""

_SAFE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class StreamBroken(Exception):
    """The source of a stream failed after the answer began; the server cuts the line, so the client can tell."""


class Endpoint:
    """Answers one method of one path; `scope["path_params"]` holds the path's names."""

    def __init__(self, route: Route, installation: Surroundings, burden: Burden) -> None:
        self._route = route
        self._installation = installation
        self._url = installation.settings.url
        self._guard = Guard(installation)
        self._watch, self._rates = installation.watch, installation.rates
        self._query = Query(route.query)
        self._body = Body(route, installation.settings.max_body_bytes)
        self._burden = burden
        self._manner = route.manner or PROBLEMS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = request_id_of(scope["headers"])
        try:
            packed = await self._packed(scope, receive, request_id)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - the outermost place: whatever it is, the client gets a problem
            packed = self._refusal(error, scope, request_id)
        try:
            await delivery.ship(packed, scope, receive, send)
        except Exception as error:  # noqa: BLE001 - as above, but the answer has begun
            mishap.record(error, self._route, request_id)
            raise StreamBroken(request_id) from None

    async def _packed(self, scope: Scope, receive: Receive, request_id: str) -> Packed:
        answer = await self._answer(scope, receive, request_id)
        try:
            return delivery.pack(answer, request_id, scope.get(LIMITS, ()))
        except BaseException:
            await delivery.close(answer)
            raise

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> Answer:
        headers = scope["headers"]
        visitor = await self._admitted(scope)
        if visitor is not None:
            counted = scope.get(COUNTED) or self._rates.count_at_once(visitor)
            scope[LIMITS], refusal = counted or await self._rates.count(visitor, spends=self._route.spends)
            if refusal is not None:
                raise refusal
        load = self._burden.of(visitor)
        try:
            call = Call(
                installation=self._installation,
                route=self._route,
                path=scope["path_params"],
                query=self._query.read(scope["query_string"]),
                body=await self._body.read(headers, receive, load),
                headers=headers,
                language=negotiate.language(headers),
                request_id=request_id,
                visitor=visitor,
                head=scope["method"] == "HEAD",
                present=lambda: delivery.while_present(receive),
                unburden=load.put_down,
            )
            if visitor is not None and self._route.body is not None:
                # A body may take its time, and whoever was let in may have been shut out meanwhile.
                await self._installation.confirm(visitor)
            return await self._route.handler(call)
        except (Unauthenticated, Forbidden) as error:
            self._watch.refused(error, visitor, self._route.path, scope)
            raise
        finally:
            load.put_down()

    async def _admitted(self, scope: Scope) -> Principal | None:
        who = None
        try:
            who = await self._known(scope)
            self._guard.allow(self._route.may, who)
        except EstampeError as error:
            self._watch.refused(error, who, self._route.path, scope)
            raise
        if who is not None:
            self._watch.passed(who, self._route.path, scope)
        return who

    async def _known(self, scope: Scope) -> Principal | None:
        may, headers = self._route.may, scope["headers"]
        try:
            return self._guard.recognize(may, headers) or await self._guard.know(may, headers)
        except TokenMissing:
            self._query.refuse_token(scope["query_string"])  # who sent one there is told so
            raise

    def _refusal(self, error: Exception, scope: Scope, request_id: str) -> Packed:
        if not isinstance(error, EstampeError) or error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            mishap.record(error, self._route, request_id)
            error = EstampeError()
        reply = self._manner.say(error, asked(scope, request_id), self._url)
        return delivery.pack(reply, request_id, scope.get(LIMITS, ()))


def request_id_of(headers: RawHeaders) -> str:
    """The client's own, where it is harmless to repeat; else a new one."""
    return request_id(next((value for name, value in headers if name == b"x-request-id"), None))


def request_id(sent: bytes | None) -> str:
    if sent is not None and _SAFE_REQUEST_ID.fullmatch(sent):
        return sent.decode("ascii")
    return f"{random.getrandbits(96):024x}"


def asked(scope: Scope, request_id: str) -> Asked:
    headers = scope["headers"]
    return Asked(
        path=scope["path"],
        request_id=request_id,
        language=negotiate.language(headers),
        token_sent=any(name == b"authorization" for name, _ in headers),
    )
