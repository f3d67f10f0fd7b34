"""Ask an Estampe service for pictures and clips: `Client` waits, `AsyncClient` is awaited, and both do the same."""

from estampe_client import errors, types
from estampe_client._exchange import Options
from estampe_client._tokens import TokenProvider, TokenSource
from estampe_client._version import __version__
from estampe_client.async_client import AsyncClient
from estampe_client.client import Client
from estampe_client.job import JobEvent, JobRef, Preview

__all__ = [
    "AsyncClient",
    "Client",
    "JobEvent",
    "JobRef",
    "Options",
    "Preview",
    "TokenProvider",
    "TokenSource",
    "__version__",
    "errors",
    "types",
]
