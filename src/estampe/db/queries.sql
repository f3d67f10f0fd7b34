-- enter_tenant --
-- Until the transaction ends, this connection works for one tenant
select set_config('estampe.tenant', %(tenant_id)s, true);

