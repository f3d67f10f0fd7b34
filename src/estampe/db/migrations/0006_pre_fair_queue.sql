-- A fair line for each model: who waits is served by what they asked for, not by how much they asked.
--
-- A queued job holds a ticket: a row of procrastinate (`queue_id`), a place in the model's line (`tag`), and, where the
-- plan has `max_running`, a place to run in (`slot`). Tags are virtual time in hundredths of a GPU-second: start-time
-- fair queueing, with the tag of the job last served as the clock. Between tenants the line goes by `tag`; inside a
-- tenant by `user_tag`: whoever claims a ticket runs the tenant's first job by `user_tag`, and the two jobs swap
-- tickets. Tags are eight bytes wide: at a thousand busy GPUs they last for three million years.

alter table workers add column slots integer not null default 1;

alter table jobs
    add column worker_id text,
    add column priority text not null default 'normal' check (priority in ('low', 'normal', 'high')),
    -- What can run in one batch has the same key; null runs alone.
    add column batch_key text,
    add column tag bigint not null default 0,
    add column user_tag bigint not null default 0,
    -- What it cost the tenant's clock and its user's: given back if it never runs.
    add column tag_cost bigint not null default 0,
    add column user_tag_cost bigint not null default 0,
    -- Another job of the tenant runs in its slot, or will first: its ticket is not offered.
    add column parked boolean not null default false;

-- How far a tenant has come: the tag up to which it has asked, and how far its users' turns have come.
create table tenant_clocks (
    tenant_id text primary key,
    last_tag bigint not null default 0,
    served_user_tag bigint not null default 0
);
-- How far each user of a tenant has come, in each lane of priority.
create table user_clocks (
    tenant_id text not null,
    user_id text not null,
    priority text not null,
    last_tag bigint not null default 0,
    primary key (tenant_id, user_id, priority)
);
call protect_tenant_rows('tenant_clocks', 'select');
call protect_tenant_rows('user_clocks', 'select');

-- How far each model's line has come.
create table lines (
    model text primary key,
    served_tag bigint not null
);

-- Jobs that wait already keep their order, ahead of all that come.
with first_come as (
    select id, row_number() over (order by queue_id) as place,
        slot is not null and (row_number() over (partition by tenant_id, slot order by queue_id) > 1 or exists (
            select from jobs r
            where r.tenant_id = j.tenant_id and r.slot = j.slot and r.status in ('running', 'canceling'))) as parked
    from jobs j where status = 'queued'
)
update jobs set tag = place, user_tag = place, parked = first_come.parked from first_come where jobs.id = first_come.id;
update procrastinate_jobs set lock = null, args = '{}' where queue_name = 'generate' and status = 'todo';

create index jobs_in_line on jobs (model, tag, queue_id) include (reserved_gpu_seconds)
    where status = 'queued' and not parked;
create index jobs_to_batch on jobs (batch_key, tag, queue_id)
    where status = 'queued' and not parked and batch_key is not null;
create index jobs_of_tenant_in_line on jobs (tenant_id, model, tag, queue_id) where status = 'queued';
create index jobs_of_tenant_by_user on jobs (tenant_id, model, user_tag, id) where status = 'queued';
create index jobs_of_tenant_to_batch on jobs (tenant_id, batch_key, user_tag, id)
    where status = 'queued' and batch_key is not null;
create index jobs_of_slot on jobs (tenant_id, slot, tag, queue_id)
    where slot is not null and status in ('queued', 'running', 'canceling');
create index jobs_by_deadline on jobs (deadline_at) where status = 'queued' and deadline_at is not null;
create index tickets_taken on procrastinate_jobs (id) where status = 'doing';

-- A move within the line is no news of the job.
drop trigger announce_job on jobs;
create trigger announce_job after insert on jobs for each row execute function announce_job();
create trigger announce_change after update on jobs
    for each row when (new.version <> old.version) execute function announce_job();

create function new_ticket() returns bigint language sql as $$
    select (procrastinate_defer_jobs_v1(array[
        row('generate', 'generate', 0, null, null, '{}', null)::procrastinate_job_to_defer_v1]))[1]
$$;

