-- enter_tenant --
-- Until the transaction ends, this connection works for one tenant, and as a role that sees no other's rows
select set_config('estampe.tenant', %(tenant_id)s, true), set_config('role', 'estampe_tenant', true);

-- read_one_moment --
-- Until the transaction ends, all it reads is of one moment, and it writes nothing
set transaction isolation level repeatable read, read only;

-- put_tenant --
-- Write a tenant's readable names once
insert into tenants (id, issuer, organization_id, user_id)
values (%(id)s, %(issuer)s, %(organization_id)s, %(user_id)s)
on conflict (id) do nothing;

-- put_job --
-- A new job, queued: it gets its ticket and its place in line in the same statement
insert into jobs (id, tenant_id, user_id, key_id, organization_id, kind, model, parameters, metadata, retry_of,
    deadline_at, priority, batch_key, slot, quota_day, quota_unit, reserved_units, reserved_gpu_seconds,
    queue_id, tag, tag_cost, user_tag, user_tag_cost, parked)
select %(id)s, %(tenant_id)s, %(user_id)s, %(key_id)s, %(organization_id)s, %(kind)s, %(model)s, %(parameters)s,
    %(metadata)s, %(retry_of)s, now() + make_interval(secs => %(deadline_s)s::double precision), %(priority)s,
    %(batch_key)s, %(slot)s, %(quota_day)s, %(quota_unit)s, %(reserved_units)s, %(reserved_gpu_seconds)s,
    queue_id, tag, tag_cost, user_tag, user_tag_cost, parked
from place_job(%(tenant_id)s, %(user_id)s, %(model)s, %(slot)s, %(reserved_gpu_seconds)s, %(weight)s, %(priority)s)
returning *;

-- take_idempotency_key --
-- Claim a key for a new job; a racing twin waits here until the first one commits, then gets no row
insert into idempotency_keys (tenant_id, user_id, key, fingerprint, job_id)
values (%(tenant_id)s, %(user_id)s, %(key)s, %(fingerprint)s, %(job_id)s)
on conflict (tenant_id, user_id, key) do update
    set fingerprint = excluded.fingerprint, job_id = excluded.job_id, created_at = now()
    where idempotency_keys.created_at < now() - interval '24 hours'
returning job_id;

-- find_idempotency_key --
-- The job that a key stands for, and has for less than a day
select fingerprint, job_id from idempotency_keys
where tenant_id = %(tenant_id)s and user_id = %(user_id)s and key = %(key)s
  and created_at >= now() - interval '24 hours';

-- find_job --
-- One job of a tenant, with its place in line (0 is next) and the seconds until its turn
select j.*, line.* from jobs j
left join lateral (select * from place_in_line(j.id) where j.status = 'queued') as line on true
where j.id = %(job_id)s and j.tenant_id = %(tenant_id)s;

-- list_jobs --
-- A page of a tenant's jobs, newest first, each with its place in line
select j.*, line.* from (
    select * from jobs j
    where j.tenant_id = %(tenant_id)s
      and (%(user_id)s::text is null or j.user_id = %(user_id)s)
      and (%(kind)s::text is null or j.kind = %(kind)s)
      and (%(status)s::text is null or j.status = %(status)s)
      and (%(model)s::text is null or j.model = %(model)s)
      and (%(created_after)s::timestamptz is null or j.created_at > %(created_after)s)
      and (%(created_before)s::timestamptz is null or j.created_at < %(created_before)s)
      and (%(words)s::text[] is null or j.parameters->>'prompt' ilike all (%(words)s))
      and (%(before_at)s::timestamptz is null or (j.created_at, j.id) < (%(before_at)s, %(before_id)s))
    order by j.created_at desc, j.id desc
    limit %(limit)s
) as j
left join lateral (select * from place_in_line(j.id) where j.status = 'queued') as line on true
order by j.created_at desc, j.id desc;

-- list_people --
-- Who made jobs in a tenant, who made one last first
select user_id, count(*) as jobs, max(created_at) as last_at from jobs
where tenant_id = %(tenant_id)s and (%(user_id)s::text is null or user_id = %(user_id)s)
group by user_id order by last_at desc, user_id limit %(limit)s;

-- find_preview --
-- The last look at a running job
select preview from jobs where id = %(job_id)s and tenant_id = %(tenant_id)s;

-- take_ticket --
-- The next ticket in line for a worker that can make these models; it prefers the model that it holds, within a slack
select id, status::text as status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts,
    worker_id
from take_ticket(%(models)s, %(held)s, %(slack_tags)s, %(worker_id)s);

-- count_idle_slots --
-- How many live slots have nothing to run
select greatest(0, (select coalesce(sum(slots), 0) from workers where seen_at > now() - interval '10 seconds')
    - (select count(*) from jobs where status in ('running', 'canceling')))::integer as idle;

-- drop_ticket --
-- A ticket has been used; if its job still waits, it is offered again instead
select drop_ticket(%(ticket)s);

-- claim_jobs --
-- What runs with a ticket as its next attempt: one job, and as many more of its batch as the worker takes
select * from claim_jobs(%(ticket)s, %(worker)s, %(at_most)s, %(from)s);

-- note_progress --
-- What a running attempt tells; the answer says whether it should stop
update jobs set progress = coalesce(%(progress)s, progress), notes = coalesce(%(notes)s, notes),
    preview = coalesce(%(preview)s, preview), version = version + 1
where id = %(job_id)s and attempt = %(attempt)s and status in ('running', 'canceling')
returning status;

-- finish_job --
-- The end of one attempt: a worker that wakes up late changes nothing
update jobs set status = %(to)s, error = %(error)s, usage = %(usage)s, progress = coalesce(%(progress)s, progress),
    notes = coalesce(%(notes)s, notes), preview = null, finished_at = clock_timestamp(), version = version + 1
