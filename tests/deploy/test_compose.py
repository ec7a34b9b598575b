"""The compose file: valid, and at one with the images, Prometheus, Grafana and the program's settings."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import tool

from sparewheel.rag.settings import Api, load_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {"api": "api", "page": "ui"}  # service -> target of the Dockerfile


def test_it_is_a_compose_file() -> None:
    """By the schema of the compose specification."""
    check = [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_is_mounted_exists() -> None:
    """Every file and folder of this repository that a service mounts."""
    mounted = [str(each).split(":")[0] for service in SERVICES.values() for each in service.get("volumes", ())]
    own = [place for place in mounted if place.startswith(".")]
    assert [place for place in own if not (DEPLOY / place).exists()] == []
    assert {place for place in mounted if not place.startswith(".")} == set(COMPOSE["volumes"])
    assert len(own) == 5


@pytest.mark.parametrize("service", sorted(OURS))
def test_our_containers_have_no_rights(service: str) -> None:
    """Read-only, no capabilities, no new privileges, built from this repository, more time to stop than the drain."""
    own = SERVICES[service]
    assert (own["read_only"], own["cap_drop"], own["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert (DEPLOY / own["build"]["context"] / own["build"]["dockerfile"]).is_file()
    assert own["build"]["target"] == OURS[service]
    assert int(own["stop_grace_period"].removesuffix("s")) > Api().shutdown_delay_s + Api().drain_s


@pytest.mark.parametrize("service", sorted(OURS))
def test_every_variable_is_a_setting(service: str) -> None:
    """The program takes the environment as it is, with the keys from files."""
    texts = {
        name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for name, value in SERVICES[service]["environment"].items()
    }
    given = texts | {"PRIMARY_ENDPOINT": "https://api.deepseek.com", "SPAREWHEEL_CONFIG": "/dev/null"}
    settings = load_settings(env=given)
    assert settings.endpoint["primary"].key_file == "/run/secrets/primary-key"
    assert settings.observe.prometheus_url == "http://prometheus:9090"
    assert load_settings(env=texts | {"SPAREWHEEL_CONFIG": "/dev/null"}).endpoint == {}


def test_secrets_are_files() -> None:
    """No value of the file is a secret; each secret is a file that git ignores."""
    names = [name for service in SERVICES.values() for name in service.get("environment", {})]
    assert [name for name in names if re.search(r"(KEY|PASSWORD|TOKEN)$", name)] == []
    files = {secret["file"] for secret in COMPOSE["secrets"].values()}
    assert all(file.startswith("./secrets/") for file in files)
    used = {name for service in SERVICES.values() for name in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])
    assert "*" in (DEPLOY / "secrets/.gitignore").read_text(encoding="utf-8").splitlines()


def test_nothing_is_published_beyond_this_machine() -> None:
    """Every published port is bound to loopback, and the watchers' own network leads nowhere."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["prometheus"]["networks"] == ["inside"]


def test_prometheus_finds_our_services_and_alertmanager() -> None:
    """Its targets are services of this file, at ports that the images expose."""
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    exposed = set(re.findall(r"\d+", " ".join(re.findall(r"^EXPOSE (.+)$", dockerfile(), re.MULTILINE))))
    targets = [
        target for job in config["scrape_configs"] for each in job["static_configs"] for target in each["targets"]
    ]
    assert {target.split(":")[0] for target in targets} == set(OURS)
    assert [target for target in targets if target.split(":")[1] not in exposed] == []
    (told,) = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert told.split(":")[0] in SERVICES


def test_grafana_finds_prometheus_and_its_dashboards() -> None:
    """The data source names the service; the provider's folder is the one that is mounted."""
    provisioning = DEPLOY / "grafana/provisioning"
    source = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text(encoding="utf-8"))
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    provider = yaml.safe_load((provisioning / "dashboards/sparewheel.yml").read_text(encoding="utf-8"))
    folder = provider["providers"][0]["options"]["path"]
    assert f"./grafana/dashboards:{folder}:ro" in SERVICES["grafana"]["volumes"]


def test_every_image_has_a_version() -> None:
    """Nothing is "latest": an upgrade is a change of this file."""
    versions = [re.search(r":\$\{\w+:-(.+)\}$", service["image"]) for service in SERVICES.values()]
    assert all(version and re.search(r"\d", version[1]) for version in versions)


def dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
