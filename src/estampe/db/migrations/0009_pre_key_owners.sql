-- What a key's owner is billed for, beside what they may; and a last look before a key is made, so that nobody who
-- was let in a moment before they were shut out leaves one behind.

alter table api_keys add column plan text;

create or replace trigger announce_key
    after delete or update of tenant_id, user_id, role, permissions, plan, secret_sha256, scopes, expires_at, revoked_at
    on api_keys for each row execute function announce_key();

-- Whether a credential of that person, issued then, has been withdrawn: yes or no, and nothing else of what is kept.
create function is_withdrawn(
    of_issuer text, of_session text, of_user text, of_organization text, issued double precision
) returns boolean language sql stable security definer set search_path from current as $$
    select exists (
        select from revocations
        where issuer = of_issuer and key_id is null and until > now()
          and (session_id is not null and session_id = of_session
               or session_id is null
               and (user_id is null or user_id = of_user)
               and (organization_id is null or organization_id = of_organization)
               and issued <= extract(epoch from revoked_at))
    )
$$;
