"""What the page on scaling says of backups, run as pasted: nothing is left out, and elsewhere it goes on."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests import dump
from tests.postgres import BINARIES, EVERY
from tests.service import running
from tests.thorough import thorough

from estampe.db import binaries
from estampe.db.embedded import EmbeddedPostgres
from estampe.db.migrate import migrate

PAGE = (Path(__file__).parents[2] / "docs/scaling.md").read_text("utf-8")
BACKUP, RESTORE = re.findall(r"```sh\n(.*?)```", PAGE.partition("## Backups")[2].partition("\n## ")[0], re.DOTALL)


def pasted(commands: str, folder: Path, server: str = "18", **told: str) -> subprocess.CompletedProcess[str]:
    programs = binaries.find(BINARIES[server])
    environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", **told}
    return subprocess.run(
        ["sh", "-euc", commands],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def two_tenants(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        for name in ("his", "hers"):
            connection.execute(
                "insert into tenants (id, issuer, user_id) values (%s, 'here', %s)", (f"tn_{name}", name)
            )
    return database_url


def test_the_owner_s_backup_holds_the_rows_of_every_tenant(two_tenants: str, tmp_path: Path):
    said = pasted(BACKUP, tmp_path, ESTAMPE_DATABASE_URL=two_tenants)
    assert said.returncode == 0, said.stderr

    shown = pasted("pg_restore --data-only --table=tenants --file=- estampe.dump", tmp_path).stdout
    assert "tn_his" in shown
    assert "tn_hers" in shown


def test_without_the_page_s_word_the_owner_s_backup_is_refused(two_tenants: str, tmp_path: Path):
    said = pasted(BACKUP.replace(" --enable-row-security", ""), tmp_path, ESTAMPE_DATABASE_URL=two_tenants)
    assert said.returncode != 0
    assert "query would be affected by row-level security policy" in said.stderr


@pytest.fixture(params=EVERY)
def elsewhere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server that has never heard of Estampe."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("else"), BINARIES[request.param])
    server.start()
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        for statement in ("drop database estampe", "drop role estampe_tenant", "drop role estampe"):
            connection.execute(statement)
    yield server
    server.release()


@thorough("starts a second server and two services; that nothing is left out, the owner's backup says quicker")
def test_a_backup_that_is_restored_elsewhere_goes_on(elsewhere, server, request, tmp_path: Path):
    name, there = request.node.callspec.params["elsewhere"], elsewhere.url()
    with server(name).database() as here:
        with running(here, tmp_path) as service, service.person() as ana, service.person("user_bob") as bob:
            made = ana.make("red apple", seed=1)
            bob.make("blue apple", seed=2)
            under_way = ana.ask("[steps 80] [sleep 0.05] a pear")
            ana.reaches(under_way, "running")
            service.kill("worker")
        said = pasted(BACKUP, tmp_path, name, ESTAMPE_DATABASE_URL=here)
        assert said.returncode == 0, said.stderr
        told = {"ADMINISTRATOR_URL": elsewhere.url("postgres", "postgres"), "ESTAMPE_DATABASE_URL": there}
        said = pasted(RESTORE, tmp_path, name, **told)
        assert said.returncode == 0, said.stderr
        assert dump.rows(there) == dump.rows(here)

    assert migrate(there) == []
    with running(there, tmp_path) as service, service.person() as ana:
        assert ana.ended(under_way)["status"] == "succeeded"
        assert [job["job_id"] for job in ana.get("/api/jobs").json()["jobs"]] == [under_way, made["job_id"]]
