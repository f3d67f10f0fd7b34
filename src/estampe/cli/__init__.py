"""The `estampe` command: each verb reads the settings, then does one thing."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from estampe import __version__, lifeline, telemetry
from estampe.cli.language import in_words
from estampe.domain import Status
from estampe.errors import EstampeError, InvalidSetting
from estampe.settings import Settings, read

app = App(name="estampe", help="Pictures and clips from prompts, for many people at once.", version=__version__)

Port = Annotated[int | None, Parameter(name="--port", help="The API's port (9006).")]
DataDir = Annotated[Path | None, Parameter(name="--data-dir", help="Where everything is kept (.estampe).")]
Config = Annotated[Path | None, Parameter(name="--config", help="A settings file (estampe.toml).")]
Lifeline = Annotated[int | None, Parameter(name="--lifeline", show=False)]

FAILED = 1
REFUSED = 2


def _begin(config: Path | None, follow: int | None = None, **flags: Any) -> Settings:
    settings = read(file=config, **flags)
    telemetry.configure(settings.log_level)
    if follow is not None:
        lifeline.follow_pipe(follow)
    return settings


@app.command
def up(*, port: Port = None, data_dir: DataDir = None, config: Config = None) -> None:
    """Run everything here: database, API and worker; Ctrl-C stops it all."""
    from estampe.cli.up import up as run_all

    run_all(_begin(config, port=port, data_dir=data_dir))


@app.command
def api(*, port: Port = None, data_dir: DataDir = None, config: Config = None, lifeline: Lifeline = None) -> None:
    """Serve the API alone."""
    from estampe.cli.serve import serve

    serve(_begin(config, lifeline, port=port, data_dir=data_dir))


@app.command
def worker(
    *,
    models: Annotated[str | None, Parameter(name="--models", help="Make these alone (a,b); default: all.")] = None,
    concurrency: Annotated[int | None, Parameter(name="--concurrency", help="Batches at a time (1).")] = None,
    data_dir: DataDir = None,
    config: Config = None,
    lifeline: Lifeline = None,
) -> None:
    """Run one worker: it takes jobs from the queue, on any machine that reaches the database and the store.

    SIGTERM or Ctrl-C: it takes nothing more, ends what it runs within `drain_seconds`, and hands back the rest.
    """
    from estampe.cli.work import work

    flags = {"worker_models": models, "worker_concurrency": concurrency, "data_dir": data_dir}
    work(_begin(config, lifeline, **flags))


@app.command
def generate(
    prompt: str,
    *,
    out: Annotated[
        Path | None,
        Parameter(help="Where to write it, in the format of its extension (default: named after the prompt, here)."),
    ] = None,
    video: Annotated[bool, Parameter(negative="", help="Make a clip.")] = False,
    seed: int | None = None,
    model: str | None = None,
    token: Annotated[str | None, Parameter(help="Whom to ask as (default: this machine's own user).")] = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Make a picture or a clip from a sentence and write it to a file."""
    from estampe.cli.generate import Wish
    from estampe.cli.generate import generate as make

    settings = _begin(config, port=port, data_dir=data_dir, token=token)
    wish = Wish(prompt=prompt, out=out, kind="video" if video else "image", seed=seed, model=model)
    if make(settings, wish) is not Status.SUCCEEDED:
        sys.exit(FAILED)


@app.command
def token(
    *,
    user: str,
    org: str | None = None,
    role: str = "member",
    ttl: Annotated[int, Parameter(help="Seconds until it expires.")] = 60,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Print a token of the local issuer."""
    from estampe.cli.sign_in import local_token

    settings = _begin(config, data_dir=data_dir)
    print(local_token(settings, user, org, role=role, ttl_seconds=ttl))


@app.command
def link(
    *,
    user: Annotated[str | None, Parameter(help="Who it signs in: somebody else than this machine's owner.")] = None,
    org: Annotated[str, Parameter(help="As what they work; alone where it is empty.")] = "org_local",
    role: str | None = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Print a link that signs a person in once: the owner as admin, or a colleague as member."""
    from estampe.cli.sign_in import USER, Whom, printed_link

    role = role or ("admin" if user is None else "member")
    whom = Whom(user or USER, org or None, f"org:{role.removeprefix('org:')}")
    print(printed_link(_begin(config, port=port, data_dir=data_dir), whom))


@app.command
def migrate(*, data_dir: DataDir = None, config: Config = None) -> None:
    """Bring the database up to this version."""
    from estampe import bootstrap, checks

    settings = _begin(config, data_dir=data_dir)
    checks.prepare(settings)
    with bootstrap.database_url(settings) as url:
        applied = bootstrap.migrated_once_there(url)
    print("\n".join(applied) or "nothing to do")


@app.command
def doctor(*, port: Port = None, data_dir: DataDir = None, config: Config = None) -> None:
    """Say what works here, what is missing, and how to mend it."""
    from estampe.cli.doctor import examine

    if not examine(_begin(config, port=port, data_dir=data_dir)):
        sys.exit(FAILED)


@app.command
def store(*, data_dir: DataDir = None, config: Config = None) -> None:
    """Try the store: keep, read and erase a small file."""
    from estampe import bootstrap, checks

    settings = _begin(config, data_dir=data_dir)
    checks.prepare(settings)
    bootstrap.try_store(settings)


app.command("estampe.cli.erase:app", name="erase", help="Erase who left for good, or see who is about to be.")
app.command("estampe.cli.keys:app", name="keys", help="API keys: make, list and withdraw them.")


ledger = App(name="ledger", help="What was used, by whom.")
limits = App(name="limits", help="What one tenant may use, beside its plan.")
app.command(ledger)
app.command(limits)

TenantId = Annotated[str, Parameter(help="The tenant's id (`GET /api/me` tells it).")]


@ledger.command
def check(*, data_dir: DataDir = None, config: Config = None) -> None:
    """Prove that ledger, jobs, outputs and counters agree: a line for each place where they do not."""
    from estampe.cli.ledger import check as agrees

    if not agrees(_begin(config, data_dir=data_dir)):
        sys.exit(FAILED)


@limits.command
def show(tenant: TenantId, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Print what was set for a tenant."""
    from estampe.cli.ledger import show as print_limits

    print_limits(_begin(config, data_dir=data_dir), tenant)


@limits.command(name="set")
def set_(
    tenant: TenantId,
    *,
    plan: str | None = None,
    quota: Annotated[list[str] | None, Parameter(help="unit=number, or unit=unlimited; may be repeated.")] = None,
    max_queued: int | None = None,
    max_running: int | None = None,
    weight: Annotated[float | None, Parameter(help="Its share of busy workers, next to the others' 1.")] = None,
    period: Literal["day", "month"] | None = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Give a tenant another plan, or other numbers in it; what was set before is replaced."""
    from estampe.cli.ledger import change, stated

    said = stated(quotas=quota or [], max_queued=max_queued, max_running=max_running, weight=weight, period=period)
    change(_begin(config, data_dir=data_dir), tenant, plan, said)


@limits.command
def clear(tenant: TenantId, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Hold a tenant to its plan again."""
    from estampe.cli.ledger import clear as forget

    forget(_begin(config, data_dir=data_dir), tenant)


def main() -> None:
    """Run the command; what is refused ends as one line, in the person's language."""
    try:
        app()
    except InvalidSetting as error:
        _say(error)
        sys.exit(REFUSED)
    except EstampeError as error:
        _say(error)
        sys.exit(FAILED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)


def _say(error: EstampeError) -> None:
    print(f"estampe: {in_words(error)}", file=sys.stderr)
