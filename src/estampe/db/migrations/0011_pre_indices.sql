-- A page of an organisation's files, whoever made them.
create index assets_of_organisation on assets (tenant_id, created_at desc, id desc);

-- Whether a person brought this picture before.
create index uploads_by_content on assets (tenant_id, user_id, sha256) where job_id is null;

-- The oldest files that no row claimed, a few at a time, also where a million are to go.
create index unclaimed_files_by_age on unclaimed_files (since);

-- The keys that stand for jobs that are erased.
create index idempotency_keys_of_job on idempotency_keys (job_id);
