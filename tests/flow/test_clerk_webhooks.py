"""What Clerk tells holds within a second on every process, and who is deleted is gone for good."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook
from tests import dump
from tests.flow.test_revocation import WITHIN_SECONDS, is_once, withdraws_everywhere
from tests.people import running
from tests.postgres import eventually
from tests.service import PLAIN, Service
from tests.unit.identity.forge import ISSUER, key, pem, session_claims, signed

from estampe.domain import Tenant

SECRET = "whsec_c2VjcmV0IG9mIDMyIGJ5dGVzIGZvciB0ZXN0cw=="
CLERK = {
    "clerk_issuer": ISSUER,
    "clerk_webhook_secret": SECRET,
    "clerk_instance_id": "ins_1",
    "operators": "user_operator",
    "erasure_hold_back_days": 0,
}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def twins(server, tmp_path_factory) -> Iterator[tuple[Service, Service]]:
    """Two API processes that know one Clerk instance."""
    folder = tmp_path_factory.mktemp("clerk")
    with server("18").database() as url, running(url, folder, clerk_jwt_key=pem(key()), **CLERK) as one:
        other = Service(url, folder, clerk_jwt_key=pem(key()), **CLERK)
        try:
            other.start("api")
            other.wait_until_ready()
            yield one, other
        finally:
            other.close()


class Ada(httpx.Client):
    """Someone whom Clerk knows, in a session of hers."""

    def __init__(self, service: Service, org: str | None = None, role: str = "admin", user: str | None = None):
        number = next(_numbers)
        self.user, self.session, self.org = user or f"user_ada{number}", f"sess_{number}", org
        now = int(time.time())
        claims = session_claims(sub=self.user, sid=self.session, iat=now - 30, nbf=now - 40, exp=now + 3600)
        if org:
            claims["o"] = {"id": org, "slg": org, "rol": role}
        self.token = signed(claims)
        super().__init__(base_url=service.url, headers={"Authorization": f"Bearer {self.token}"}, **PLAIN)

    def ask(self, prompt: str) -> str:
        answer = self.post("/api/images/generate", json={"prompt": prompt, "width": 64, "height": 64})
        assert answer.status_code == 202, answer.text
        return answer.json()["job_id"]

    def status(self, job: str) -> str:
        return self.get(f"/api/jobs/{job}").json()["status"]


def tell(service: Service, kind: str, data: dict, *, at: float | None = None, delivery: str | None = None, **more):
    body = {"type": kind, "data": data, "object": "event", "timestamp": int((at or time.time()) * 1000),
            "instance_id": "ins_1"}  # fmt: skip
    return send(service, json.dumps(body | more).encode(), delivery=delivery)


def send(service: Service, body: bytes, *, delivery: str | None = None, at: float | None = None, secret: str = SECRET):
    delivery, sent = delivery or f"msg_{next(_numbers)}", datetime.fromtimestamp(at or time.time(), UTC)
    headers = {
        "svix-id": delivery,
        "svix-timestamp": str(int(sent.timestamp())),
        "svix-signature": Webhook(secret).sign(delivery, sent, body.decode("latin-1")) if body.isascii() else "v1,x",
        "content-type": "application/json",
    }
    return httpx.post(f"{service.url}/webhooks/clerk", content=body, headers=headers, **PLAIN)


def member(person: Ada) -> dict:
    return {"id": "orgmem_1", "organization": {"id": person.org}, "public_user_data": {"user_id": person.user}}


@pytest.mark.parametrize("kind", ["session.ended", "session.removed", "session.revoked"])
def test_a_session_that_clerk_ends_is_over_everywhere(twins, kind):
    with Ada(twins[0]) as ada:
        said = {"id": ada.session, "user_id": ada.user}
        withdraws_everywhere(twins, ada.token, lambda: tell(twins[0], kind, said), "token_invalid")


@pytest.mark.parametrize("path", ["/api/events", "/api/jobs/{job}/events"])
def test_its_streams_end_on_every_process(twins, path):
    assert is_once(WITHIN_SECONDS, lambda: seconds_to_its_end(twins, path))


def seconds_to_its_end(twins, path):
    """How long a stream goes on after its session was ended."""
    here, there = twins
    with Ada(here) as ada:
        job = ada.ask("a slow cat [steps 2000] [sleep 0.05]")
        where = there.url + path.format(job=job)
        with httpx.stream("GET", where, headers=dict(ada.headers), **PLAIN) as stream:
            lines = stream.iter_lines()
            assert next(line for line in lines if line.startswith("event: ")) == "event: snapshot"
            assert tell(here, "session.revoked", {"id": ada.session}).status_code == 204
            told_at = time.monotonic()
            last = [line for line in lines if line.startswith("event: ")][-1]
            ended_at = time.monotonic()
        with Ada(here, user=ada.user) as again:
            again.post(f"/api/jobs/{job}/cancel")
    assert last == "event: reauthenticate"
    return ended_at - told_at


def test_a_member_who_left_is_refused_there_alone_and_what_waited_is_canceled(twins):
    here, there = twins
    org = f"org_{next(_numbers)}"
    with Ada(here, org) as ada, Ada(here, org) as colleague, Ada(here, user=ada.user) as alone:
        running = colleague.ask("a slow cat [steps 2000] [sleep 0.05]")
        eventually(lambda: colleague.status(running) == "running", "a busy worker")
        waiting, hers, own = ada.ask("not made"), colleague.ask("made"), alone.ask("made too")

        withdraws_everywhere(
            twins, ada.token, lambda: tell(there, "organizationMembership.deleted", member(ada)), "token_invalid"
        )

        assert colleague.status(waiting) == "canceled"
        assert alone.get("/api/me").status_code == 200
        assert colleague.status(running) == "running"
        colleague.post(f"/api/jobs/{running}/cancel")
        for person, job in ((colleague, hers), (alone, own)):
            eventually(lambda person=person, job=job: person.status(job) == "succeeded", "the others' jobs")


def until_news_has_come(twins):
    """What was told before this is known everywhere once this is."""
    with Ada(twins[0]) as gone, Ada(twins[1], user=gone.user) as there:
        assert tell(twins[0], "user.updated", {"id": gone.user, "banned": True, "locked": False}).status_code == 204
        for person in (gone, there):
            eventually(lambda person=person: person.get("/api/me").status_code == 401, "the ban")


def test_a_late_word_of_an_earlier_membership_ends_nothing(twins):
    with Ada(twins[0], f"org_{next(_numbers)}") as ada:
        left_at = time.time() - 100
        assert tell(twins[0], "organizationMembership.created", member(ada), at=left_at + 50).status_code == 204
        assert tell(twins[1], "organizationMembership.deleted", member(ada), at=left_at).status_code == 204
        until_news_has_come(twins)
        assert ada.get("/api/me").status_code == 200


def test_a_banned_user_is_refused_with_their_keys(twins):
    with Ada(twins[0]) as ada:
        made = ada.post("/api/keys", json={"name": "ci"}).json()["key"]
        with httpx.Client(base_url=twins[1].url, headers={"Authorization": f"Bearer {made}"}, **PLAIN) as ci:
            assert ci.get("/api/me").status_code == 200
            tell(twins[0], "user.updated", {"id": ada.user, "banned": True, "locked": False})
            eventually(lambda: ci.get("/api/me").status_code == 401, "the end of the key")
        # The other process may hear of it a moment later.
        eventually(lambda: ada.get("/api/me").status_code == 401, "the ban")


def test_a_key_outlasts_a_lock_and_has_a_new_role_s_rights_at_once(twins):
    here, there = twins
    with Ada(here, f"org_{next(_numbers)}") as ada:
        wish = {"name": "ci", "scopes": ["images:generate", "jobs:manage"]}
        headers = {"Authorization": f"Bearer {ada.post('/api/keys', json=wish).json()['key']}"}
        with httpx.Client(base_url=there.url, headers=headers, **PLAIN) as ci:
            assert tell(here, "user.updated", {"id": ada.user, "banned": False, "locked": True}).status_code == 204
            changed = member(ada) | {"role": "org:member", "permissions": []}
            assert tell(here, "organizationMembership.updated", changed).status_code == 204
            until_news_has_come(twins)

            assert ada.get("/api/me").status_code == 401
            assert ci.get("/api/me").json()["permissions"] == ["images:generate"]


def test_who_is_banned_while_they_spell_out_their_wish_leaves_no_key(twins):
    here, _ = twins
    with Ada(here) as ada, socket.create_connection(("127.0.0.1", here.port), timeout=30) as slow:
        body = b'{"name": "a way back"}'
        slow.sendall(
            b"POST /api/keys HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n" % (ada.token.encode(), len(body)) + body[:9]
        )
        assert ada.get("/api/me").status_code == 200
        assert tell(here, "user.updated", {"id": ada.user, "banned": True}).status_code == 204
        eventually(lambda: ada.get("/api/me").status_code == 401, "the ban")
        slow.sendall(body[9:])
        assert slow.makefile("rb").readline().split()[1] == b"401"
        assert here.rows("select count(*) from api_keys where user_id = %s and revoked_at is null", ada.user) == [(0,)]


def test_a_delivery_that_is_repeated_or_out_of_order_changes_nothing(twins):
    with Ada(twins[0]) as ada:
        now = time.time()
        assert tell(twins[0], "user.updated", {"id": ada.user, "banned": False}, at=now).status_code == 204
        late = {"id": ada.user, "banned": True}
        for service in twins:
            assert tell(service, "user.updated", late, at=now - 10, delivery=f"late_{ada.user}").status_code == 204
        until_news_has_come(twins)
        assert ada.get("/api/me").status_code == 200


def test_what_is_not_genuine_is_refused(twins):
    body = json.dumps({"type": "session.ended", "data": {"id": "sess_x"}}).encode()
    refusals = [
        send(twins[0], body, secret="whsec_YW5vdGhlcg=="),
        send(twins[0], body, at=time.time() - 400),
        httpx.post(f"{twins[0].url}/webhooks/clerk", json={}, **PLAIN),
    ]

    for answer in refusals:
        assert (answer.status_code, answer.json()["code"]) == (400, "webhook_signature_invalid")
        assert "www-authenticate" not in answer.headers
    assert tell(twins[0], "session.ended", {"id": "a"}, instance_id="ins_other").status_code == 400
    assert tell(twins[0], "session.ended", {}).status_code == 422
    assert tell(twins[0], "user.created", {"id": "user_x"}).status_code == 204
    large = send(twins[0], b" " * 300_000)
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")


names = st.sampled_from(["svix-id", "svix-timestamp", "svix-signature", "webhook-signature", "content-type"])
# What a client can send at all: no control characters, no space at either end.
values = st.binary(max_size=60).map(lambda raw: bytes(byte for byte in raw if byte > 31 and byte != 127).strip())


@settings(max_examples=60)
@given(st.lists(st.tuples(names, values), max_size=6), st.binary(max_size=200), st.booleans())
def test_whatever_is_sent_nothing_breaks(twins, headers, body, genuine):
    if genuine:
        answer = send(twins[0], json.dumps({"type": "user.deleted", "data": {"id": body.decode("latin-1")}}).encode())
    else:
        answer = httpx.post(f"{twins[0].url}/webhooks/clerk", content=body, headers=headers, **PLAIN)
    assert answer.status_code < 500


def test_without_a_secret_there_is_no_such_place(service: Service):
    answer = httpx.post(f"{service.url}/webhooks/clerk", json={}, **PLAIN)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def is_erased(service: Service, tenant: Tenant) -> bool:
    done = service.rows("select erased_at is not null from departures where id = %s", tenant.id)
    return bool(done) and done[0][0]


def test_a_deleted_user_is_erased_from_the_database_and_the_store(twins):
    here, _ = twins
    org = f"org_{next(_numbers)}"
    with Ada(here, org) as ada, Ada(here, user=ada.user) as alone, Ada(here, org) as colleague:
        kept = colleague.ask("someone else's zebra")
        made = [ada.ask("a vermilion ocelot"), alone.ask("a vermilion ocelot, alone")]
        alone.post("/api/keys", json={"name": "the vermilion key"})
        for person, job in ((colleague, kept), (ada, made[0]), (alone, made[1])):
            eventually(lambda person=person, job=job: person.status(job) == "succeeded", "the jobs")
        picture = alone.get(f"/api/images/{made[1]}/result").json()["outputs"][0]["url"]
        content = httpx.get(picture, **PLAIN).content
        alone.post("/api/uploads", content=content, headers={"Content-Type": "image/webp"})
        alone.get("/api/usage")
        secret = alone.get("/api/webhook-secret").json()["secret"]
        told = {"prompt": "told", "webhook_url": "https://localhost/vermilion", "width": 64, "height": 64}
        assert alone.post("/api/images/generate", json=told).status_code == 202
        here.until_sign_ins_are_written()
        traces = [ada.user, "vermilion", secret, ada.session, alone.session, *made]
        before = dump.rows(here.database_url)
        assert all(trace in before for trace in traces[:3])

        assert tell(here, "user.deleted", {"id": ada.user, "deleted": True}).status_code == 204
        eventually(lambda: is_erased(here, Tenant(issuer=ISSUER, user_id=ada.user)), "the erasure")

        after, files = dump.rows(here.database_url, "usage_ledger"), dump.files(here)
        for trace in traces:
            assert trace not in after, trace
            assert trace.encode() not in files, trace
        assert ada.user not in dump.rows(here.database_url)
        alone_id = Tenant(issuer=ISSUER, user_id=ada.user).id
        assert alone_id.encode() not in files
        charged = here.rows("select user_id from usage_ledger where job_id = any (%s)", made)
        assert len(charged) == 2
        assert all(name.startswith("gone_") for (name,) in charged)
        assert ada.get("/api/me").status_code == alone.get("/api/me").status_code == 401
        assert colleague.status(kept) == "succeeded"
        assert colleague.get(f"/api/images/{kept}/result").is_success


def test_a_deleted_organisation_is_erased_with_everyone_s_work_in_it(twins):
    here, _ = twins
    org = f"org_{next(_numbers)}_gone"
    with Ada(here, org) as ada, Ada(here, org) as colleague, Ada(here, user=ada.user) as alone:
        jobs = [ada.ask("a cobalt heron"), colleague.ask("a cobalt heron")]
        kept = alone.ask("an ochre heron")
        for person, job in ((ada, jobs[0]), (colleague, jobs[1]), (alone, kept)):
            eventually(lambda person=person, job=job: person.status(job) == "succeeded", "the jobs")

        assert tell(here, "organization.deleted", {"id": org, "slug": org, "deleted": True}).status_code == 204
        gone = Tenant(issuer=ISSUER, organization_id=org)
        eventually(lambda: is_erased(here, gone), "the erasure")

        after, files = dump.rows(here.database_url, "usage_ledger"), dump.files(here)
        for trace in (org, "cobalt", *jobs):
            assert trace not in after, trace
            assert trace.encode() not in files, trace
        assert gone.id.encode() not in files
        assert ada.get("/api/me").status_code == colleague.get("/api/me").status_code == 401
        assert alone.status(kept) == "succeeded"


def test_erasure_goes_on_where_it_was_cut_short(twins):
    """A worker dies in the middle: another one starts over, and the end is the same."""
    here, _ = twins
    with Ada(here) as ada:
        jobs = [ada.ask(f"a teal otter {number}") for number in range(3)]
        eventually(lambda: all(ada.status(job) == "succeeded" for job in jobs), "the jobs")
        killer = threading.Timer(0.05, lambda: here.kill("worker"))
        tell(here, "user.deleted", {"id": ada.user})
        killer.start()
        killer.join()
        here.start("worker")
        eventually(lambda: is_erased(here, Tenant(issuer=ISSUER, user_id=ada.user)), "the erasure")

        assert "teal otter" not in dump.rows(here.database_url)
