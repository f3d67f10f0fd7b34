"""What can be made, and who the caller is."""

from datetime import UTC, datetime

from estampe.http import allowance
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Reply, Route
from estampe.http.schemas import Me, ModelList
from estampe.policy.permissions import granted


async def models(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    return Reply(200, ModelList(await here.announced.all()))


async def me(call: Call[None, None]) -> Reply:
    here: Installation = call.installation
    who = call.principal
    held = granted(who, frozenset(here.settings.operators))
    async with here.database.tenant(who.tenant.id) as scope:
        left = await allowance.read(here.accounts, scope, who)
    answer = Me(
        user_id=who.user_id,
        organization_id=who.organization_id,
        tenant_id=who.tenant.id,
        role=who.role,
        permissions=sorted(held),
        issuer=who.issuer,
        expires_at=datetime.fromtimestamp(who.expires_at, UTC),
        limits={
            "max_body_bytes": here.settings.max_body_bytes,
            "max_upload_bytes": here.settings.max_upload_bytes,
            "requests_per_minute_user": here.settings.requests_per_minute_user,
            "requests_per_minute_tenant": here.settings.requests_per_minute_tenant,
        },
        allowance=left,
    )
    return Reply(200, answer)


ROUTES = [
    Route("GET", "/api/models", models, may=Access.SIGNED_IN, summary="What the live workers can make",
          tag="about", replies={200: ModelList}),
    Route("GET", "/api/me", me, may=Access.SIGNED_IN, summary="The identity as the server sees it",
          tag="about", replies={200: Me}),
]  # fmt: skip
