-- What a tenant may use, has reserved and has spent. Reserving, settling and the ledger follow the jobs table by
-- triggers, in the transaction that moves the job: no statement that moves, ends or deletes a job can forget them,
-- and none can do them twice.

alter table jobs
    add column key_id text,
    -- Which of the tenant's `max_running` places it runs in; null where the plan has no such limit.
    add column slot integer,
    -- The day (UTC) it counts against. Null: from before there were quotas, so it counts nowhere.
    add column quota_day date,
    add column quota_unit text,
    add column reserved_units numeric,
    add column reserved_gpu_seconds numeric;
create index jobs_live on jobs (tenant_id) where status in ('queued', 'running', 'canceling');

-- One row for all that a job touches, so that two transactions never wait for each other.
create table quota_counters (
    tenant_id text not null,
    day date not null,
    unit text not null,
    reserved numeric not null default 0,
    spent numeric not null default 0,
    gpu_reserved numeric not null default 0,
    gpu_spent numeric not null default 0,
    primary key (tenant_id, day, unit)
);

-- One row a finished attempt. No foreign key: it outlives the job, the user and the tenant.
create table usage_ledger (
    id bigint generated always as identity primary key,
    tenant_id text not null,
    user_id text not null,
    key_id text,
    job_id text not null,
    attempt integer not null,
    kind text not null,
    model text not null,
    unit text not null,
    units numeric not null,
    gpu_seconds numeric not null,
    cost numeric,
    currency text,
    outcome text not null check (outcome in ('succeeded', 'failed', 'canceled', 'expired')),
    day date not null,
    at timestamptz not null default clock_timestamp(),
    unique (job_id, attempt)
);
-- A job is charged once.
create unique index usage_ledger_charges on usage_ledger (job_id) where outcome = 'succeeded';
create index usage_ledger_of_tenant on usage_ledger (tenant_id, at);
create index usage_ledger_of_model on usage_ledger (model, id desc) where outcome = 'succeeded' and units > 0;

-- What an operator set for one tenant: another plan, or other numbers in it.
create table tenant_limits (
    tenant_id text primary key,
    plan text,
    overrides jsonb not null default '{}',
    set_at timestamptz not null default now()
);

-- A request reads these and can write none: the triggers work as the owner.
call protect_tenant_rows('quota_counters', 'select');
call protect_tenant_rows('usage_ledger', 'select');
call protect_tenant_rows('tenant_limits', 'select');

create function reserve_for_job() returns trigger language plpgsql security definer set search_path from current as $$
begin
    insert into quota_counters (tenant_id, day, unit, reserved, gpu_reserved)
    values (new.tenant_id, new.quota_day, new.quota_unit, new.reserved_units, new.reserved_gpu_seconds)
    on conflict (tenant_id, day, unit) do update
        set reserved = quota_counters.reserved + excluded.reserved,
            gpu_reserved = quota_counters.gpu_reserved + excluded.gpu_reserved;
    return null;
end $$;
create trigger reserve_for_job after insert on jobs
    for each row when (new.quota_day is not null) execute function reserve_for_job();

create function settle_job() returns trigger language plpgsql security definer set search_path from current as $$
declare
    units numeric := 0;
    gpu numeric := 0;
begin
    if new.status = 'succeeded' then
        units := coalesce(round((new.usage->>'units')::numeric, 6), old.reserved_units);
        gpu := coalesce(round((new.usage->>'gpu_seconds')::numeric, 6), old.reserved_gpu_seconds);
    end if;
    update quota_counters
    set reserved = reserved - old.reserved_units, gpu_reserved = gpu_reserved - old.reserved_gpu_seconds,
        spent = spent + units, gpu_spent = gpu_spent + gpu
    where tenant_id = old.tenant_id and day = old.quota_day and unit = old.quota_unit;
    -- Without usage no attempt finished: it never ran, or its worker was lost.
    if new.usage is not null then
        insert into usage_ledger (tenant_id, user_id, key_id, job_id, attempt, kind, model, unit, units, gpu_seconds,
            cost, currency, outcome, day)
        values (new.tenant_id, new.user_id, new.key_id, new.id, new.attempt, new.kind, new.model, new.quota_unit,
            units, round((new.usage->>'gpu_seconds')::numeric, 6), (new.usage->>'cost')::numeric,
            new.usage->>'currency', new.status, new.quota_day);
    end if;
    return null;
end $$;
create trigger settle_job after update of status on jobs
    for each row when (
        old.quota_day is not null and old.status in ('queued', 'running', 'canceling')
        and new.status in ('succeeded', 'failed', 'canceled', 'expired')
    ) execute function settle_job();

create function release_deleted_job() returns trigger language plpgsql security definer set search_path from current as $$
begin
    update quota_counters
    set reserved = reserved - old.reserved_units, gpu_reserved = gpu_reserved - old.reserved_gpu_seconds
    where tenant_id = old.tenant_id and day = old.quota_day and unit = old.quota_unit;
    return null;
end $$;
create trigger release_deleted_job after delete on jobs
    for each row when (old.quota_day is not null and old.status in ('queued', 'running', 'canceling'))
    execute function release_deleted_job();

-- The median over all tenants' last jobs with this model, for one unit of it: a number, and nothing else about them.
create function typical_gpu_seconds(wanted text) returns double precision
language sql stable security definer set search_path from current as $$
    select percentile_cont(0.5) within group (order by gpu_seconds / units)
    from (
        select gpu_seconds, units from usage_ledger
        where model = wanted and outcome = 'succeeded' and units > 0 order by id desc limit 50
    ) as recent
$$;

-- Nobody rewrites the ledger. What may happen to a row is that it forgets whose it was.
create function keep_ledger() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if new.user_id ~ '^gone_[0-9a-f]{32}$' and new.key_id is null
            and to_jsonb(new) - 'user_id' - 'key_id' = to_jsonb(old) - 'user_id' - 'key_id' then
            return new;
        end if;
    end if;
    raise restrict_violation using message = 'the usage ledger is append-only';
end $$;
create trigger keep_ledger before update or delete on usage_ledger for each row execute function keep_ledger();
create trigger keep_whole_ledger before truncate on usage_ledger for each statement execute function keep_ledger();

-- The rows of a user, henceforth of nobody: one random name for them all, so that sums by user still hold.
create function forget_user_in_ledger(of_tenant text, wanted text) returns bigint language sql as $$
    with name as (select 'gone_' || replace(gen_random_uuid()::text, '-', '') as gone),
    forgotten as (
        update usage_ledger set user_id = name.gone, key_id = null from name
        where tenant_id = of_tenant and user_id = wanted
        returning 1
    )
    select count(*) from forgotten
$$;
