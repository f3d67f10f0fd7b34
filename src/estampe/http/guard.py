"""The one door: a token becomes a principal, and the principal has the permission, or nobody passes."""

from estampe import policy
from estampe.domain import Principal
from estampe.errors import TokenMissing
from estampe.http.route import Access, RawHeaders, Surroundings
from estampe.identity import bearer_token
from estampe.policy import Needed


class Guard:
    """Lets a request through to a route, or raises the refusal."""

    def __init__(self, installation: Surroundings) -> None:
        self._identify, self._recognize = installation.identify, installation.recognize
        self._operators = frozenset(installation.settings.operators)

    def recognize(self, may: Access | Needed, headers: RawHeaders) -> Principal | None:
        """Who asks, where that is known without waiting; None says nothing: ask `know`."""
        if may is Access.PUBLIC:
            return None
        sent = None
        for name, value in headers:
            if name == b"authorization":
                if sent is not None:
                    return None
                sent = value
        return None if sent is None else self._recognize(sent)

    async def know(self, may: Access | Needed, headers: RawHeaders) -> Principal | None:
        """Who asks; None where nobody needs to be known.

        Raises `InvalidRequest` for a malformed or second Authorization header, `TokenMissing` and what
        identity raises. A token that is sent must be good, even where none is needed.
        """
        if may is Access.PUBLIC:
            return None
        token = bearer_token([value for name, value in headers if name == b"authorization"])
        if token is None:
            if may is Access.SIGNED_URL:
                return None
            raise TokenMissing
        return await self._identify(token)

    def allow(self, may: Access | Needed, who: Principal | None) -> None:
        """Raises `PermissionMissing`."""
        if not isinstance(may, Access) and who is not None:
            policy.require(who, may, self._operators)