where id = %(job_id)s and attempt = %(attempt)s and status = any (%(from)s)
returning *;

-- release_job --
-- Hand a running attempt back to the line, with a new ticket and in its old place
select requeue_job(%(job_id)s, %(attempt)s, %(lost)s, %(from)s) as ticket;

-- take_over_jobs --
-- Jobs whose worker is gone wait again; those that were being canceled have ended
select take_over_jobs(%(stalled_seconds)s, %(to_queued)s, %(to_canceled)s) as id;

-- offer_taken_tickets --
-- Jobs whose ticket was taken by a worker that died before it claimed them
select offer_taken_tickets(%(stalled_seconds)s) as id;

-- offer_again --
-- Some of the queued jobs, from one ticket on: those that lost theirs get a new one
select job_ids, reached from offer_again(%(beyond)s, %(at_most)s);

-- status_of_attempt --
-- Where an attempt's job stands
select status from jobs where id = %(job_id)s and attempt = %(attempt)s;

-- cancel_job --
-- A queued job is canceled at once, a running one is asked to stop
update jobs set version = version + 1,
    status = case when status = 'queued' then 'canceled' else 'canceling' end,
    finished_at = case when status = 'queued' then clock_timestamp() end
where id = %(job_id)s and tenant_id = %(tenant_id)s and status in ('queued', 'running')
returning id;

-- expire_jobs --
-- Queued jobs whose deadline has passed
update jobs set status = 'expired', finished_at = clock_timestamp(), version = version + 1
where id in (select id from jobs where status = 'queued' and deadline_at < now() for update skip locked)
  and status = any (%(from)s);

-- delete_job --
-- Forget a job; its files go with `doom_files_of_job`
delete from jobs where id = %(job_id)s and tenant_id = %(tenant_id)s returning id;

-- hold_job --
-- A job that is about to be deleted, held so that no worker ends it meanwhile
select id from jobs where id = %(job_id)s and tenant_id = %(tenant_id)s for update;

-- doom_files_of_job --
-- The files of a job that is about to be deleted, left to the sweeper
insert into unclaimed_files (key, since)
select unnest(array[key, thumbnail_key]), '-infinity' from assets
where job_id = %(job_id)s and tenant_id = %(tenant_id)s
on conflict (key) do update set since = excluded.since;

-- forget_old_keys --
-- Idempotency keys past their day
delete from idempotency_keys where created_at < now() - interval '24 hours';

-- forget_keys_of_job --
-- Idempotency keys of a job that is about to be deleted
delete from idempotency_keys where job_id = %(job_id)s and tenant_id = %(tenant_id)s;

-- expect_files --
-- Files about to be put in the store
insert into unclaimed_files (key) select unnest(%(keys)s::text[])
on conflict (key) do update set since = now();

-- claim_files --
-- Files that a row now points at, unless they are being swept
delete from unclaimed_files where key = any (%(keys)s) and since < 'infinity';

-- renew_files --
-- Files that somebody still waits to claim
update unclaimed_files set since = now() where key = any (%(keys)s) and since < 'infinity';

-- take_files_to_sweep --
-- Files that no row claimed in time, out of everybody's reach from here on; and those that another sweep took and left
update unclaimed_files set since = 'infinity' where key in (
    select key from unclaimed_files
    where since < now() - make_interval(secs => %(older_than_seconds)s) or since = 'infinity'
    order by since limit 100 for update skip locked)
returning key;

-- forget_files --
-- Files that are no more
delete from unclaimed_files where key = any (%(keys)s);

-- put_asset --
-- A kept file
insert into assets (id, tenant_id, user_id, job_id, position, kind, media_type, width, height, duration_s, bytes,
    sha256, seed, placeholder, key, thumbnail_key, created_at)
values (%(id)s, %(tenant_id)s, %(user_id)s, %(job_id)s, %(position)s, %(kind)s, %(media_type)s, %(width)s, %(height)s,
    %(duration_s)s, %(bytes)s, %(sha256)s, %(seed)s, %(placeholder)s, %(key)s, %(thumbnail_key)s, %(created_at)s);

-- find_asset --
-- One file of a tenant
select * from assets where id = %(asset_id)s and tenant_id = %(tenant_id)s;

-- assets_of_jobs --
-- The outputs of some jobs, in order
select * from assets where job_id = any (%(job_ids)s) and tenant_id = %(tenant_id)s order by job_id, position;

-- list_assets --
-- A page of a tenant's files, newest first
select * from assets
where tenant_id = %(tenant_id)s
  and (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(kind)s::text is null or kind = %(kind)s)
  and (%(before_at)s::timestamptz is null or (created_at, id) < (%(before_at)s, %(before_id)s))
order by created_at desc, id desc
limit %(limit)s;

-- live_models --
-- What the live workers announce
select distinct on (model->>'name') model
from workers, jsonb_array_elements(models) as announced (model)
where seen_at > now() - make_interval(secs => %(alive_seconds)s)
order by model->>'name', started_at desc;

-- sweep_sign_ins --
-- Sign-in codes and sessions past their date
with codes as (
    delete from sign_in_codes
    where hash in (select hash from sign_in_codes where expires_at <= now() for update skip locked)
)
delete from sessions
where hash in (select hash from sessions where expires_at <= now() for update skip locked);

-- put_sign_in_code --
-- A code that opens one session, once
insert into sign_in_codes (hash, user_id, organization_id, role, expires_at)
values (%(hash)s, %(user_id)s, %(organization_id)s, %(role)s, now() + make_interval(secs => %(ttl_seconds)s));