-- Where a new job stands: in the submitting transaction, and from here to its end the tenant's other submits wait.
create function place_job(
    of_tenant text, of_user text, of_model text, with_slot integer, gpu_seconds double precision,
    weight double precision, with_priority text,
    out queue_id bigint, out tag bigint, out tag_cost bigint, out user_tag bigint, out user_tag_cost bigint,
    out parked boolean
) language plpgsql security definer set search_path from current as $$
declare
    cost bigint := greatest(1, ceil(gpu_seconds * 100));
    sooner double precision := case with_priority when 'high' then 0.25 when 'low' then 4 else 1 end;
    clock tenant_clocks;
    lane bigint;
    now_tag bigint;
    line_tag bigint;
    start bigint;
begin
    insert into tenant_clocks (tenant_id) values (of_tenant) on conflict do nothing;
    select * into clock from tenant_clocks where tenant_id = of_tenant for update;

    -- The clock of all lines is that of the one that has come farthest. A line that lags, because only some workers
    -- serve it, has a clock of its own; one that is empty is set by the clock of all.
    select coalesce(max(l.served_tag), 0), coalesce(max(l.served_tag) filter (where l.model = of_model), 0)
    into now_tag, line_tag from lines l;
    select j.tag into start from jobs j
    where j.status = 'queued' and not j.parked and j.model = of_model order by j.tag, j.queue_id limit 1;
    line_tag := greatest(line_tag, least(coalesce(start, now_tag), now_tag));
    select max(j.tag) into start from jobs j
    where j.status = 'queued' and j.tenant_id = of_tenant and j.model = of_model;
    start := greatest(line_tag + greatest(0, clock.last_tag - now_tag), start);
    tag_cost := greatest(1, round(cost / weight));
    tag := start + tag_cost;

    -- The same inside the tenant. Each priority is a lane with a pace of its own: a job of high priority starts sooner,
    -- and the next of them later, so that to call everything urgent gains nothing.
    select least(clock.served_user_tag, min(j.user_tag)) into start from jobs j
    where j.status = 'queued' and j.tenant_id = of_tenant and j.model = of_model;
    select u.last_tag into lane from user_clocks u
    where u.tenant_id = of_tenant and u.user_id = of_user and u.priority = with_priority;
    user_tag_cost := ceil(cost * greatest(sooner, 1 / sooner));
    lane := greatest(start, lane);
    user_tag := lane + greatest(1, ceil(cost * sooner));
    insert into user_clocks as u (tenant_id, user_id, priority, last_tag)
    select of_tenant, of_user, each.priority, greatest(start, each.last_tag) + user_tag_cost
    from (select with_priority as priority, lane as last_tag
        union all select 'normal', start where with_priority = 'high') as each
    on conflict (tenant_id, user_id, priority) do update
        set last_tag = greatest(excluded.last_tag, u.last_tag + user_tag_cost);

    update tenant_clocks t
    set last_tag = greatest(t.last_tag, now_tag) + place_job.tag_cost where t.tenant_id = of_tenant;
    parked := with_slot is not null and exists (
        select from jobs j
        where j.tenant_id = of_tenant and j.slot = with_slot and j.status in ('queued', 'running', 'canceling'));
    queue_id := new_ticket();
end $$;

-- A slot that nobody runs in, and nobody is offered for, is offered to the first that waits for it.
create function offer_slot(of_tenant text, which integer) returns void language plpgsql as $$
declare
    ticket bigint;
begin
    -- One at a time with the tenant's submits, which look at the slots too.
    perform from tenant_clocks where tenant_id = of_tenant for update;
    if exists (
        select from jobs where tenant_id = of_tenant and slot = which
            and (status in ('running', 'canceling') or (status = 'queued' and not parked))
    ) then
        return;
    end if;
    update jobs set parked = false where id = (
        select id from jobs where tenant_id = of_tenant and slot = which and status = 'queued'
        order by tag, queue_id limit 1 for update skip locked)
    returning queue_id into ticket;
    if found then
        perform pg_notify('procrastinate_queue_v1#generate', json_build_object(
            'type', 'job_inserted', 'job_id', ticket)::text);
    end if;
end $$;

-- A job that leaves the line without having run takes its ticket with it, and gets back what it cost. Its tenant's
-- other jobs keep their places. (Triggers fire by name: this and the next one lock clocks before settle_job and
-- release_deleted_job lock counters, as a submit does.)
create function leave_line() returns trigger language plpgsql security definer set search_path from current as $$
begin
    perform from tenant_clocks where tenant_id = old.tenant_id for update;
    delete from procrastinate_jobs where id = old.queue_id;
    update tenant_clocks set last_tag = last_tag - old.tag_cost where tenant_id = old.tenant_id;
    update user_clocks set last_tag = last_tag - old.user_tag_cost
    where tenant_id = old.tenant_id and user_id = old.user_id
      and (priority = old.priority or (old.priority = 'high' and priority = 'normal'));
    return null;
