from estampe.access.auth_events import AuthEvents, Seen
from estampe.worker.erasure import Erasure

OLD = {"events": "auth_events", "deliveries": "webhook_deliveries", "subjects": "webhook_subjects"}


async def test_what_is_kept_for_a_while_is_forgotten_after_it(database):
    events = AuthEvents(database)
    events.saw(Seen("token_invalid", "unknown", "/api/me"))
    await events.flush()
    async with database.system() as scope:
        await scope.run("take_delivery", id="msg_new")
        await scope.connection.execute(
            "insert into auth_events (at, reason, issuer, count) values (now() - interval '31 days', 'old', 'x', 1);"
            "insert into webhook_deliveries values ('msg_old', now() - interval '8 days');"
            "insert into webhook_subjects values ('old', now() - interval '8 days'), ('new', now())"
        )

    await Erasure(database, None).forget_old(30)

    async with database.system() as scope:
        left = {name: (await (await scope.connection.execute(f"select * from {table}")).fetchall())
                for name, table in OLD.items()}  # fmt: skip
    assert [row["reason"] for row in left["events"]] == ["token_invalid"]
    assert [row["id"] for row in left["deliveries"]] == ["msg_new"]
    assert [row["subject"] for row in left["subjects"]] == ["new"]
