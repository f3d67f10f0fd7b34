"""What is asked of tables that grow for years is answered from an index."""

import psycopg
import pytest

from estampe.db import STATEMENTS

FILES = """
    insert into tenants (id, issuer, organization_id) values ('tn_a', 'urn:one', 'org_a');
    insert into assets (id, tenant_id, user_id, position, kind, media_type, width, height, bytes, sha256, placeholder,
        key, thumbnail_key, created_at)
    select 'as_' || n, 'tn_a', 'user_' || n % 7, 0, 'image', 'image/png', 8, 8, 1, 'sha_' || n, '', 'k' || n, 't' || n,
        now() - make_interval(secs => n)
    from generate_series(1, 20000) n;
    insert into unclaimed_files (key, since) select 'k' || n, now() - make_interval(secs => n)
    from generate_series(1, 20000) n;
    insert into idempotency_keys (tenant_id, user_id, key, fingerprint, job_id)
    select 'tn_a', 'user_a', 'key_' || n, 'sha', 'job_' || n from generate_series(1, 20000) n;
    analyze"""


@pytest.fixture(scope="module")
def grown(server):
    with server("18").database() as url:
        with psycopg.connect(url) as connection:
            connection.execute(FILES)
        yield url


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (
            "list_assets",
            {"user_id": None, "kind": None, "before_at": None, "before_id": None, "limit": 50},
            "assets_of_organisation",
        ),
        ("find_upload", {"user_id": "user_1", "sha256": "sha_8"}, "uploads_by_content"),
        ("take_files_to_sweep", {"older_than_seconds": 19_900}, "unclaimed_files_by_age"),
        ("forget_jobs", {"job_ids": [f"job_{number}" for number in range(200)]}, "idempotency_keys_of_job"),
    ],
)
def test_what_is_asked_of_many_rows_reads_few(grown: str, statement: str, values: dict, index: str):
    with psycopg.connect(grown) as connection:
        rows = connection.execute(b"explain " + STATEMENTS[statement], {"tenant_id": "tn_a"} | values).fetchall()

    assert index in "\n".join(row[0] for row in rows)
