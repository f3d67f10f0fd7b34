"""IDENTITY: a credential in, a principal out, without a network call in the usual case."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from estampe.domain import Principal
from estampe.errors import TokenInvalidIssuer


class Provider(ABC):
    """One source of identities."""

    name: str

    @abstractmethod
    async def authenticate(self, token: str) -> Principal | None:
        """The principal proven by `token`; None when it is not this provider's.

        Mine and bad raises an `Unauthenticated`: a forged token never turns into an anonymous visitor.
        """

    async def close(self) -> None:
        """Let go of connections."""


async def authenticate(providers: Sequence[Provider], token: str) -> Principal:
    """Ask each provider in turn. Raises `TokenInvalidIssuer` when the token is nobody's."""
    for provider in providers:
        principal = await provider.authenticate(token)
        if principal is not None:
            return principal
    raise TokenInvalidIssuer
