"""Every setting, read once from `estampe.toml` and `ESTAMPE_*`; no other file looks at the environment."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

import msgspec

from estampe.errors import InvalidSetting, Text
from estampe.plans import Plan, Price

PREFIX = "ESTAMPE_"
# Read in place of a settings file by whoever wants none.
NO_FILE = Path(os.devnull)
# Read by clients, who often share a shell or an .env file with the server: passed over, where a slip would be refused.
OF_CLIENTS = frozenset({"ESTAMPE_URL"})
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
IN_PROCESS = "memory"
RATE_LIMIT_STORES = rf"^({IN_PROCESS}|(redis|rediss|valkey|valkeys)://.+)$"
LONGEST_HOLD_BACK_DAYS = 3650

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
# RFC 6749, section 3.3: several are told apart by spaces.
ScopeName = Annotated[str, msgspec.Meta(pattern=r"^[!#-\[\]-~]+$", max_length=255)]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Named like the field's variables; a docs page explains each (docs/settings.md)."""

    host: str = "127.0.0.1"
    port: Port = 9006
    public_url: str | None = None
    data_dir: Path = Path(".estampe")
    database_url: str | None = None
    postgres_bin: Path | None = None
    server: Literal["granian", "uvicorn"] = "granian"
    api_processes: Positive = 1
    worker_processes: Annotated[int, msgspec.Meta(ge=0)] = 1
    engines: tuple[str, ...] = ("vignette",)
    store: str = "disk"
    s3_bucket: str | None = None
    s3_prefix: str = ""
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_access_key_id: str | None = None
    s3_secret_access_key: str | None = None
    s3_public_endpoint: str | None = None
    identity: tuple[str, ...] = ("api_key", "local", "clerk", "oidc")
    local_sign_in: bool | None = None
    clerk_publishable_key: str | None = None
    clerk_jwt_key: str | None = None
    clerk_issuer: str | None = None
    clerk_authorized_parties: tuple[str, ...] = ()
    oidc_issuer: tuple[str, ...] = ()
    oidc_audience: tuple[str, ...] = ()
    oidc_client_id: tuple[str, ...] = ()
    oidc_scopes: tuple[ScopeName, ...] = ("openid", "profile", "email")
    oidc_organization_claim: str = "org_id"
    oidc_roles_claim: str = "roles"
    accepted_tokens: tuple[Literal["session", "oauth", "m2m"], ...] = ("session",)
    key_step_up_seconds: Positive | None = None
    operators: tuple[str, ...] = ()
    local_operator: bool | None = None
    allowed_origins: tuple[str, ...] = ()
    webhook_private_addresses: bool = False
    signing_secret: str | None = None
    asset_url_seconds: Positive = 3600
    token_seconds: Positive = 60
    session_days: Positive = 30
    max_body_bytes: Positive = 1024 * 1024
    max_upload_bytes: Positive = 32 * 1024 * 1024
    max_attempts: Positive = 3
    max_watchers: Positive = 6000
    stalled_seconds: Positive = 10
    silence_seconds: Positive = 600
    setup_seconds: Positive = 300
    worker_models: tuple[str, ...] = ()
    worker_concurrency: Annotated[int, msgspec.Meta(ge=1, le=256)] = 1
    drain_seconds: Annotated[int, msgspec.Meta(ge=0)] = 30
    token: str | None = None
    clerk_webhook_secret: str | None = None
    clerk_instance_id: str | None = None
    erasure_hold_back_days: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_HOLD_BACK_DAYS)] = 7
    metrics: Literal["operator", "public", "off"] = "operator"
    auth_event_days: Positive = 30
    refusals_per_minute: Annotated[int, msgspec.Meta(ge=0)] = 60
    trusted_proxies: Annotated[int, msgspec.Meta(ge=0, le=16)] = 0
    requests_per_minute_user: Annotated[int, msgspec.Meta(ge=0)] = 600
    requests_per_minute_tenant: Annotated[int, msgspec.Meta(ge=0)] = 3000
    rate_limit_store: Annotated[str, msgspec.Meta(pattern=RATE_LIMIT_STORES)] = IN_PROCESS
    plans: dict[str, Plan] = {}
    default_plan: str = "default"
    unmeasured_gpu_seconds: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 10.0
    prices: dict[str, Price] = {}
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "EUR"
    openai_model_aliases: dict[str, str] = {}
    openai_wait_seconds: Positive = 540
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def url(self) -> str:
        """Where people reach the API, without a trailing slash."""
        return (self.public_url or f"http://{self.address}").rstrip("/")

    @property
    def address(self) -> str:
        """Host and port, as they stand in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def signs_in_locally(self) -> bool:
        """The printed link works only while nobody else can reach the server, or when asked for."""
        return self.host in LOOPBACK if self.local_sign_in is None else self.local_sign_in

    @property
    def operates_locally(self) -> bool:
        """Whoever holds the printed link runs the machine, while nobody else can reach the server, or when told so."""
        return self.host in LOOPBACK if self.local_operator is None else self.local_operator

    def environment(self) -> dict[str, str]:
        """The variables that make `read` give these settings again, in a process of ours."""
        said = {PREFIX + "CONFIG": str(NO_FILE)}
        for field in msgspec.structs.fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if isinstance(value, Path):
                value = value.absolute()
            said[PREFIX + field.name.upper()] = _written(value)
        return said


def read(environment: Mapping[str, str] = os.environ, file: Path | None = None, **overrides: Any) -> Settings:
    """Flags over environment over file over defaults. Raises `InvalidSetting` that names the culprit."""
    named = file or environment.get(PREFIX + "CONFIG") or None
    path = Path(named or "estampe.toml")
    values: dict[str, tuple[Any, str]] = {}
    for name, value in _from_file(path, required=named is not None).items():
        values[name] = (value, f"{name} in {path}")
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable not in _NOT_SETTINGS and text != "":
            values[variable[len(PREFIX) :].lower()] = (text, variable)
    for name, value in overrides.items():
        if value is not None:
            values[name] = (value, "--" + name.replace("_", "-"))
    return Settings(**{name: _converted(name, value, said) for name, (value, said) in values.items()})


def _from_file(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if required:
            raise InvalidSetting(Text(f"{path} does not exist", f"{path} n'existe pas")) from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSetting(Text(f"{path} cannot be read: {error}", f"{path} est illisible : {error}")) from None


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return ",".join(value) or "," if isinstance(value, tuple) else str(value)


_TYPES = {field.name: field.type for field in msgspec.structs.fields(Settings)}
_NOT_SETTINGS = OF_CLIENTS | {PREFIX + "CONFIG"}
_FLAGS = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def _table(text: str) -> Any:
    """A table of the settings file as a variable holds it: JSON. What is not JSON is refused as a text is."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _converted(name: str, value: Any, said: str) -> Any:
    wanted = _TYPES.get(name)
    if wanted is None:
        raise InvalidSetting(Text(f"{said} is not a setting", f"{said} n'est pas un réglage"))
    if isinstance(value, str):
        if get_origin(wanted) is tuple:
            value = [part.strip() for part in value.split(",") if part.strip()]
        elif wanted in {bool, bool | None}:
            value = _FLAGS.get(value.strip().lower(), value)
        elif get_origin(wanted) is dict:
            value = _table(value)
    if isinstance(value, Path):
        value = str(value)
    try:
        return msgspec.convert(value, wanted, strict=False, dec_hook=lambda kind, text: kind(text))
    except msgspec.ValidationError as error:
        raise InvalidSetting(Text(f"{said} is wrong: {error}", f"{said} est incorrect : {error}")) from None