-- redeem_sign_in_code --
-- The code becomes a session; of two who race, the second finds no code
with code as (
    delete from sign_in_codes where hash = %(code_hash)s and expires_at > now()
    returning user_id, organization_id, role
)
insert into sessions (hash, id, user_id, organization_id, role, expires_at)
select %(session_hash)s, %(session_id)s, user_id, organization_id, role,
    now() + make_interval(secs => %(ttl_seconds)s)
from code
returning id, user_id, organization_id, role, created_at, expires_at;

-- find_session --
-- The session that a cookie opens
select id, user_id, organization_id, role, created_at, expires_at
from sessions where hash = %(hash)s and expires_at > now();

-- end_session --
-- Sign out, and withdraw the tokens that the session still has
with ended as (delete from sessions where hash = %(hash)s returning id)
insert into revocations (issuer, session_id, until)
select %(issuer)s, id, now() + make_interval(secs => %(token_seconds)s) from ended
returning session_id;

-- put_key --
-- A new API key
insert into api_keys (id, tenant_id, user_id, role, permissions, plan, rights_at, name, prefix, secret_sha256, scopes,
    expires_at)
values (%(id)s, %(tenant_id)s, %(user_id)s, %(role)s, %(permissions)s, %(plan)s, to_timestamp(%(rights_at)s), %(name)s,
    %(prefix)s, %(secret_sha256)s, %(scopes)s, %(expires_at)s)
returning *;

-- hold_off_withdrawals --
-- From here to the end of the transaction nothing of this issuer is withdrawn: what comes later finds what we made
select pg_advisory_xact_lock_shared(hashtextextended(%(issuer)s, 5));

-- hold_off_new_keys --
-- From here to the end of the transaction nobody of this issuer makes a key: who comes later finds what we withdrew
select pg_advisory_xact_lock(hashtextextended(%(issuer)s, 5));

-- is_withdrawn --
-- Has the credential that somebody showed been withdrawn?
select is_withdrawn(%(issuer)s, %(session_id)s, %(user_id)s, %(organization_id)s, %(issued_at)s) as yes;

-- list_keys --
-- A page of a tenant's API keys, newest first
select * from api_keys
where tenant_id = %(tenant_id)s
  and (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(before_at)s::timestamptz is null or (created_at, id) < (%(before_at)s, %(before_id)s))
order by created_at desc, id desc
limit %(limit)s;

-- find_key --
-- One API key of a tenant
select * from api_keys where id = %(key_id)s and tenant_id = %(tenant_id)s;

-- find_shown_key --
-- The API key that somebody shows, and whose it is
select k.*, t.issuer, t.organization_id from api_keys k join tenants t on t.id = k.tenant_id
where k.secret_sha256 = %(secret_sha256)s;

-- tenant_of_key --
-- Whose an API key is
select tenant_id from api_keys where id = %(key_id)s;

-- revoke_key --
-- Withdraw an API key
update api_keys set revoked_at = clock_timestamp()
where id = %(key_id)s and tenant_id = %(tenant_id)s and revoked_at is null;

-- revoke_keys_of --
-- Withdraw the API keys of a user, a member or a whole organisation
update api_keys k set revoked_at = clock_timestamp() from tenants t
where t.id = k.tenant_id and t.issuer = %(issuer)s and k.revoked_at is null
  and (%(user_id)s::text is null or k.user_id = %(user_id)s)
  and (%(organization_id)s::text is null or t.organization_id = %(organization_id)s)
  and num_nonnulls(%(user_id)s::text, %(organization_id)s::text) > 0;

-- note_uses_of_keys --
-- When API keys were last used, to the minute
update api_keys k set last_used_at = used.at
from unnest(%(ids)s::text[], %(times)s::double precision[]) as told (id, seconds), to_timestamp(told.seconds) as used (at)
where k.id = told.id and (k.last_used_at is null or k.last_used_at < used.at - interval '59 seconds');

-- note_rights_of_keys --
-- What the owners of API keys were last seen to be allowed, unless something later is known
update api_keys k
set role = seen.role, permissions = seen.permissions, rights_at = to_timestamp(seen.at),
    plan = case when seen.plan_said then seen.plan else k.plan end
from jsonb_to_recordset(%(seen)s) as seen
    (tenant_id text, user_id text, role text, permissions text[], plan text, plan_said boolean, at double precision)
where k.tenant_id = seen.tenant_id and k.user_id = seen.user_id and k.rights_at < to_timestamp(seen.at)
  and (k.role is distinct from seen.role or k.permissions is distinct from seen.permissions
       or (seen.plan_said and k.plan is distinct from seen.plan));

-- put_revocation --
-- Withdraw what has all that is named
insert into revocations (issuer, session_id, user_id, organization_id, until)
values (%(issuer)s, %(session_id)s, %(user_id)s, %(organization_id)s, now() + make_interval(secs => %(seconds)s));

-- live_revocations --
-- What is withdrawn and could still be shown
select issuer, key_id, session_id, user_id, organization_id,
    extract(epoch from revoked_at)::double precision as revoked_at, extract(epoch from until)::double precision as until
from revocations where until > now();

-- forget_old_revocations --
-- What is withdrawn and could not be shown any more
delete from revocations where until < now();

-- ping --
-- Does the database answer?
select 1 as ok;


-- find_terms --
-- What holds for a tenant's next job: the clock, its own limits, how long one unit of the model usually takes
select coalesce(%(at)s::timestamptz, now()) as at, tenant_limits.plan, tenant_limits.overrides,
    typical_gpu_seconds(%(model)s::text) as gpu_seconds
from (values (1)) as always left join tenant_limits on tenant_limits.tenant_id = %(tenant_id)s;

