-- Who signed in and who was refused, webhooks of the identity provider, and those who have left for good.

-- A row a minute for all that is alike. `source` is a keyed hash: the address itself is not kept.
-- Without a tenant: nobody was proven.
create table auth_events (
    at timestamptz not null,
    reason text not null,
    issuer text not null,
    route text,
    source text,
    user_id text,
    tenant_id text,
    count bigint not null,
    unique nulls not distinct (at, reason, issuer, route, source, user_id, tenant_id)
);
create index auth_events_of_tenant on auth_events (tenant_id, at desc);
create index auth_events_of_user on auth_events (user_id) where user_id is not null;
call protect_tenant_rows('auth_events', 'select');

-- What has been delivered, so that a second delivery does nothing.
create table webhook_deliveries (
    id text primary key,
    at timestamptz not null default now()
);
create index webhook_deliveries_by_age on webhook_deliveries (at);

-- The last thing said of each subject, a hash of its name: what was said earlier and comes later undoes nothing.
create table webhook_subjects (
    subject text primary key,
    said_at timestamptz not null
);
create index webhook_subjects_by_age on webhook_subjects (said_at);

-- Users and organisations deleted by their issuer: erased here after the hold-back, and the name with them.
-- `id` is derived as a tenant's is, so that it tells nothing and is known again.
create table departures (
    id text primary key,
    issuer text not null,
    user_id text,
    organization_id text,
    left_at timestamptz not null,
    erase_at timestamptz not null,
    erased_at timestamptz,
    check (num_nonnulls(organization_id, user_id) = case when erased_at is null then 1 else 0 end)
);
create index departures_due on departures (erase_at) where erased_at is null;

-- For the counts of jobs by status, and for those of one user in every organisation.
create index jobs_by_end on jobs (finished_at);
create index jobs_by_user on jobs (user_id);
create index assets_by_user on assets (user_id);
