"""deploy/k8s: valid for two versions of Kubernetes, every rule kept, every break of one noticed."""

import importlib.util
import math
import shutil
import subprocess
import sysconfig
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from csm.settings import load
from csm.streams import DURABLES
from csm_cli.secrets import keys, make_all
from csm_cli.services import SERVICES
from deployment import ROOT, read, settings_of
from manifest_policy import RULES, Objects, all_of, named

K8S = ROOT / "deploy/k8s"
OVERLAYS = sorted(path.name for path in (K8S / "overlays").iterdir())
VERSIONS = ("1.31", "1.36")
# Resources of KEDA and of the Prometheus operator, whose schemas Kubernetes does not bring.
FOREIGN = {"ScaledObject", "PodMonitor"}


@cache
def _rendered(overlay: str) -> Objects:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on this machine: overlays are not rendered")
    run = subprocess.run(  # noqa: S603 - kubectl on our own folder
        [kubectl, "kustomize", K8S / "overlays" / overlay],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return [one for one in yaml.safe_load_all(run.stdout) if one]


@cache
def _written() -> Objects:
    """Every object of every file, as it stands there: for machines without kubectl."""
    files = [p for p in K8S.rglob("*.yaml") if p.name != "kustomization.yaml"]
    objects = [one for p in sorted(files) for one in yaml.safe_load_all(p.read_text())]
    return [one for one in objects if one]


def rendered(overlay: str) -> Objects:
    """A copy that a test may break."""
    return deepcopy(_rendered(overlay))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_written_object_fits_the_strict_schema(version: str) -> None:
    for one in _written():
        if one["kind"] not in FOREIGN:
            kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_rendered_object_fits_the_strict_schema(overlay: str, version: str) -> None:
    for one in _rendered(overlay):
        assert one["kind"] == "Namespace" or one["metadata"]["namespace"] == "csm"
        if one["kind"] not in FOREIGN:
            kubernetes_validate.validate(one, version, strict=True)


def test_a_misspelt_field_is_no_schemas_friend() -> None:
    broken = deepcopy(named(_written(), "Deployment", "classifier"))
    broken["spec"]["template"]["spec"]["terminationGracePeriod"] = 5
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[0], strict=True)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_rule_is_kept(overlay: str, rule: str) -> None:
    assert list(RULES[rule].rule(_rendered(overlay))) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_break_of_a_rule_is_noticed(rule: str) -> None:
    objects = rendered("prod") if shutil.which("kubectl") else deepcopy(_written())
    before = list(RULES[rule].rule(objects))
    RULES[rule].breaks(objects)
    assert set(RULES[rule].rule(objects)) - set(before)


# What holds of a file before kustomize has filled tags and names of ConfigMaps in.
_OF_FILES = ("root", "seccomp", "escalation", "capabilities", "read-only", "token", "resources",
             "probes", "grace", "rolling", "spread", "secrets", "variables", "ports")  # fmt: skip


@pytest.mark.parametrize("rule", _OF_FILES)
def test_the_files_keep_the_rules_without_kubectl(rule: str) -> None:
    assert list(RULES[rule].rule(_written())) == []


def test_the_files_of_services_are_those_of_the_code() -> None:
    spec = importlib.util.spec_from_file_location("make", K8S / "make.py")
    assert spec is not None
    assert spec.loader is not None
    make: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    for path, text in make.manifests().items():
        assert (K8S / path).read_text() == text, "python deploy/k8s/make.py"


def test_copies_are_true() -> None:
    for copy, original in (
        ("csm.toml", "demo.toml"), ("nats.conf", "nats.conf"),
        ("postgres-init.sh", "postgres-init.sh"),
    ):  # fmt: skip
        mine = (K8S / "overlays/dev" / copy).read_text()
        assert mine == (ROOT / "deploy/compose" / original).read_text()


@pytest.mark.parametrize("path", ["base/csm.toml", "overlays/prod/csm.toml"])
def test_the_settings_of_the_manifests_are_accepted(path: str, tmp_path: Path) -> None:
    list(make_all(tmp_path / "secrets"))
    config = tmp_path / "csm.toml"
    config.write_text((K8S / path).read_text().replace("/run/secrets", str(tmp_path / "secrets")))
    for model in SERVICES:
        load(model, config)


def test_more_classifiers_than_work_are_never_started() -> None:
    scaled = read("deploy/k8s/components/autoscale-classifier/scaledobject.yaml")["spec"]
    durable = next(d for d in DURABLES if d.name == scaled["triggers"][0]["metadata"]["consumer"])
    section = settings_of("classifier").model_fields["classifier"].annotation
    assert section is not None
    workers = section.model_fields["workers"].default
    assert scaled["triggers"][0]["metadata"]["lagThreshold"] == str(workers)
    assert scaled["maxReplicaCount"] == math.ceil(durable.max_ack_pending / workers)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_and_passwords_are_in_no_overlay(overlay: str) -> None:
    assert list(all_of(_rendered(overlay), "Secret")) == []


@pytest.mark.parametrize("path", ["deploy/compose/nats.conf", "deploy/k8s/base/nats/nats.conf"])
def test_nats_itself_accepts_its_configuration(path: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / path, tmp_path / "nats.conf")
    shutil.copy(K8S / "base/nats/users.conf", tmp_path)
    (tmp_path / "secrets").mkdir()
    environment = {**keys(tmp_path / "secrets"), "POD_NAME": "nats-0"}
    server = Path(sysconfig.get_path("scripts")) / "nats-server"
    run = subprocess.run(  # noqa: S603 - the server of our own environment
        [server, "-t", "-c", tmp_path / "nats.conf"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
