"""The files that take longest begin first: begun last, one of them would be all that the others wait for."""

import pytest

FOLDER = "tests/"
LONGEST = (
    "web/test_nextjs.py",
    "flow/test_takeover.py",
    "sdk/test_survival.py",
    "flow/test_dialect_retries.py",
    "flow/test_survival.py",
    "flow/test_up.py",
    "flow/test_limits.py",
    "flow/test_resume.py",
    "flow/test_workers.py",
    "flow/test_batches.py",
    "plugins/test_engines.py",
    "oidc/test_real_provider.py",
    "flow/test_clerk_webhooks.py",
    "flow/test_s3.py",
    "flow/test_erase.py",
    "flow/test_sorts_of_workers.py",
    "flow/test_watch.py",
    "chaos/test_chaos.py",
    "sdk/test_download.py",
    "sdk/test_tokens.py",
    "web/test_client.py",
    "web/test_react.py",
    "docs/test_openai.py",
    "docs/test_docs.py",
    "flow/test_webhooks.py",
    "flow/test_keys.py",
    "unit/jobs/test_line.py",
    "unit/db/test_tenant_role.py",
    "unit/db/test_cluster.py",
)
_RANKS = {f"{FOLDER}{name}": rank for rank, name in enumerate(LONGEST)}


def rank(item: pytest.Item) -> int:
    """Where its file stands among them; all others come after, in their own order."""
    return _RANKS.get(item.nodeid.partition("::")[0], len(LONGEST))
