-- API keys, and what has been withdrawn: keys, sessions, members, users, organisations.

create table api_keys (
    id text primary key,
    tenant_id text not null references tenants,
    user_id text not null,
    -- What the owner had when we last saw them: the scopes are never worth more than that.
    role text,
    permissions text[] not null default '{}',
    rights_at timestamptz not null,
    name text not null,
    prefix text not null,
    secret_sha256 text not null unique,
    scopes text[] not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index api_keys_of_tenant on api_keys (tenant_id, created_at desc, id desc);

-- A row withdraws every credential of the issuer that has all that it names. Kept for as long as
-- a credential made before it could still be shown.
create table revocations (
    id bigint generated always as identity primary key,
    issuer text not null,
    key_id text,
    session_id text,
    user_id text,
    organization_id text,
    revoked_at timestamptz not null default clock_timestamp(),
    until timestamptz not null,
    check (num_nonnulls(key_id, session_id, user_id, organization_id) > 0)
);
create index revocations_by_end on revocations (until);

create function announce_revocation() returns trigger language plpgsql as $$
begin
    perform pg_notify('estampe_revocations', json_strip_nulls(json_build_object(
        'issuer', new.issuer, 'key_id', new.key_id, 'session_id', new.session_id, 'user_id', new.user_id,
        'organization_id', new.organization_id, 'revoked_at', extract(epoch from new.revoked_at),
        'until', extract(epoch from new.until)
    ))::text);
    return null;
end $$;
create trigger announce_revocation after insert on revocations for each row execute function announce_revocation();

-- In the database, so that a key that is withdrawn by hand is withdrawn everywhere too. It writes where
-- its caller may not.
create function announce_key() returns trigger language plpgsql security definer set search_path from current as $$
begin
    perform pg_notify('estampe_keys', old.id);
    if tg_op = 'DELETE' or (new.revoked_at is not null and old.revoked_at is null) then
        insert into revocations (issuer, key_id, until)
        select issuer, old.id, now() + interval '1 day' from tenants where id = old.tenant_id;
    end if;
    return null;
end $$;
create trigger announce_key
    after delete or update of tenant_id, user_id, role, permissions, secret_sha256, scopes, expires_at, revoked_at
    on api_keys for each row execute function announce_key();
