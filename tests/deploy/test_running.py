"""What `deploy/` describes, run here: the same settings and commands as processes, the same queries and probes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from tests.bucket import KEY, SECRET, Bucket
from tests.deploy import files
from tests.service import Service, free_port
from tests.thorough import thorough

INSIDE = {"DATABASE_PASSWORD": "pass", "BUCKET_PASSWORD": SECRET}


@pytest.fixture(params=["compose.yaml", pytest.param("compose.bucket.yaml", marks=thorough("the same, over a bucket"))])
def composed(request, server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The services of the file with its own settings, but for the names that only exist between containers."""
    names = ["compose.yaml"] if request.param == "compose.yaml" else ["compose.yaml", "compose.bucket.yaml"]
    services = files.compose(*names, **INSIDE)
    told = {name: value for name, value in services["api"]["environment"].items() if name.startswith("ESTAMPE_")}
    if len(names) > 1:
        bucket = Bucket(request.getfixturevalue("s3_endpoint"), told["ESTAMPE_S3_BUCKET"])
        httpx.put(f"{bucket.endpoint}/{bucket.name}", trust_env=False)
        told |= {f"ESTAMPE_S3_{name}": bucket.endpoint for name in ("ENDPOINT", "PUBLIC_ENDPOINT")}
        told |= {"ESTAMPE_S3_ACCESS_KEY_ID": KEY}
    with server("18").database() as url:
        started = Service(url, tmp_path_factory.mktemp("composed"))
        here = {"ESTAMPE_HOST": "127.0.0.1", "ESTAMPE_PUBLIC_URL": started.url, "ESTAMPE_DATABASE_URL": url}
        own = {name: value for name, value in started.environment.items() if not name.startswith("ESTAMPE_")}
        place = {"ESTAMPE_PORT": str(started.port), "ESTAMPE_DATA_DIR": str(started.data_dir)}
        started.environment = own | files.image_environment() | told | here | place | {"PATH": own["PATH"]}
        try:
            started.start(*(word for name in ("api", "worker") for word in services[name]["command"]))
            started.wait_until_ready()
            yield started
        finally:
            started.close()


def test_the_composed_service_makes_a_picture_and_its_image_says_it_is_healthy(composed: Service):
    with composed.person() as ana:
        output = ana.make("red apple", seed=1)["outputs"][0]
        shown = httpx.get(output["url"], follow_redirects=True, trust_env=False)
        assert (shown.status_code, len(shown.content)) == (200, output["bytes"])

    linked = subprocess.run(
        [sys.executable, "-m", "estampe", "link"],
        env=composed.environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert linked.stdout.startswith(f"{composed.url}/#code=")
    assert healthy(composed.port).returncode == 0
    assert healthy(free_port()).returncode != 0


def healthy(port: int) -> subprocess.CompletedProcess[bytes]:
    """What the image's HEALTHCHECK does."""
    _, *words = files.health_command()
    environment = {"ESTAMPE_PORT": str(port)}
    return subprocess.run([sys.executable, *words], env=environment, capture_output=True, timeout=30, check=False)


def triggers(kind: str) -> list[dict[str, Any]]:
    return [
        trigger["metadata"]
        for _, document in files.manifests()
        if document["kind"] == "ScaledObject"
        for trigger in document["spec"]["triggers"]
        if trigger["type"] == kind
    ]


def test_the_scaler_s_question_to_postgresql_counts_what_has_not_ended(every_database_url: str):
    (trigger,) = triggers("postgresql")
    with psycopg.connect(every_database_url) as connection:
        connection.execute("insert into tenants (id, issuer, user_id) values ('tn_a', 'here', 'user_a')")
        for number, status in enumerate(["queued", "queued", "running", "canceling", "succeeded", "failed"]):
            for model in ("vignette", "another"):
                connection.execute(
                    "insert into jobs (id, tenant_id, user_id, kind, model, parameters, status)"
                    " values (%s, 'tn_a', 'user_a', 'image', %s, '{}', %s)",
                    (f"job_{model}_{number}", model, status),
                )

        assert connection.execute(trigger["query"]).fetchall() == [(4,)]


def test_the_scaler_s_numbers_are_told_by_the_metrics(service: Service):
    beside = Service(service.database_url, service.data_dir, metrics="public")
    try:
        beside.start("api")
        beside.wait_until_ready()
        told = httpx.get(f"{beside.url}/metrics", trust_env=False).text
    finally:
        beside.close()

    for trigger in triggers("prometheus"):
        (name,) = re.findall(r"estampe_[a-z_]+", trigger["query"])
        assert re.search(rf"^{name}{{model=", told, re.MULTILINE), name
