"""The files that take longest begin first: begun last, one of them would be all that the others wait for."""

import pytest

FOLDER = "tests/"
LONGEST = (
    "web/test_nextjs.py",
    "flow/test_takeover.py",
    "flow/test_dialect_retries.py",
    "sdk/test_survival.py",
    "flow/test_up.py",
    "flow/test_overlap.py",
    "flow/test_resume.py",
    "flow/test_broken_engines.py",
    "unit/jobs/order/test_line.py",
    "flow/test_survival.py",
    "flow/test_workers.py",
    "flow/test_limits.py",
    "flow/test_clerk_webhooks.py",
    "oidc/test_real_provider.py",
    "sdk/test_client.py",
    "unit/db/test_tenant_role.py",
    "flow/test_sorts_of_workers.py",
    "flow/test_erase.py",
    "docs/test_openai.py",
    "plugins/test_stores.py",
    "sdk/test_download.py",
    "sdk/test_sleep.py",
    "web/test_client.py",
    "web/test_react.py",
    "docs/test_docs.py",
    "unit/jobs/test_take_over.py",
    "unit/stores/test_s3.py",
    "flow/test_batches.py",
    "flow/test_streams.py",
    "flow/test_webhooks.py",
    "unit/db/test_cluster.py",
    "unit/db/test_embedded.py",
    "plugins/test_engines.py",
    "chaos/test_chaos.py",
    "sdk/test_package.py",
    "flow/test_keys.py",
    "sdk/test_tokens.py",
    "flow/test_s3.py",
)
_RANKS = {f"{FOLDER}{name}": rank for rank, name in enumerate(LONGEST)}


def rank(item: pytest.Item) -> int:
    """Where its file stands among them; all others come after, in their own order."""
    return _RANKS.get(item.nodeid.partition("::")[0], len(LONGEST))
