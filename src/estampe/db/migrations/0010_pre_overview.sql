-- What the operator's page shows of a worker: which code it runs, and that it is leaving.

alter table workers
    add column version text,
    add column is_leaving boolean not null default false;