end $$;
create trigger leave_line after update of status on jobs
    for each row when (old.status = 'queued' and new.status in ('succeeded', 'failed', 'canceled', 'expired'))
    execute function leave_line();
create trigger leave_line_deleted after delete on jobs
    for each row when (old.status = 'queued') execute function leave_line();

create function leave_slot() returns trigger language plpgsql security definer set search_path from current as $$
begin
    perform offer_slot(old.tenant_id, old.slot);
    return null;
end $$;
create trigger leave_slot after update of status on jobs
    for each row when (
        old.slot is not null and old.status in ('queued', 'running', 'canceling')
        and new.status in ('succeeded', 'failed', 'canceled', 'expired')
    ) execute function leave_slot();
create trigger leave_slot_deleted after delete on jobs
    for each row when (old.slot is not null and old.status in ('queued', 'running', 'canceling'))
    execute function leave_slot();

-- The next ticket for a worker that can make these models: the first in line, or the first for the model it holds if
-- that is no more than `slack` behind.
create function take_ticket(models text[], held text, slack bigint, of_worker bigint) returns setof procrastinate_jobs
language plpgsql as $$
declare
    chosen text;
    ticket bigint;
begin
    for chosen in
        select first.model from unnest(models) as wanted (model) cross join lateral (
            select j.model, j.tag, j.queue_id from jobs j join procrastinate_jobs t on t.id = j.queue_id
            where j.status = 'queued' and not j.parked and j.model = wanted.model and t.status = 'todo'
            order by j.tag, j.queue_id limit 1) as first
        order by first.tag - case when first.model = held then slack else 0 end, first.queue_id
    loop
        select j.queue_id into ticket from jobs j join procrastinate_jobs t on t.id = j.queue_id
        where j.status = 'queued' and not j.parked and j.model = chosen and t.status = 'todo'
        order by j.tag, j.queue_id limit 1 for update skip locked;
        if found then
            return query update procrastinate_jobs set status = 'doing', worker_id = of_worker
                where id = ticket returning *;
            return;
        end if;
    end loop;
end $$;

-- The end of a ticket that a worker took; if a job still waits with it, it is offered again instead.
create function drop_ticket(ticket bigint) returns void language plpgsql as $$
begin
    update procrastinate_jobs set status = 'todo', worker_id = null, attempts = attempts + 1
    where id = ticket and status = 'doing' and exists (
        select from jobs where queue_id = ticket and status = 'queued');
    if not found then
        delete from procrastinate_jobs where id = ticket;
    end if;
end $$;

-- One job starts with the holder's ticket: the first of its tenant by user_tag, among those that the model or the batch
-- allows; the holder, if it is another, goes on waiting with that one's ticket.
create function start_job(holder jobs, of_worker text, to_batch boolean, origins text[]) returns jobs
language plpgsql as $$
declare
    chosen jobs;
    started jobs;
begin
    if to_batch then
        -- None that is parked: to offer its slot waits for a clock, and a claim waits for no second one.
        select * into chosen from jobs
        where status = 'queued' and tenant_id = holder.tenant_id and batch_key = holder.batch_key and losses = 0
          and not parked
        order by user_tag, id limit 1 for update skip locked;
    else
        select * into chosen from jobs
        where status = 'queued' and tenant_id = holder.tenant_id and model = holder.model
        order by user_tag, id limit 1 for update skip locked;
    end if;
    update jobs set status = 'running', attempt = attempt + 1, version = version + 1, progress = null, preview = null,
        started_at = coalesce(started_at, now()), worker_id = of_worker, queue_id = null, tag = holder.tag,
        slot = holder.slot, parked = false
    where id = chosen.id and status = any (origins) returning * into started;
    if chosen.id <> holder.id then
        update jobs set queue_id = chosen.queue_id, tag = chosen.tag, slot = chosen.slot, parked = chosen.parked
        where id = holder.id;
        if chosen.parked then
            perform offer_slot(holder.tenant_id, chosen.slot);
        end if;
    end if;
    delete from procrastinate_jobs where id = holder.queue_id;
    return started;
end $$;

