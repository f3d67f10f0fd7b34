-- What outlives a worker: how far each running job is, and since when each worker's heart has beaten without a gap.

-- Reset by every gap: whoever was cut off, or woke from a long sleep, judges no one until it has watched for a while.
alter table workers add column steady_since timestamptz not null default now();

create index jobs_of_worker on jobs (worker_id) where status in ('running', 'canceling');

-- Enough to go on from in another process. No request reads it: no grant to estampe_tenant.
create table checkpoints (
    job_id text primary key references jobs on delete cascade,
    attempt integer not null,
    at timestamptz not null default clock_timestamp(),
    data bytea not null
);
-- Latents do not compress.
alter table checkpoints alter column data set storage external;

-- By a trigger, so that no statement that ends a job can forget it.
create function drop_checkpoint() returns trigger language plpgsql security definer set search_path from current as $$
begin
    delete from checkpoints where job_id = new.id;
    return null;
end $$;
create trigger drop_checkpoint after update of status on jobs
    for each row when (new.status in ('succeeded', 'failed', 'canceled', 'expired')) execute function drop_checkpoint();

-- Workers hear of this alone: every progress of every job, told to every worker, would cost more than the work.
create function announce_stop() returns trigger language plpgsql as $$
begin
    perform pg_notify('estampe_stops', new.id);
    return null;
end $$;
create trigger announce_stop after update of status on jobs
    for each row when (new.status = 'canceling') execute function announce_stop();
