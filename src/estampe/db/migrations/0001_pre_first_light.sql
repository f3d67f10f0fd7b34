-- Everything that First light keeps. PostgreSQL 15, no extension.

create table tenants (
    id text primary key,
    issuer text not null,
    organization_id text,
    user_id text,
    created_at timestamptz not null default now(),
    check (num_nonnulls(organization_id, user_id) = 1)
);

create table jobs (
    id text primary key,
    tenant_id text not null references tenants,
    user_id text not null,
    organization_id text,
    kind text not null,
    model text not null,
    status text not null default 'queued'
        check (status in ('queued', 'running', 'canceling', 'succeeded', 'failed', 'canceled', 'expired')),
    attempt integer not null default 0,
    losses integer not null default 0,
    version bigint not null default 1,
    parameters jsonb not null,
    metadata jsonb not null default '{}',
    notes jsonb not null default '{}',
    progress jsonb,
    error jsonb,
    usage jsonb,
    preview bytea,
    queue_id bigint,
    retry_of text,
    created_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz,
    deadline_at timestamptz
);
create index jobs_of_user on jobs (tenant_id, user_id, created_at desc, id desc);
create index jobs_of_tenant on jobs (tenant_id, created_at desc, id desc);
create index jobs_waiting on jobs (queue_id) where status = 'queued';
create index jobs_held on jobs (started_at) where status in ('running', 'canceling');

create table assets (
    id text primary key,
    tenant_id text not null references tenants,
    user_id text not null,
    job_id text references jobs on delete cascade,
    position integer not null default 0,
    kind text not null,
    media_type text not null,
    width integer not null,
    height integer not null,
    duration_s double precision,
    bytes bigint not null,
    sha256 text not null,
    seed bigint,
    placeholder text not null,
    key text not null unique,
    thumbnail_key text not null unique,
    created_at timestamptz not null default clock_timestamp(),
    unique (job_id, position)
);
create index assets_of_tenant on assets (tenant_id, user_id, created_at desc, id desc);

-- A file is written here before it is put in the store, and taken out by the transaction that makes a row
-- point at it (or put back by the one that drops the row): what stays is swept, so no crash leaves an orphan.
create table unclaimed_files (
    key text primary key,
    since timestamptz not null default now()
);

create table idempotency_keys (
    tenant_id text not null references tenants,
    user_id text not null,
    key text not null,
    fingerprint text not null,
    job_id text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, user_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

create table workers (
    id text primary key,
    host text not null,
    models jsonb not null,
    started_at timestamptz not null default now(),
    seen_at timestamptz not null default now()
);

create table sign_in_codes (
    hash text primary key,
    user_id text not null,
    organization_id text,
    role text,
    expires_at timestamptz not null
);

create table sessions (
    hash text primary key,
    id text not null unique,
    user_id text not null,
    organization_id text,
    role text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);

-- Ids and numbers only: the row is the truth, and a payload must stay under 8000 bytes.
create function announce_job() returns trigger language plpgsql as $$
begin
    perform pg_notify('estampe_jobs', json_build_object(
        'job', new.id, 'tenant', new.tenant_id, 'user', new.user_id, 'version', new.version, 'status', new.status
    )::text);
    return null;
end $$;
create trigger announce_job after insert or update on jobs for each row execute function announce_job();