-- How many of one key a worker takes at once: as many as it can, and no more than its part of what waits, so that
-- none waits for a batch mate while another worker has nothing to do.
create function batch_size(of_model text, key text, at_most integer) returns integer language plpgsql as $$
declare
    places bigint;
    waiting bigint;
begin
    select greatest(1, sum(slots)) into places from workers
    where seen_at > now() - interval '10 seconds'
      and models @> jsonb_build_array(jsonb_build_object('name', of_model));
    select count(*) into waiting from (
        select from jobs where status = 'queued' and not parked and batch_key = key limit at_most * places) as alike;
    return least(at_most, ceil((waiting + 1.0) / places));
end $$;

-- What a worker runs with the ticket it took: one job, and more of the same batch, up to so many for each model.
create function claim_jobs(ticket bigint, of_worker text, at_most jsonb, origins text[]) returns setof jobs
language plpgsql as $$
declare
    holder jobs;
    leader jobs;
    size integer;
begin
    -- Another claim may be handing the ticket on at this very moment: then look again.
    for tries in 1..5 loop
        select * into holder from jobs where queue_id = ticket and status = 'queued' for update;
        exit when found;
    end loop;
    if holder.id is null then
        return;
    end if;
    leader := start_job(holder, of_worker, false, origins);
    return next leader;
    -- The clocks go on. Where somebody holds one just now, the next claim will set it.
    update tenant_clocks set served_user_tag = leader.user_tag where served_user_tag < leader.user_tag and tenant_id = (
        select tenant_id from tenant_clocks where tenant_id = leader.tenant_id for update skip locked);
    if exists (select from lines where model = leader.model) then
        update lines set served_tag = leader.tag where served_tag < leader.tag and model = (
            select model from lines where model = leader.model for update skip locked);
    else
        insert into lines values (leader.model, leader.tag) on conflict do nothing;
    end if;
    size := coalesce((at_most->>leader.model)::integer, 1);
    if size < 2 or leader.batch_key is null or leader.losses > 0 then
        return;
    end if;
    for place in 2..batch_size(leader.model, leader.batch_key, size) loop
        select j.* into holder from jobs j join procrastinate_jobs t on t.id = j.queue_id
        where j.status = 'queued' and not j.parked and j.batch_key = leader.batch_key and j.losses = 0
          and t.status = 'todo'
        order by j.tag, j.queue_id limit 1 for update skip locked;
        exit when not found;
        return next start_job(holder, of_worker, true, origins);
    end loop;
end $$;

-- A running job waits again, with a new ticket and in its old place; null when that attempt does not run.
create function requeue_job(wanted text, of_attempt integer, lost boolean, origins text[]) returns bigint
language sql as $$
    update jobs set status = 'queued', progress = null, preview = null, worker_id = null, version = version + 1,
        losses = losses + lost::integer, queue_id = new_ticket()
    where id = wanted and attempt = of_attempt and status = any (origins)
    returning queue_id
$$;

-- What lost its worker ends, if it was being canceled, or waits again.
create function take_over_jobs(
    stalled_seconds double precision, to_queued text[], to_canceled text[]
) returns setof text language plpgsql as $$
declare
    lost record;
begin
    for lost in
        select j.id, j.attempt, j.status from jobs j
        where j.status in ('running', 'canceling') and not exists (
            select from workers w
            where w.id = j.worker_id and w.seen_at > now() - make_interval(secs => stalled_seconds))
        order by j.started_at for update of j skip locked
    loop
        if lost.status = 'running' then
            perform requeue_job(lost.id, lost.attempt, true, to_queued);
        else
            update jobs set status = 'canceled', preview = null, finished_at = clock_timestamp(), version = version + 1
            where id = lost.id and status = any (to_canceled);
        end if;
        return next lost.id;
    end loop;
end $$;

-- Queued jobs whose ticket a worker took and never claimed, before it died or stalled.
create function offer_taken_tickets(stalled_seconds double precision) returns setof text language plpgsql as $$
declare
    taken bigint;
begin
    for taken in
        select t.id from procrastinate_jobs t left join procrastinate_workers w on w.id = t.worker_id
        where t.status = 'doing' and t.queue_name = 'generate'
          and (w.id is null or w.last_heartbeat < now() - make_interval(secs => stalled_seconds))
    loop
        return query update jobs set queue_id = new_ticket() where id = (
            select id from jobs where queue_id = taken and status = 'queued' for update skip locked) returning id;
        delete from procrastinate_jobs where id = taken and not exists (
            select from jobs where queue_id = taken and status = 'queued');
    end loop;
