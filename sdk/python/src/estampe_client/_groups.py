"""What both clients offer: their groups of methods, and copies that ask in another way."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

from typing_extensions import Self, Unpack

from estampe_client._commands import Flow, Request, Steps
from estampe_client._connection import address, session
from estampe_client._exchange import OptionChanges, Options, exchange
from estampe_client._operation import M, Resource, operation
from estampe_client._tokens import TokenSource
from estampe_client._wire import decode
from estampe_client.account import Keys, Models, Usage
from estampe_client.files import Assets, Uploads
from estampe_client.generations import Images, Videos
from estampe_client.jobs import Jobs
from estampe_client.types import Me


class Groups(Resource[M]):
    """One service, as one identity."""

    def __init__(self, base_url: str | None, token: TokenSource | None, options: Options | None) -> None:
        self._driver = self
        self.base_url = address(base_url)
        self.session = session(token, options)
        self._name()

    def _name(self) -> None:
        self.images: Images[M] = Images(self)
        self.videos: Videos[M] = Videos(self)
        self.jobs: Jobs[M] = Jobs(self)
        self.assets: Assets[M] = Assets(self)
        self.uploads: Uploads[M] = Uploads(self)
        self.usage: Usage[M] = Usage(self)
        self.keys: Keys[M] = Keys(self)
        self.models: Models[M] = Models(self)

    @operation
    def me(self) -> Steps[Me]:
        """Who asks, as the service sees it, and what is left of their allowance."""
        response = yield from exchange(self.session, Request("GET", "/api/me"))
        return decode(Me, response.body)

    def with_options(self, **changes: Unpack[OptionChanges]) -> Self:
        """The same client, token and connections, asking in another way."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.session = replace(self.session, options=replace(self.session.options, **changes))
        other._driver = other
        other._name()
        return other

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    @abstractmethod
    def run(self, steps: Steps[Any], /) -> Any:
        """Carries a protocol out."""

    @abstractmethod
    def iterate(self, flow: Flow[Any, Any], /) -> Any:
        """Carries a protocol out, as far as its values are asked for."""
