"""An ASGI application that was there before, in any framework, behind Estampe's verifier.

    ESTAMPE_OIDC_ISSUER=https://id.example ESTAMPE_OIDC_AUDIENCE=bonjour uvicorn examples.asgi_backend:app

Who calls is in the scope's state: frameworks show it as `request.state.who`.
"""

import json

from estampe.verify import EstampeError, Verifier


async def bonjour(scope, receive, send):
    if scope["method"] == "OPTIONS":  # a framework answers it by itself, with the headers of its CORS settings
        return await answer(send, 200, {})
    return await answer(send, 200, {"bonjour": scope["state"]["who"].user_id})


async def answer(send, status, body):
    headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
    await send({"type": "http.response.start", "status": status, "headers": headers[: 2 if status == 401 else 1]})
    await send({"type": "http.response.body", "body": json.dumps(body, ensure_ascii=False).encode()})


def authorization(scope):
    return b", ".join(value for name, value in scope["headers"] if name == b"authorization") or None


# What protects it:
verifier = Verifier()


async def app(scope, receive, send):
    if scope["type"] == "http":
        try:
            if scope["method"] != "OPTIONS":  # a browser's preflight never has a token
                scope.setdefault("state", {})["who"] = await verifier.signed_in_async(authorization(scope))
            await bonjour(scope, receive, send)
        except EstampeError as error:
            await answer(send, error.status, {"code": error.code, "title": error.title.fr})