-- lock_quotas --
-- From here to the end of the transaction, this tenant's submits pass one at a time
select pg_advisory_xact_lock(hashtextextended(%(tenant_id)s, 4));

-- find_standing --
-- What a tenant has waiting and running, and what it has reserved and spent in a period
select
    (select count(*) from jobs where tenant_id = %(tenant_id)s and status = 'queued') as queued,
    (select count(*) from jobs where tenant_id = %(tenant_id)s and status in ('running', 'canceling')) as running,
    coalesce((
        select jsonb_object_agg(unit, jsonb_build_object('reserved', reserved, 'spent', spent))
        from (
            select unit, sum(reserved) as reserved, sum(spent) as spent from quota_counters
            where tenant_id = %(tenant_id)s and day between %(first_day)s and %(last_day)s group by unit
            union all
            select 'gpu_seconds', sum(gpu_reserved), sum(gpu_spent) from quota_counters
            where tenant_id = %(tenant_id)s and day between %(first_day)s and %(last_day)s having count(*) > 0
        ) as used
    ), '{}') as used;

-- find_slot --
-- Of a tenant's places to run in, the one with the fewest live jobs
select place from generate_series(0, %(places)s - 1) as place
order by (
    select count(*) from jobs
    where tenant_id = %(tenant_id)s and slot = place and status in ('queued', 'running', 'canceling')
), place
limit 1;

-- find_limits --
-- What an operator set for a tenant
select plan, overrides, set_at from tenant_limits where tenant_id = %(tenant_id)s;

-- set_limits --
-- Another plan for a tenant, or other numbers in it
insert into tenant_limits (tenant_id, plan, overrides) values (%(tenant_id)s, %(plan)s, %(overrides)s)
on conflict (tenant_id) do update set plan = excluded.plan, overrides = excluded.overrides, set_at = now();

-- clear_limits --
-- A tenant is held to its plan again
delete from tenant_limits where tenant_id = %(tenant_id)s;

-- report_usage --
-- What a tenant used between two moments, in groups
select case when 'day' = any (%(by)s) then (at at time zone 'utc')::date end as day,
    case when 'user' = any (%(by)s) then user_id end as user_id,
    case when 'model' = any (%(by)s) then model end as model,
    case when 'kind' = any (%(by)s) then kind end as kind,
    currency, unit, count(*) as attempts, count(*) filter (where outcome = 'succeeded') as succeeded,
    sum(units)::double precision as units, sum(gpu_seconds)::double precision as gpu_seconds,
    sum(cost)::double precision as cost
from usage_ledger
where tenant_id = %(tenant_id)s and at >= %(since)s and at < %(until)s
  and (%(user_id)s::text is null or user_id = %(user_id)s)
group by 1, 2, 3, 4, 5, 6
order by 1, 2, 3, 4, 5, 6
limit %(limit)s;

-- ledger_discrepancies --
-- Wherever jobs, outputs, ledger and counters do not agree, all as of one moment; what is from before is left out
with made as (
    select job_id, count(*) as files, sum(coalesce(duration_s, 1)) as amount
    from assets where job_id is not null group by job_id
), wanted as (
    select tenant_id, day, unit, sum(reserved) as reserved, sum(gpu_reserved) as gpu_reserved, sum(spent) as spent,
        sum(gpu_spent) as gpu_spent
    from (
        select tenant_id, quota_day as day, quota_unit as unit, reserved_units as reserved,
            reserved_gpu_seconds as gpu_reserved, 0 as spent, 0 as gpu_spent
        from jobs where quota_day is not null and status in ('queued', 'running', 'canceling')
        union all
        select tenant_id, day, unit, 0, 0, units, gpu_seconds from usage_ledger where outcome = 'succeeded'
    ) as each group by tenant_id, day, unit
)
select format('job %%s %%s and the ledger has no row that says so', j.id, j.status) as said
from jobs j left join usage_ledger l on l.job_id = j.id and l.attempt = j.attempt and l.outcome = j.status
where j.quota_day is not null and (j.status = 'succeeded' or (j.usage is not null and j.finished_at is not null))
  and l.id is null
union all
select format('row %%s says that job %%s %%s, and it is %%s', l.id, j.id, l.outcome, j.status)
from usage_ledger l join jobs j on j.id = l.job_id where l.outcome <> j.status
union all
select format('row %%s charges job %%s %%s %%s and %%s gpu-seconds, the job says %%s and %%s', l.id, j.id, l.units,
    l.unit, l.gpu_seconds, j.usage->>'units', j.usage->>'gpu_seconds')
from usage_ledger l join jobs j on j.id = l.job_id and j.status = l.outcome
where l.units is distinct from round((j.usage->>'units')::numeric, 6)
   or l.gpu_seconds is distinct from round((j.usage->>'gpu_seconds')::numeric, 6)
   or (l.tenant_id, l.kind, l.model, l.day, l.unit) is distinct from
      (j.tenant_id, j.kind, j.model, j.quota_day, j.quota_unit)
union all
select format('job %%s is charged %%s times', job_id, count(*))
from usage_ledger where outcome = 'succeeded' group by job_id having count(*) > 1
union all
select format('job %%s is charged %%s %%s and made %%s', j.id, l.units, l.unit, coalesce(made.amount, 0))
from jobs j join usage_ledger l on l.job_id = j.id and l.outcome = 'succeeded' left join made on made.job_id = j.id
where j.status = 'succeeded' and abs(coalesce(made.amount, 0) - l.units) > 0.001 * greatest(made.files, 1)
union all
select format('job %%s has %%s outputs that no row charges', j.id, made.files)
from made join jobs j on j.id = made.job_id
where j.quota_day is not null
  and not exists (select from usage_ledger l where l.job_id = j.id and l.outcome = 'succeeded')
