"""What the settings ask for must be there: looked at before anything starts, and told in one line."""

import errno
import secrets
import socket
from urllib.parse import urlsplit

from estampe import plugins
from estampe.errors import InvalidSetting, Text
from estampe.media import kinds
from estampe.plans import GPU_SECONDS
from estampe.settings import IN_PROCESS, Settings


def prepare(settings: Settings) -> None:
    """The plugins that the settings name, and the data folder, there and writable. Raises `InvalidSetting`."""
    plugins.require("engines", settings.engines)
    plugins.require("identity", settings.identity)
    plugins.require("stores", [settings.store])
    _require_address(settings)
    _require_secret(settings)
    _require_counts(settings)
    _require_plans(settings)
    _require_known_operators(settings)
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".{secrets.token_hex(8)}"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        why = error.strerror or str(error)
        raise InvalidSetting(
            Text(
                f"the data folder {folder} cannot be written: {why}. Choose another with --data-dir.",
                f"le dossier de données {folder} n'est pas accessible en écriture : {why}. "
                "Choisissez-en un autre avec --data-dir.",
            )
        ) from error


def require_port(settings: Settings) -> None:
    """Raises `InvalidSetting` for a port that is taken or forbidden, or an address that is not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            if error.errno == errno.EADDRINUSE:
                raise InvalidSetting(
                    Text(
                        f"{where} is in use: stop what listens there, or choose another port with --port",
                        f"{where} est occupé : arrêtez ce qui y écoute, ou choisissez un autre port avec --port",
                    )
                ) from None
            why = error.strerror
            raise InvalidSetting(
                Text(f"cannot listen on {where}: {why}", f"écoute impossible sur {where} : {why}")
            ) from None


def units() -> set[str]:
    """What quotas may be in."""
    return {GPU_SECONDS, *(f"{kind.unit}s" for kind in kinds().values())}


def _require_address(settings: Settings) -> None:
    """Raises `InvalidSetting` for a `public_url` that no link can begin with."""
    said = settings.public_url
    if said is None:
        return
    try:
        parts = urlsplit(said)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port)
    except ValueError:
        is_address = False
    if not is_address or parts.query or parts.fragment:
        raise InvalidSetting(
            Text(
                f"public_url “{said}” is no address like https://images.example.com",
                f"public_url « {said} » n'est pas une adresse comme https://images.example.com",
            )
        )


def _require_secret(settings: Settings) -> None:
    """Raises `InvalidSetting` for an empty key: anyone could sign links with it."""
    if settings.signing_secret is not None and not settings.signing_secret.strip():
        raise InvalidSetting(
            Text(
                "signing_secret is empty: give it a long random text, or leave it out",
                "signing_secret est vide : donnez-lui un long texte aléatoire, ou ne l'indiquez pas",
            )
        )


def _require_counts(settings: Settings) -> None:
    if settings.rate_limit_store != IN_PROCESS:
        from estampe.http import rates  # noqa: PLC0415 - it loads the whole API, which a worker does without

        rates.storage_class()


def _require_plans(settings: Settings) -> None:
    """Raises `InvalidSetting` for a quota in a unit that nothing is counted in, and for a default that is no plan."""
    if settings.plans and settings.default_plan not in settings.plans:
        name, known = settings.default_plan, ", ".join(sorted(settings.plans))
        raise InvalidSetting(
            Text(
                f"default_plan “{name}” is none of the plans ({known})",
                f"default_plan « {name} » ne figure pas parmi les offres ({known})",
            )
        )
    wanted = {unit for plan in settings.plans.values() for unit in plan.quotas}
    for unit in sorted(wanted - units()) if wanted else ():
        known = ", ".join(sorted(units()))
        raise InvalidSetting(
            Text(f"plans: there is no unit “{unit}” ({known})", f"plans : il n'y a pas d'unité « {unit} » ({known})")
        )


def _require_known_operators(settings: Settings) -> None:
    """Raises `InvalidSetting` for a bare id where several issuers, who do not know of each other, may give it out."""
    clerk = settings.clerk_publishable_key or settings.clerk_issuer or settings.clerk_jwt_key
    if len(settings.oidc_issuer) + bool(clerk) < 2:  # noqa: PLR2004 - several
        return
    for name in settings.operators:
        if "#" not in name:
            raise InvalidSetting(
                Text(
                    f"operators: of several issuers, say whose “{name}” is meant: https://issuer.example#{name}",
                    f"operators : entre plusieurs émetteurs, dites de qui est « {name} » : "
                    f"https://emetteur.example#{name}",
                )
            )
