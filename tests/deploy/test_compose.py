"""docker-compose.yml: every service of the code, hardened, with its own secrets and no other's."""

import re
from pathlib import Path
from typing import Any

import pytest

from csm.settings import load
from csm_cli.roles import DESK, MODEL, ROLES
from csm_cli.secrets import FOREIGN, make_all
from csm_cli.services import SERVICES, names
from deployment import ROOT, foreign_secrets, foreign_variables, read

COMPOSE = read("docker-compose.yml")
SERVED: dict[str, Any] = COMPOSE["services"]
OURS = (*names(), "provision", "cli", "gmail", "freescout", "llm")


def of(service: str) -> set[str]:
    """The secrets that a container sees."""
    return set(SERVED[service].get("secrets", ()))


def test_every_service_of_the_code_is_there() -> None:
    assert set(names()) <= set(SERVED)


@pytest.mark.parametrize("service", OURS)
def test_what_is_ours_runs_hardened(service: str) -> None:
    container = SERVED[service]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["image"].startswith("${CSM_IMAGE:-csm}/")
    # Handlers get 20 s at a shutdown.
    assert int(container["stop_grace_period"].removesuffix("s")) > 30
    assert "privileged" not in container
    assert "user" not in container


@pytest.mark.parametrize("service", names())
def test_a_service_is_built_configured_and_started_after_provisioning(service: str) -> None:
    container = SERVED[service]
    assert container["build"]["target"] == service
    url = f"CSM_{service.upper()}__DATABASE_URL_FILE"
    assert container["environment"][url] == f"/run/secrets/{service}-database-url"
    assert foreign_variables(service, container["environment"]) == []
    assert container["depends_on"]["provision"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("service", names())
def test_a_service_sees_its_own_secrets_and_no_others(service: str) -> None:
    calls = ROLES[service].calls
    wanted = {"install.key", f"{service}.nk", f"{service}-database-url"}
    wanted |= {"freescout-api-key"} if DESK in calls else set()
    wanted |= {"llm-api-key"} if MODEL in calls else set()
    wanted |= {"webhook-secret"} if ROLES[service].webhook_port else set()
    assert wanted <= of(service)
    assert foreign_secrets(service, of(service)) == set()


def test_provision_and_database_know_every_service() -> None:
    urls = {f"{service}-database-url" for service in names()}
    assert urls <= of("provision")
    assert urls <= of("postgres")
    assert "provision.nk" in of("provision")
    assert not any("provision.nk" in of(service) for service in names())
    assert foreign_variables("provision", SERVED["provision"]["environment"]) == []


def test_secrets_are_files_that_the_command_makes(tmp_path: Path) -> None:
    made = {
        *(name.split()[0] for name in make_all(tmp_path)),
        *(p.name for p in tmp_path.iterdir()),
    }
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"${{CSM_SECRETS:-./secrets}}/{name}"}
        assert name in made
    assert set(FOREIGN) <= set(COMPOSE["secrets"])


def test_every_foreign_image_is_a_variable_with_a_pinned_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    example = (ROOT / ".env.example").read_text()
    images = re.findall(r"^    image: \$\{(\w+_IMAGE):-([^}]+)\}$", text, flags=re.MULTILINE)
    assert len(images) == sum(name not in OURS for name in SERVED)
    for variable, default in images:
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", default)
        assert f"# {variable}={default}\n" in example


def test_every_variable_of_the_file_is_explained() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    used = set(re.findall(r"\$\{(\w+)[:}-]", text)) - {"CSM_DEMO_GMAIL_PORT", "CSM_DEMO_DESK_PORT"}
    explained = set(re.findall(r"^# (\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == explained


def test_nothing_listens_beyond_this_machine_by_default() -> None:
    for name, container in SERVED.items():
        for port in container.get("ports", ()):
            assert port.startswith("${CSM_BIND:-127.0.0.1}:"), name


def test_prometheus_looks_at_every_service() -> None:
    (job,) = read("deploy/compose/prometheus.yml")["scrape_configs"]
    (targets,) = job["static_configs"]
    assert targets["targets"] == [f"{name}:{ROLES[name].port}" for name in names()]


def test_the_demos_settings_are_those_of_every_service(tmp_path: Path) -> None:
    list(make_all(tmp_path / "secrets"))
    text = (ROOT / "deploy/compose/demo.toml").read_text()
    config = tmp_path / "csm.toml"
    config.write_text(text.replace("/run/secrets", str(tmp_path / "secrets")))
    for model in SERVICES:
        load(model, config)


def test_the_bus_syncs_before_it_acknowledges() -> None:
    conf = (ROOT / "deploy/compose/nats.conf").read_text()
    assert "sync_interval: always" in conf
    assert 'include "users.conf"' in conf