union all
select format('the counter of %%s, %%s, %%s has %%s reserved and %%s spent, the sums are %%s and %%s', tenant_id, day,
    unit, c.reserved, c.spent, w.reserved, w.spent)
from quota_counters c full join wanted w using (tenant_id, day, unit)
where (coalesce(c.reserved, 0), coalesce(c.spent, 0), coalesce(c.gpu_reserved, 0), coalesce(c.gpu_spent, 0))
   <> (coalesce(w.reserved, 0), coalesce(w.spent, 0), coalesce(w.gpu_reserved, 0), coalesce(w.gpu_spent, 0));

-- add_auth_events --
-- What was seen in some minutes, added to what other processes saw
insert into auth_events (at, reason, issuer, route, source, user_id, tenant_id, count)
select * from unnest(%(at)s::timestamptz[], %(reason)s::text[], %(issuer)s::text[], %(route)s::text[],
    %(source)s::text[], %(user_id)s::text[], %(tenant_id)s::text[], %(count)s::bigint[])
on conflict (at, reason, issuer, route, source, user_id, tenant_id)
    do update set count = auth_events.count + excluded.count;

-- list_auth_events --
-- Sign-ins and refusals of a tenant, or of all of them and of nobody's, newest first
select at, reason, issuer, route, source, user_id, tenant_id, count from auth_events
where at >= date_trunc('minute', %(since)s::timestamptz) and at < %(until)s
  and (%(tenant_id)s::text is null or tenant_id = %(tenant_id)s)
  and (%(reason)s::text is null or reason = %(reason)s)
  and not (%(refused)s and reason = 'accepted')
order by at desc, count desc, reason, route, source, user_id
limit %(limit)s;

-- count_auth_events --
-- How often each reason came in that time
select reason, sum(count)::bigint as count from auth_events
where at >= date_trunc('minute', %(since)s::timestamptz) and at < %(until)s
  and (%(tenant_id)s::text is null or tenant_id = %(tenant_id)s)
group by reason order by reason;

-- count_auth_events_over_time --
-- How often each reason came in each hour or day (of UTC) of that time, the oldest first
select date_trunc(%(step)s, at, 'UTC') as at, reason, sum(count)::bigint as count from auth_events
where at >= date_trunc('minute', %(since)s::timestamptz) and at < %(until)s
  and (%(tenant_id)s::text is null or tenant_id = %(tenant_id)s)
group by 1, 2 order by 1, 2;

-- forget_auth_events --
-- Sign-ins and refusals past their days
delete from auth_events where at < now() - make_interval(days => %(days)s);

-- count_jobs --
-- The jobs that have not ended, and those that did in the last hour, by status
select status, count(*) as count from jobs
where finished_at is null or finished_at > now() - interval '1 hour'
group by status;

-- depth_by_model --
-- What waits and runs of each model, and how many live workers announce it
with unended as (
    select model,
        count(*) filter (where status = 'queued') as queued,
        sum(reserved_gpu_seconds) filter (where status = 'queued') as gpu_seconds,
        min(created_at) filter (where status = 'queued') as oldest,
        count(*) filter (where status <> 'queued') as running
    from jobs where status in ('queued', 'running', 'canceling') group by model
), offered as (
    select announced->>'name' as model, count(distinct id) as workers
    from workers, jsonb_array_elements(models) as announced
    where seen_at > now() - make_interval(secs => %(alive_seconds)s) group by 1
)
select model, coalesce(queued, 0) as queued, coalesce(gpu_seconds, 0)::double precision as gpu_seconds,
    coalesce(extract(epoch from clock_timestamp() - oldest), 0)::double precision as oldest_seconds,
    coalesce(running, 0) as running, coalesce(workers, 0) as workers
from unended full join offered using (model) order by model;

-- count_workers --
-- The workers that were seen a moment ago
select count(*) as count from workers where seen_at > now() - make_interval(secs => %(alive_seconds)s);

-- take_delivery --
-- Note a webhook's delivery; no row when it was delivered before
insert into webhook_deliveries (id) values (%(id)s) on conflict (id) do nothing returning id;

-- say_of_subject --
-- Note when something was said of a subject; no row when something later was said already
insert into webhook_subjects (subject, said_at) values (%(subject)s, %(said_at)s)
on conflict (subject) do update set said_at = excluded.said_at where webhook_subjects.said_at <= excluded.said_at
returning subject;

-- forget_deliveries --
-- Webhooks that the sender has long given up on
with old as (delete from webhook_subjects where said_at < now() - make_interval(days => %(days)s))
delete from webhook_deliveries where at < now() - make_interval(days => %(days)s);

-- put_timed_revocation --
-- Withdraw what has all that is named and was issued before the moment told
insert into revocations (issuer, session_id, user_id, organization_id, revoked_at, until)
values (%(issuer)s, %(session_id)s, %(user_id)s, %(organization_id)s, %(revoked_at)s,
    now() + make_interval(secs => %(seconds)s));

-- cancel_waiting_jobs --
-- The queued jobs of a user, of an organisation, or of the one in the other
update jobs set version = version + 1, status = 'canceled', finished_at = clock_timestamp()
where status = 'queued' and created_at <= %(made_before)s
  and (%(user_id)s::text is null or user_id = %(user_id)s)
  and tenant_id in (
      select id from tenants
      where issuer = %(issuer)s and (%(organization_id)s::text is null or organization_id = %(organization_id)s))
  and num_nonnulls(%(user_id)s::text, %(organization_id)s::text) > 0;

