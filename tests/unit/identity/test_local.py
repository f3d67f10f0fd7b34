import json
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.unit.identity.forge import NOW, signed

from estampe import errors
from estampe.identity import local as local_module
from estampe.identity._public_keys import key_set
from estampe.identity.local import FILE, Local
from estampe.settings import Settings


def local(folder, now=NOW):
    return Local(folder, now=lambda: now)


async def test_a_member_is_who_the_token_was_issued_to(tmp_path):
    here = local(tmp_path)
    token = here.issue("user_ada", "org_1", role="org:admin", session_id="sess_1", ttl_seconds=60)
    principal = await here.authenticate(token)
    assert (principal.issuer, principal.user_id, principal.organization_id) == (here.issuer, "user_ada", "org_1")
    assert (principal.role, principal.session_id, principal.provider) == ("org:admin", "sess_1", "local")
    assert principal.expires_at == NOW + 60


async def test_the_role_may_be_given_with_or_without_its_prefix(tmp_path):
    here = local(tmp_path)
    assert (await here.authenticate(here.issue("user_ada", "org_1", role="admin"))).role == "org:admin"
    assert (await here.authenticate(here.issue("user_ada", "org_1"))).role is None


async def test_a_user_alone_has_no_organisation(tmp_path):
    here = local(tmp_path)
    principal = await here.authenticate(here.issue("user_ada"))
    assert principal.organization_id is principal.session_id is principal.role is None


async def test_the_issuer_and_its_tokens_outlive_the_process(tmp_path):
    before = local(tmp_path)
    token = before.issue("user_ada")
    after = local(tmp_path)
    assert after.issuer == before.issuer
    assert await after.authenticate(token)


async def test_two_installations_do_not_know_each_other(tmp_path):
    one, other = local(tmp_path / "one"), local(tmp_path / "other")
    assert one.issuer != other.issuer
    assert await other.authenticate(one.issue("user_ada")) is None


async def test_another_key_that_names_this_issuer_is_refused(tmp_path):
    here = local(tmp_path)
    claims = {"iss": here.issuer, "sub": "user_eve", "exp": NOW + 60}
    with pytest.raises(errors.TokenInvalidSignature):
        await here.authenticate(signed(claims, header={"kid": here.jwks()["keys"][0]["kid"]}))


def test_the_published_keys_hold_nothing_private(tmp_path):
    here = local(tmp_path)
    entry = here.jwks()["keys"][0]
    assert set(entry) == {"kty", "n", "e", "kid", "alg", "use"}
    assert set(key_set(json.dumps(here.jwks()).encode())) == {entry["kid"]}


def test_only_the_owner_may_read_the_key_and_no_draft_is_left(tmp_path):
    local(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [FILE]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_of_processes_that_start_together_one_decides(tmp_path, monkeypatch):
    together = Barrier(4)
    make = local_module._make

    def make_together(path):
        together.wait()
        make(path)

    monkeypatch.setattr(local_module, "_make", make_together)
    with ThreadPoolExecutor(4) as pool:
        issuers = {one.issuer for one in pool.map(local, [tmp_path] * 4)}
    assert len(issuers) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"issuer":"urn:estampe:a","key":{"kty":"RSA"}}', '{"issuer":7}'])
def test_a_spoilt_file_is_reported_and_kept(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    with pytest.raises(errors.InvalidSetting, match=FILE):
        local(tmp_path)
    assert (tmp_path / FILE).read_text() == content


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(errors.InvalidSetting):
        local(tmp_path / "file" / "folder")


def test_it_needs_no_setting(tmp_path):
    assert Local.from_settings(Settings(data_dir=tmp_path)).issuer.startswith("urn:estampe:")
