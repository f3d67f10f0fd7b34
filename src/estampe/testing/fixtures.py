"""The pytest plugin: an issuer for the whole run, and its tokens."""

from collections.abc import Callable

import pytest

from estampe.testing import TestIssuer


@pytest.fixture(scope="session")
def estampe_issuer() -> TestIssuer:
    """One issuer for all tests: `Verifier(**estampe_issuer.settings)` trusts it."""
    return TestIssuer()


@pytest.fixture
def estampe_token(estampe_issuer: TestIssuer) -> Callable[..., str]:
    """Makes tokens: `estampe_token("user_ada", "org_atelier", role="admin")`."""
    return estampe_issuer.issue
