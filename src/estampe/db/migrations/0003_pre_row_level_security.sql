-- A statement of a request sees and writes the rows of its own tenant alone, even one whose WHERE was forgotten.
--
-- `Database.tenant()` works as the role estampe_tenant, for whom the policies below let through the rows of the
-- tenant named in `estampe.tenant`; `Database.system()` works as the owner of the tables, who has a policy of its
-- own because FORCE holds owners to the policies too. Whoever is neither sees nothing.
--
-- What this does not do: SQL that an attacker manages to write could set the role and the tenant back. That no such
-- SQL comes about is the work of `queries.sql`: statements are fixed, and values travel beside them.

-- Roles belong to the whole server: another database of it may be migrating at this very moment.
do $$
declare
    tries integer := 0;
    cannot text := format('an administrator of PostgreSQL must run once, then migrate again: '
        'create role estampe_tenant nologin; grant estampe_tenant to %I;', current_user);
begin
    loop
        begin
            if to_regrole('estampe_tenant') is null then
                create role estampe_tenant nologin;
            end if;
            begin
                perform set_config('role', 'estampe_tenant', true);
                perform set_config('role', 'none', true);
            exception when insufficient_privilege then
                execute format('grant estampe_tenant to %I', current_user);
            end;
            exit;
        exception
            when insufficient_privilege then
                raise insufficient_privilege using message = cannot;
            when duplicate_object or unique_violation or internal_error then
                tries := tries + 1;
                if tries > 50 then
                    raise;
                end if;
                perform pg_sleep(0.05);
        end;
    end loop;
end $$;

-- Every table with rows of tenants is put behind the wall by this, in the migration that makes it.
create procedure protect_tenant_rows(
    wanted regclass,
    verbs text default 'select, insert, update, delete',
    tenant text default 'tenant_id'
) language plpgsql as $$
begin
    execute format('alter table %s enable row level security', wanted);
    execute format('alter table %s force row level security', wanted);
    execute format('create policy of_the_system on %s to current_user using (true)', wanted);
    execute format('create policy of_one_tenant on %s to estampe_tenant using (%s = current_setting(%L, true))',
        wanted, tenant, 'estampe.tenant');
    execute format('grant %s on %s to estampe_tenant', verbs, wanted);
end $$;

call protect_tenant_rows('tenants', 'select, insert', 'id');
call protect_tenant_rows('jobs');
call protect_tenant_rows('assets', 'select, insert');
call protect_tenant_rows('idempotency_keys');
call protect_tenant_rows('api_keys');
-- The tenant is the first part of a file's key.
call protect_tenant_rows('unclaimed_files', tenant => $$split_part(key, '/', 1)$$);

-- How many jobs stand before this one, whoever's they are: the number, and nothing else about them.
create function jobs_before(place bigint) returns bigint language sql stable security definer set search_path from current
as 'select count(*) from jobs where status = ''queued'' and queue_id < place';

-- A request puts its job in the queue and can read none: the id that it gets back is all it may see.
grant insert, select (id) on procrastinate_jobs to estampe_tenant;
grant insert on procrastinate_events to estampe_tenant;
grant usage on sequence procrastinate_jobs_id_seq, procrastinate_events_id_seq to estampe_tenant;