-- put_departure --
-- A user or an organisation has left: to be erased after the hold-back
insert into departures (id, issuer, user_id, organization_id, left_at, erase_at)
values (%(id)s, %(issuer)s, %(user_id)s, %(organization_id)s, %(left_at)s,
    %(left_at)s::timestamptz + make_interval(days => %(hold_back_days)s))
on conflict (id) do update
    set user_id = excluded.user_id, organization_id = excluded.organization_id, left_at = excluded.left_at,
        erase_at = excluded.erase_at, erased_at = null
    where departures.erased_at is not null;

-- spare_departure --
-- They have not left after all
delete from departures
where erased_at is null and %(name)s in (user_id, organization_id)
returning coalesce(user_id, organization_id) as name;

-- open_departures --
-- Those who have left and are not erased yet; all of them, or those whose time has come
select id, issuer, user_id, organization_id, left_at, erase_at, erase_at <= now() as due from departures
where erased_at is null and (not %(due)s or erase_at <= now())
order by erase_at;

-- lock_departed_jobs --
-- Some jobs of who has left, held so that no worker ends one meanwhile
select j.id, j.tenant_id from jobs j
where j.tenant_id = %(tenant_id)s
   or (j.user_id = %(user_id)s and exists (select from tenants t where t.id = j.tenant_id and t.issuer = %(issuer)s))
limit 200 for update of j;

-- doom_files_of_jobs --
-- The files of jobs that are about to be erased, left to the sweeper
insert into unclaimed_files (key, since)
select unnest(array[key, thumbnail_key]), '-infinity' from assets where job_id = any (%(job_ids)s)
on conflict (key) do update set since = excluded.since;

-- forget_jobs --
-- Jobs of who has left, and the keys that stand for them
with keys as (delete from idempotency_keys where job_id = any (%(job_ids)s))
delete from jobs where id = any (%(job_ids)s);

-- forget_uploads --
-- Some of the files that who has left brought along; the files themselves are left to the sweeper
with gone as (
    delete from assets where id in (
        select a.id from assets a
        where a.job_id is null and (a.tenant_id = %(tenant_id)s or (a.user_id = %(user_id)s
            and exists (select from tenants t where t.id = a.tenant_id and t.issuer = %(issuer)s)))
        limit 200 for update of a)
    returning key, thumbnail_key
)
insert into unclaimed_files (key, since) select unnest(array[key, thumbnail_key]), '-infinity' from gone
on conflict (key) do update set since = excluded.since;

-- forget_idempotency_of_departed --
-- What is left of the keys that made asking twice safe
delete from idempotency_keys k using tenants t
where t.id = k.tenant_id and (t.id = %(tenant_id)s or (t.issuer = %(issuer)s and k.user_id = %(user_id)s));

-- forget_api_keys_of_departed --
-- The API keys of who has left
delete from api_keys k using tenants t
where t.id = k.tenant_id and (t.id = %(tenant_id)s or (t.issuer = %(issuer)s and k.user_id = %(user_id)s));

-- forget_auth_events_of_departed --
-- The sign-ins and refusals of who has left
delete from auth_events e
where e.tenant_id = %(tenant_id)s
   or (e.user_id = %(user_id)s and exists (select from tenants t where t.id = e.tenant_id and t.issuer = %(issuer)s))
   or (e.user_id = %(user_id)s and e.issuer = %(issuer)s);

-- forget_revocations_of_departed --
-- What was withdrawn from who has left: no token of theirs lives as long as a hold-back
delete from revocations
where issuer = %(issuer)s and (user_id = %(user_id)s or organization_id = %(organization_id)s);

-- forget_sessions_of_departed --
-- The browser sessions and sign-in codes of who has left; the local issuer's alone are kept here
with codes as (
    delete from sign_in_codes where user_id = %(user_id)s or organization_id = %(organization_id)s
)
delete from sessions where user_id = %(user_id)s or organization_id = %(organization_id)s;

-- forget_names_in_ledger --
-- What was used stays counted, and no longer says by whom
select sum(forget_user_in_ledger(tenant_id, user_id)) as forgotten
from (select distinct l.tenant_id, l.user_id from usage_ledger l
      where l.user_id !~ '^gone_' and (l.tenant_id = %(tenant_id)s or (l.user_id = %(user_id)s
          and exists (select from tenants t where t.id = l.tenant_id and t.issuer = %(issuer)s)))) as theirs;

-- forget_limits_of_departed --
-- What an operator set for a tenant that is no more
delete from tenant_limits where tenant_id = %(tenant_id)s;

-- forget_turns_of_departed --
-- Whose turn it was, of who has left
with theirs as (delete from tenant_clocks where tenant_id = %(tenant_id)s)
delete from user_clocks u
where u.tenant_id = %(tenant_id)s or (u.user_id = %(user_id)s
    and exists (select from tenants t where t.id = u.tenant_id and t.issuer = %(issuer)s));

-- forget_tenant --
-- The tenant of who has left, once nothing is theirs; the ledger goes on counting by its id
delete from tenants where id = %(tenant_id)s;

-- close_departure --
-- Erased: only the derived id is left, and the day
update departures set user_id = null, organization_id = null, erased_at = now() where id = %(id)s and erased_at is null;

-- ==== Reading and following jobs ====

-- standing_of_jobs --
-- A letter for each job asked for: not this tenant's, queued, known by its version, or something newer. It is asked
-- all the time, and a text each way costs a tenth of what arrays and rows do
select string_agg(
    case when j.id is null then '-' when j.status = 'queued' then 'q' when j.version = asked.version then '=' else '+' end,
    '' order by asked.number) as letters
