-- enter_tenant --
-- Until the transaction ends, this connection works for one tenant
select set_config('estampe.tenant', %(tenant_id)s, true);

-- put_tenant --
-- Write a tenant's readable names once
insert into tenants (id, issuer, organization_id, user_id)
values (%(id)s, %(issuer)s, %(organization_id)s, %(user_id)s)
on conflict (id) do nothing;

-- put_job --
-- A new job, queued
insert into jobs (id, tenant_id, user_id, organization_id, kind, model, parameters, metadata, queue_id, retry_of, deadline_at)
values (%(id)s, %(tenant_id)s, %(user_id)s, %(organization_id)s, %(kind)s, %(model)s, %(parameters)s, %(metadata)s,
        %(queue_id)s, %(retry_of)s, now() + make_interval(secs => %(deadline_s)s::double precision))
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
-- The job that a key stands for
select fingerprint, job_id from idempotency_keys
where tenant_id = %(tenant_id)s and user_id = %(user_id)s and key = %(key)s;

-- find_job --
-- One job of a tenant, with its place in the queue (0 is next)
select j.*, case when j.status = 'queued' then
    (select count(*) from jobs w where w.status = 'queued' and w.queue_id < j.queue_id) end as queue_position
from jobs j where j.id = %(job_id)s and j.tenant_id = %(tenant_id)s;

-- list_jobs --
-- A page of a tenant's jobs, newest first
select j.*, case when j.status = 'queued' then
    (select count(*) from jobs w where w.status = 'queued' and w.queue_id < j.queue_id) end as queue_position
from jobs j
where j.tenant_id = %(tenant_id)s
  and (%(user_id)s::text is null or j.user_id = %(user_id)s)
  and (%(kind)s::text is null or j.kind = %(kind)s)
  and (%(status)s::text is null or j.status = %(status)s)
  and (%(model)s::text is null or j.model = %(model)s)
  and (%(created_after)s::timestamptz is null or j.created_at > %(created_after)s)
  and (%(words)s::text[] is null or j.parameters->>'prompt' ilike all (%(words)s))
  and (%(before_at)s::timestamptz is null or (j.created_at, j.id) < (%(before_at)s, %(before_id)s))
order by j.created_at desc, j.id desc
limit %(limit)s;

-- find_preview --
-- The last look at a running job
select preview from jobs where id = %(job_id)s and tenant_id = %(tenant_id)s;

-- claim_job --
-- A queued job, or one whose worker was lost, now runs as the next attempt
update jobs set status = 'running', attempt = attempt + 1, version = version + 1, progress = null, preview = null,
    losses = losses + (status = 'running')::integer,
    started_at = coalesce(started_at, now())
where id = %(job_id)s and status = any (%(from)s)
returning *;

-- note_progress --
-- What a running attempt tells; the answer says whether it should stop
update jobs set progress = coalesce(%(progress)s, progress), notes = coalesce(%(notes)s, notes),
    preview = coalesce(%(preview)s, preview), version = version + 1
where id = %(job_id)s and attempt = %(attempt)s and status in ('running', 'canceling')
returning status;

-- finish_job --
-- The end of one attempt: a worker that wakes up late changes nothing
update jobs set status = %(to)s, error = %(error)s, usage = %(usage)s, progress = coalesce(%(progress)s, progress),
    preview = null, finished_at = clock_timestamp(), version = version + 1
where id = %(job_id)s and attempt = %(attempt)s and status = any (%(from)s)
returning *;

-- release_job --
-- Hand a running attempt back to the queue
update jobs set status = 'queued', progress = null, preview = null, version = version + 1,
    losses = losses + %(lost)s::boolean::integer
where id = %(job_id)s and attempt = %(attempt)s and status = any (%(from)s)
returning *;

-- settle_canceling --
-- The end of a job whose worker was lost while it was being canceled
update jobs set status = 'canceled', preview = null, finished_at = clock_timestamp(), version = version + 1
where id = %(job_id)s and status = 'canceling' and status = any (%(from)s);

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
where status = any (%(from)s) and status = 'queued' and deadline_at < now();

-- delete_job --
-- Forget a job; its files go with `doom_files_of_job`
delete from jobs where id = %(job_id)s and tenant_id = %(tenant_id)s returning id;

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
-- Files that a row now points at
delete from unclaimed_files where key = any (%(keys)s);

-- files_to_sweep --
-- Files that no row claimed in time
select key from unclaimed_files where since < now() - make_interval(secs => %(older_than_seconds)s) limit 100;

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

-- announce_worker --
-- A worker is alive and can make these models
insert into workers (id, host, models) values (%(id)s, %(host)s, %(models)s)
on conflict (id) do update set models = excluded.models, seen_at = now();

-- withdraw_worker --
-- A worker has left
delete from workers where id = %(id)s;

-- forget_workers --
-- Workers that died without a word
delete from workers where seen_at < now() - interval '1 day';

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
-- Sign out
delete from sessions where hash = %(hash)s;

-- ping --
-- Does the database answer?
select 1 as ok;

