-- Webhooks out: where a tenant wants to be told that a job has ended, and what became of telling it.

-- What signs a tenant's deliveries. The one before goes on signing beside it for a while after a rotation.
create table webhook_secrets (
    tenant_id text primary key references tenants,
    secret text not null,
    made_at timestamptz not null default now(),
    previous text,
    previous_until timestamptz
);
call protect_tenant_rows('webhook_secrets', 'select, insert, update');

-- One row a job that shall be told of, made with the job: so a job's end is one delivery, whatever happens.
create table outgoing_webhooks (
    job_id text primary key references jobs on delete cascade,
    tenant_id text not null,
    id text not null unique,
    url text not null,
    -- Null until the job has ended.
    event text,
    -- When it shall be tried; while it is being tried, when another process may. Null: not yet, or no more.
    due_at timestamptz,
    tries integer not null default 0,
    -- How many have failed in a row, since the end or since somebody asked for it again.
    failures integer not null default 0,
    delivered_at timestamptz,
    given_up_at timestamptz
);
create index outgoing_webhooks_due on outgoing_webhooks (tenant_id, due_at) where due_at is not null;
call protect_tenant_rows('outgoing_webhooks', 'select, insert, update');

-- One row a try; never what was answered.
create table outgoing_webhook_tries (
    job_id text not null references outgoing_webhooks on delete cascade,
    number integer not null,
    tenant_id text not null,
    at timestamptz not null default clock_timestamp(),
    status integer,
    error text,
    seconds double precision not null,
    primary key (job_id, number)
);
call protect_tenant_rows('outgoing_webhook_tries', 'select');

-- In the transaction that ends the job, and only in the one that does: a late attempt ends nothing.
create function deliver_job_end() returns trigger language plpgsql security definer set search_path from current as $$
begin
    update outgoing_webhooks set event = 'job.' || new.status, due_at = now() where job_id = new.id and event is null;
    if found then
        perform pg_notify('estampe_webhooks', '');
    end if;
    return null;
end $$;
create trigger deliver_job_end after update of status on jobs
    for each row when (
        old.status in ('queued', 'running', 'canceling')
        and new.status in ('succeeded', 'failed', 'canceled', 'expired')
    ) execute function deliver_job_end();