from unnest(string_to_array(%(ids)s, ' '), string_to_array(%(tenants)s, ' '),
    string_to_array(%(versions)s, ' ')::bigint[]) with ordinality as asked (id, tenant_id, version, number)
left join jobs j on j.id = asked.id and j.tenant_id = asked.tenant_id;

-- jobs_as_they_stand --
-- These jobs, if they are these tenants'
select j.* from unnest(%(ids)s::text[], %(tenants)s::text[]) as asked (id, tenant_id)
join jobs j on j.id = asked.id and j.tenant_id = asked.tenant_id;

-- outputs_of_jobs --
-- What these jobs of these tenants made, in order
select a.* from unnest(%(ids)s::text[], %(tenants)s::text[]) as asked (id, tenant_id)
join assets a on a.job_id = asked.id and a.tenant_id = asked.tenant_id
order by a.job_id, a.position;

-- ==== Webhooks out ====

-- put_outgoing_webhook --
-- Where a new job's end shall be told
insert into outgoing_webhooks (job_id, tenant_id, id, url) values (%(job_id)s, %(tenant_id)s, %(id)s, %(url)s);

-- find_outgoing_webhook --
-- Where a job's end is told, and how far that has come
select * from outgoing_webhooks where job_id = %(job_id)s and tenant_id = %(tenant_id)s;

-- list_webhook_tries --
-- The last tries at telling a job's end
select at, status, error, seconds from outgoing_webhook_tries
where job_id = %(job_id)s and tenant_id = %(tenant_id)s order by number desc limit %(limit)s;

-- redeliver_webhook --
-- Tell a job's end again, from the first try on, unless it is about to be told anyway
update outgoing_webhooks set due_at = now(), failures = 0, delivered_at = null, given_up_at = null
where job_id = %(job_id)s and tenant_id = %(tenant_id)s and event is not null and due_at is null
returning pg_notify('estampe_webhooks', '');

-- claim_webhooks --
-- Deliveries that are due, a few of each tenant, for this process to try until their lease ends: no tenant is always first
with chosen as (
    select due.job_id
    from (select tenant_id from outgoing_webhooks
          where due_at <= now() and tenant_id <> all (%(busy)s)
          group by tenant_id order by random()) as waiting,
        lateral (select job_id from outgoing_webhooks
                 where tenant_id = waiting.tenant_id and due_at <= now()
                 order by due_at limit %(each)s for update skip locked) as due
    limit %(at_most)s
)
update outgoing_webhooks w set tries = tries + 1, due_at = now() + make_interval(secs => %(lease_seconds)s)
from chosen where w.job_id = chosen.job_id and w.due_at <= now()
returning w.job_id, w.tenant_id, w.id, w.url, w.event, w.tries, w.failures;

-- note_webhook_try --
-- What became of a try, unless its lease ended and another process has tried since
with tried as (
    update outgoing_webhooks set
        failures = case when %(delivered)s then 0 else failures + 1 end,
        delivered_at = case when %(delivered)s then clock_timestamp() end,
        due_at = clock_timestamp() + make_interval(secs => %(again_in_seconds)s::double precision),
        given_up_at = case when not %(delivered)s and %(again_in_seconds)s::double precision is null
            then clock_timestamp() end
    where job_id = %(job_id)s and tries = %(tries)s and due_at is not null
    returning job_id, tenant_id, tries
)
insert into outgoing_webhook_tries (job_id, tenant_id, number, status, error, seconds)
select job_id, tenant_id, tries, %(status)s, %(error)s, %(seconds)s from tried;

-- make_webhook_secret --
-- A tenant's first secret
insert into webhook_secrets (tenant_id, secret) values (%(tenant_id)s, %(secret)s) on conflict (tenant_id) do nothing;

-- find_webhook_secret --
-- What signs a tenant's deliveries, and what goes on signing them for a while
select secret, made_at, case when previous_until > now() then previous end as previous,
    case when previous_until > now() then previous_until end as previous_until
from webhook_secrets where tenant_id = %(tenant_id)s;

-- rotate_webhook_secret --
-- Another secret; the one before goes on signing for a while
update webhook_secrets set previous = secret, previous_until = now() + make_interval(secs => %(overlap_seconds)s),
    secret = %(secret)s, made_at = now()
where tenant_id = %(tenant_id)s;

-- forget_webhook_secret_of_departed --
-- What signed the deliveries of who has left; these went with the jobs
delete from webhook_secrets where tenant_id = %(tenant_id)s;

-- ==== The OpenAI dialect ====

-- list_jobs_upwards --
-- A page of a tenant's jobs, oldest first, each with its place in line
select j.*, line.* from (
    select * from jobs j
    where j.tenant_id = %(tenant_id)s
      and (%(user_id)s::text is null or j.user_id = %(user_id)s)
      and (%(kind)s::text is null or j.kind = %(kind)s)
      and (%(after_at)s::timestamptz is null or (j.created_at, j.id) > (%(after_at)s, %(after_id)s))
    order by j.created_at, j.id
    limit %(limit)s
) as j
left join lateral (select * from place_in_line(j.id) where j.status = 'queued') as line on true
order by j.created_at, j.id;

-- take_over_call --
-- The newest call of this sort that its client may be making again, now under another key; rather one that was left,
-- or that nobody has taken over yet
update idempotency_keys set key = %(key)s, fingerprint = 'waiting', created_at = now()
where tenant_id = %(tenant_id)s and user_id = %(user_id)s and key = (
    select key from idempotency_keys
    where tenant_id = %(tenant_id)s and user_id = %(user_id)s and starts_with(key, %(sort)s)
      and created_at > now() - make_interval(secs => %(within_seconds)s)
    order by fingerprint = 'left' desc, fingerprint = 'answered', fingerprint = 'waiting', created_at desc
    limit 1 for update skip locked)
