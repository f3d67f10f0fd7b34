"""The files of `deploy/` as the tools that run them would read them."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"

_WISHED = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class Instruction(NamedTuple):
    """One line of a Dockerfile, its continuations joined."""

    verb: str
    said: str


def dockerfile() -> list[Instruction]:
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def said(verb: str) -> list[str]:
    return [instruction.said for instruction in dockerfile() if instruction.verb == verb]


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in said("ENV") for pair in line.split())


def health_command() -> list[str]:
    (line,) = said("HEALTHCHECK")
    return json.loads(line[line.index("[") :])


def compose(*names: str, **outside: str) -> dict[str, dict[str, Any]]:
    """The services, later files over earlier ones, `${NAME}` filled in from `outside`."""
    services: dict[str, dict[str, Any]] = {}
    for name in names:
        text = (DEPLOY / name).read_text("utf-8")
        document = yaml.safe_load(_WISHED.sub(lambda wish: _filled(wish, outside), text))
        for service, told in document["services"].items():
            earlier = services.setdefault(service, {})
            environment = {**earlier.get("environment", {}), **told.get("environment", {})}
            services[service] = earlier | told | {"environment": environment}
    return services


def _filled(wish: re.Match[str], outside: dict[str, str]) -> str:
    name, kind, more = wish.groups()
    if name in outside:
        return outside[name]
    assert kind == "-", f"{name} is not said"
    return more


def manifests() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path.name, document)
        for path in sorted(KUBERNETES.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text("utf-8"))
    ]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {document["metadata"]["name"]: document for _, document in manifests() if document["kind"] == kind}


def service_links(pod: dict[str, Any]) -> dict[str, str]:
    """What Kubernetes tells a pod of each Service of its namespace, in the form of Docker's links."""
    told: dict[str, str] = {}
    if not pod.get("enableServiceLinks", True):
        return told
    for name, service in of_kind("Service").items():
        known, host = name.upper().replace("-", "_"), "10.96.0.10"
        ports = service["spec"]["ports"]
        told |= {f"{known}_SERVICE_HOST": host, f"{known}_SERVICE_PORT": str(ports[0]["port"])}
        told[f"{known}_PORT"] = f"tcp://{host}:{ports[0]['port']}"
        for port in ports:
            here = f"{known}_PORT_{port['port']}_TCP"
            told |= {f"{known}_SERVICE_PORT_{port['name'].upper()}": str(port["port"])}
            told |= {here: f"tcp://{host}:{port['port']}", f"{here}_PROTO": "tcp"}
            told |= {f"{here}_PORT": str(port["port"]), f"{here}_ADDR": host}
    return told
