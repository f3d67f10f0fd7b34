"""EstampeError → RFC 9457 problem; the only file that knows both."""

import math
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec

from estampe.errors import EstampeError, NotFound, PermissionMissing, StepUpRequired, Text, TokenMissing
from estampe.http.route import Asked, Language, Manner, Reply

MEDIA_TYPE = "application/problem+json"
NAMESPACE = "urn:estampe:problem:"
CHALLENGE = 'Bearer realm="estampe"'


class Fault(msgspec.Struct):
    """One fault in a body: a JSON pointer (RFC 6901) and what is wrong there."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A refusal (RFC 9457). `code` is stable; `title` and `detail` follow Accept-Language."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[Fault] = []


def problem(error: EstampeError, asked: Asked, url: str) -> Reply:
    """`url` is where people reach the service: a 401 says where to learn how to sign in."""
    said = asked.language
    # Word for word the same for what never was and for what is another tenant's, whatever the raiser said.
    mute = isinstance(error, NotFound)
    detail = error.title if mute or error.detail is None else error.detail
    body = Problem(
        type=NAMESPACE + error.code,
        title=_in(error.title, said),
        status=error.status,
        detail=_in(detail, said),
        instance=quote(asked.path, errors="replace"),
        code=error.code,
        request_id=asked.request_id,
        errors=[] if mute else [Fault(fault.pointer, _in(fault.detail, said)) for fault in error.errors],
    )
    headers = {"Content-Language": said, "Vary": "Accept-Language"}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(0, math.ceil(error.retry_after_seconds)))
    challenge = _challenge(error, asked, url)
    if challenge is not None:
        headers["WWW-Authenticate"] = challenge
    return Reply(error.status, body, headers, MEDIA_TYPE)


def _in(text: Text, said: Language) -> str:
    return text.fr if said == "fr" else text.en


def _challenge(error: EstampeError, asked: Asked, url: str) -> str | None:
    if isinstance(error, PermissionMissing):
        return f'{CHALLENGE}, error="insufficient_scope", scope="{_quotable(" ".join(error.needed))}"'
    if error.status != HTTPStatus.UNAUTHORIZED:
        return None
    blame = ""
    if isinstance(error, StepUpRequired):
        blame = f', error="{error.code}", error_description="{_quotable(error.title.en)}"'
        blame += f', max_age="{error.max_age_seconds}"'
    elif asked.token_sent and not isinstance(error, TokenMissing):
        blame = f', error="invalid_token", error_description="{_quotable(error.title.en)}"'
    return f'{CHALLENGE}{blame}, resource_metadata="{_quotable(url)}/.well-known/oauth-protected-resource"'


def _quotable(text: str) -> str:
    """RFC 6750 allows printable ASCII without quote and backslash."""
    return "".join(letter for letter in text if " " <= letter <= "~" and letter not in '"\\')


PROBLEMS = Manner(MEDIA_TYPE, Problem, lambda error: (error.status, error.code), problem)


def codes(errors: Any, manner: Manner = PROBLEMS) -> dict[int, list[str]]:
    """The wire codes of some error classes, by status: for the document."""
    found: dict[int, set[str]] = {}
    for error in errors:
        status, code = manner.place(error)
        found.setdefault(status, set()).add(code)
    return {status: sorted(found[status]) for status in sorted(found)}