returning job_id;

-- mark_call --
-- How a call stands with its client: answered, or left
update idempotency_keys set fingerprint = %(standing)s, created_at = now()
where tenant_id = %(tenant_id)s and user_id = %(user_id)s and key = %(key)s
returning job_id;

-- give_up_call --
-- A call that its client left, if nobody took it over meanwhile
delete from idempotency_keys
where tenant_id = %(tenant_id)s and user_id = %(user_id)s and key = %(key)s and fingerprint = 'left'
returning job_id;

-- find_upload --
-- A picture that this person brought before
select * from assets
where tenant_id = %(tenant_id)s and user_id = %(user_id)s and sha256 = %(sha256)s and job_id is null
order by created_at desc limit 1;

-- ==== Workers ====

-- announce_worker --
-- A worker is alive and can make these models; a heartbeat that was missed starts its watch anew
insert into workers (id, host, models, slots, version, is_leaving)
values (%(id)s, %(host)s, %(models)s, %(slots)s, %(version)s, %(is_leaving)s)
on conflict (id) do update set models = excluded.models, slots = excluded.slots, version = excluded.version,
    is_leaving = excluded.is_leaving, seen_at = clock_timestamp(),
    steady_since = case when workers.seen_at < clock_timestamp() - make_interval(secs => %(gap_seconds)s)
        then clock_timestamp() else workers.steady_since end;

-- withdraw_worker --
-- A worker has left
delete from workers where id = %(id)s;

-- forget_workers --
-- Workers that died without a word
delete from workers where seen_at < now() - interval '1 day';

-- may_take_over --
-- Whether a worker may judge the others. Whoever was cut off, or whose server was away, has seen none of them either;
-- and three judges, those who have watched for longest, are enough for any number of workers
select exists (
    select from (
        select id, seen_at, steady_since from workers
        where seen_at > now() - make_interval(secs => %(stalled_seconds)s) order by steady_since, id limit 3) as judges
    where id = %(worker)s and seen_at > now() - make_interval(secs => %(stalled_seconds)s::double precision / 2)
      and steady_since < now() - make_interval(secs => %(stalled_seconds)s)
      and pg_postmaster_start_time() < now() - make_interval(secs => %(stalled_seconds)s)
) as may;

-- jobs_of_worker --
-- What a worker is said to run
select * from jobs where worker_id = %(worker)s and status in ('running', 'canceling');

-- put_checkpoint --
-- How far a running attempt is; of one that is no longer the job's, nothing is kept
with mine as (
    select id, attempt from jobs where id = %(job_id)s and attempt = %(attempt)s and status = 'running'
    for no key update
)
insert into checkpoints (job_id, attempt, data) select id, attempt, %(data)s from mine
on conflict (job_id) do update set attempt = excluded.attempt, at = excluded.at, data = excluded.data;

-- find_checkpoint --
-- What an earlier attempt left of a job
select data from checkpoints where job_id = %(job_id)s;

-- ==== What operators look at ====

-- moment --
-- The database's clock
select now() as at;

-- workers_at_work --
-- The workers seen in the last hour, and how many jobs of each model each of them runs
select w.id as worker_id, w.host, w.version, w.slots, w.started_at, w.seen_at, w.is_leaving as draining,
    w.seen_at > now() - make_interval(secs => %(alive_seconds)s) as alive,
    array(select offered->>'name' from jsonb_array_elements(w.models) as offered order by 1) as models,
    coalesce(at_work.running, '{}') as running
from workers w left join (
    select worker_id, jsonb_object_agg(model, jobs) as running
    from (select worker_id, model, count(*) as jobs from jobs where status in ('running', 'canceling') group by 1, 2) as each
    group by worker_id
) as at_work on at_work.worker_id = w.id
where w.seen_at > now() - interval '1 hour'
order by alive desc, w.host, w.id
limit 1000;

-- queues_of_tenants --
-- The tenants that have the most GPU-seconds waiting, and what they have waiting and running
select unended.*, t.issuer, t.organization_id, t.user_id
from (
    select tenant_id, count(*) filter (where status = 'queued') as queued,
        count(*) filter (where status <> 'queued') as running,
        coalesce(sum(reserved_gpu_seconds) filter (where status = 'queued'), 0)::double precision as gpu_seconds
    from jobs where status in ('queued', 'running', 'canceling') group by tenant_id
    order by gpu_seconds desc, queued desc, running desc, tenant_id
    limit %(limit)s
) as unended join tenants t on t.id = unended.tenant_id
order by gpu_seconds desc, queued desc, running desc, tenant_id;

-- hours_of_work --
-- What ended in each of the last 24 hours, of all that is still kept
select hours.hour, coalesce(ended.succeeded, 0) as succeeded, coalesce(ended.failed, 0) as failed,
    coalesce(ended.canceled, 0) as canceled, coalesce(ended.expired, 0) as expired,
    coalesce(ended.gpu_seconds, 0) as gpu_seconds
from generate_series(date_trunc('hour', now(), 'UTC') - interval '23 hours', date_trunc('hour', now(), 'UTC'),
    interval '1 hour') as hours (hour)
left join (
    select date_trunc('hour', finished_at, 'UTC') as hour, count(*) filter (where status = 'succeeded') as succeeded,
        count(*) filter (where status = 'failed') as failed, count(*) filter (where status = 'canceled') as canceled,
        count(*) filter (where status = 'expired') as expired,
        sum((usage->>'gpu_seconds')::double precision) as gpu_seconds
    from jobs where finished_at >= date_trunc('hour', now(), 'UTC') - interval '23 hours' group by 1
) as ended using (hour)
order by hours.hour;