end $$;

-- Some queued jobs, by ticket, from one on: those that have none get one. And where to go on; null after the last.
create function offer_again(beyond bigint, at_most integer, out job_ids text[], out reached bigint) language plpgsql as $$
begin
    with seen as (
        (select id, queue_id from jobs where status = 'queued' and queue_id is null limit at_most)
        union all
        (select id, queue_id from jobs where status = 'queued' and queue_id > beyond order by queue_id limit at_most)
    ), bare as (
        select id from jobs where id in (
            select id from seen where not exists (select from procrastinate_jobs t where t.id = seen.queue_id))
        and status = 'queued' for update skip locked
    ), mended as (
        update jobs j set queue_id = new_ticket() from bare
        where j.id = bare.id and not exists (select from procrastinate_jobs t where t.id = j.queue_id) returning j.id
    )
    select (select array_agg(id) from mended),
        case when count(queue_id) >= at_most then max(queue_id) end into job_ids, reached from seen;
end $$;

-- Where a queued job stands: how many will be taken before it, and in how many seconds it should be its turn. Counted up
-- to `at_most`, so that it costs as little with a million in line; null seconds where nothing was measured or too many wait.
create function place_in_line(
    wanted text, at_most integer default 1000, alive_seconds double precision default 10, out queue_position integer, out eta_s double precision
) language plpgsql stable security definer set search_path from current as $$
declare
    me jobs;
    rank integer;
    turn record;
    models text[];
    places integer;
    ahead double precision;
begin
    select * into me from jobs where id = wanted and status = 'queued';
    if not found then
        return;
    end if;
    -- Its tenant's jobs run in their own order, on its tenant's tickets: the n-th of them on the n-th ticket.
    select count(*) into rank from (
        select from jobs j
        where j.status = 'queued' and j.tenant_id = me.tenant_id and j.model = me.model
          and (j.user_tag, j.id) < (me.user_tag, me.id) limit at_most) as before_me;
    select j.tag, j.queue_id into turn from jobs j
    where j.status = 'queued' and j.tenant_id = me.tenant_id and j.model = me.model
    order by j.tag, j.queue_id offset rank limit 1;
    -- Those workers that can make it may take what stands before it for any of their models.
    select coalesce(array_agg(distinct each->>'name'), array[me.model]) into models
    from workers w, jsonb_array_elements(w.models) as each
    where w.seen_at > now() - make_interval(secs => alive_seconds)
      and w.models @> jsonb_build_array(jsonb_build_object('name', me.model));
    select coalesce(sum(w.slots), 0) into places from workers w
    where w.seen_at > now() - make_interval(secs => alive_seconds)
      and w.models @> jsonb_build_array(jsonb_build_object('name', me.model));
    select count(*), coalesce(sum(seconds), 0) into queue_position, ahead from (
        (select j.reserved_gpu_seconds as seconds from unnest(models) as of (model) cross join lateral (
            select q.reserved_gpu_seconds from jobs q
            where q.status = 'queued' and not q.parked and q.model = of.model
              and (q.tag, q.queue_id) < (turn.tag, turn.queue_id)
            limit at_most) as j)
        union all
        (select j.reserved_gpu_seconds from jobs j
         where j.status = 'queued' and j.parked and j.tenant_id = me.tenant_id and j.model = me.model
           and (j.tag, j.queue_id) < (turn.tag, turn.queue_id) limit at_most)
        limit at_most) as before_it;
    if places = 0 or queue_position >= at_most or not exists (
        select from usage_ledger where model = me.model and outcome = 'succeeded' and units > 0
    ) then
        return;
    end if;
    select case when count(*) + queue_position < places then 0 else ahead + coalesce(sum(
        j.reserved_gpu_seconds * (1 - least(1, coalesce((j.progress->>'fraction')::double precision, 0)))), 0) end
    into ahead from jobs j where j.status in ('running', 'canceling') and j.model = any (models);
    eta_s := round((ahead / places)::numeric, 1);
end $$;

-- The place in line that this replaces, and what a request needed to write tickets by itself.
drop function jobs_before(bigint);
revoke insert, select (id) on procrastinate_jobs from estampe_tenant;
revoke insert on procrastinate_events from estampe_tenant;
revoke usage on sequence procrastinate_jobs_id_seq, procrastinate_events_id_seq from estampe_tenant;
