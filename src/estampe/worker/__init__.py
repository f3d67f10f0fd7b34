"""WORKER: claim → run → keep → finish. It talks to the engine and the database, never to people."""
