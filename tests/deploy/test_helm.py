"""The Helm chart: every manifest is valid, and what the chart promises is in what it renders."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from sparewheel.rag.settings import load_settings

ROOT = Path(__file__).parents[2]
CHART = "deploy/helm/sparewheel"
EXAMPLES = sorted((ROOT / "deploy/helm/examples").glob("*.yaml"))
NAMES = ["defaults", *(path.stem for path in EXAMPLES)]
OPERATORS = {"ServiceMonitor", "PrometheusRule"}  # custom resources: Kubernetes has no schema of them
WORKLOADS = {"hybrid": ["sw-api", "sw-ui"], "one-node": ["sw-api"]}


@pytest.fixture(scope="module")
def rendered(helm) -> dict[str, dict[tuple[str, str], dict[str, Any]]]:
    """values -> (kind, name) -> manifest, of the defaults and of every example."""
    found = {}
    for name, file in zip(NAMES, [None, *EXAMPLES], strict=True):
        done = helm("template", "sw", CHART, *(["-f", str(file)] if file else []))
        assert done.returncode == 0, done.stderr
        documents = [document for document in yaml.safe_load_all(done.stdout) if document]
        found[name] = {(each["kind"], each["metadata"]["name"]): each for each in documents}
    return found


def container(manifest: dict[str, Any]) -> dict[str, Any]:
    (only,) = manifest["spec"]["template"]["spec"]["containers"]
    return only


def environment(manifest: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(manifest)["env"] if "value" in each}


@pytest.mark.parametrize("name", NAMES)
def test_the_chart_lints(helm, name: str) -> None:
    """With the defaults and with every example."""
    file = [path for path in EXAMPLES if path.stem == name]
    done = helm("lint", "--strict", CHART, *(["-f", str(file[0])] if file else []))
    assert (done.returncode, "0 chart(s) failed" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize("version", ["1.30", "1.34", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("name", NAMES)
def test_every_manifest_is_strictly_valid(rendered, name: str, version: str) -> None:
    """From the oldest Kubernetes that the chart takes to the newest known one; no unknown property."""
    checked = [key for key in rendered[name] if key[0] not in OPERATORS]
    for key in checked:
        kubernetes_validate.validate(rendered[name][key], version, strict=True)
    assert len(checked) >= 6


def test_a_wrong_manifest_would_be_noticed(rendered) -> None:
    """The check above can fail: a misspelt property is refused."""
    manifest = json.loads(json.dumps(rendered["hybrid"]["Deployment", "sw-api"]))
    manifest["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(manifest, "1.34", strict=True)


@pytest.mark.parametrize(("values", "workload"), [(v, w) for v, names in WORKLOADS.items() for w in names])
def test_a_new_pod_is_ready_before_an_old_one_stops(rendered, values: str, workload: str) -> None:
    """Surge 1, unavailable 0, all three probes, and more time to stop than wait, notice and drain take together."""
    deployment = rendered[values]["Deployment", workload]
    pod = deployment["spec"]["template"]["spec"]
    strategy = deployment["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container(deployment))
    wait_s = container(deployment)["lifecycle"]["preStop"]["sleep"]["seconds"]
    shutdown_delay_s, drain_s = (
        float(environment(deployment).get(f"SPAREWHEEL_API__{n}_S", 5)) for n in ("NOTICE", "DRAIN")
    )
    assert wait_s > 0 < shutdown_delay_s
    assert pod["terminationGracePeriodSeconds"] > wait_s + shutdown_delay_s + drain_s


def test_the_probes_ask_what_the_program_answers(rendered) -> None:
    """The paths are the API's own routes."""
    from sparewheel.app.api.health import router

    routes = {route.path for route in router.routes}
    api = container(rendered["hybrid"]["Deployment", "sw-api"])
    assert api["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert {api[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")} <= routes


@pytest.mark.parametrize(("values", "workload"), [(v, w) for v, names in WORKLOADS.items() for w in names])
def test_pods_have_no_rights(rendered, values: str, workload: str) -> None:
    """Not root, root file system read-only, no capabilities, seccomp, no service account token; limits are set."""
    pod = rendered[values]["Deployment", workload]["spec"]["template"]["spec"]
    only = container(rendered[values]["Deployment", workload])
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    own = pod["securityContext"]
    assert (own["runAsNonRoot"], own["runAsUser"], own["seccompProfile"]) == (True, 10001, {"type": "RuntimeDefault"})
    assert pod["automountServiceAccountToken"] is False
    assert {"requests", "limits"} == set(only["resources"])


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_a_setting(rendered, name: str, tmp_path: Path) -> None:
    """The program takes the rendered environment and settings file as they are; an unknown key would be refused."""
    toml = tmp_path / "sparewheel.toml"
    toml.write_text(rendered[name]["ConfigMap", "sw"]["data"]["sparewheel.toml"], encoding="utf-8")
    for (kind, _), manifest in rendered[name].items():
        if kind == "Deployment":
            given = {key: value for key, value in environment(manifest).items() if key != "SPAREWHEEL_CONFIG"}
            settings = load_settings(toml, env=given)
            users_file = "" if name == "postgres" else "/run/secrets/sparewheel/users.toml"  # accounts are in it
            assert (settings.data_folder, settings.api.users_file) == ("/data", users_file)
            assert settings.retrieve.evidence_k == (6 if name == "hybrid" else 8)


def test_the_endpoints_arrive_with_their_key_files(rendered) -> None:
    """PRIMARY_ENDPOINT and SECONDARY_ENDPOINT in this order, each key read from the mounted secret."""
    settings = load_settings(
        os.devnull, env=environment(rendered["hybrid"]["Deployment", "sw-api"]) | {"SPAREWHEEL_CONFIG": ""}
    )
    assert {name: (e.url, e.model, e.key, e.key_file) for name, e in settings.endpoint.items()} == {
        "primary": ("https://api.deepseek.com", "deepseek-flash", "", "/run/secrets/sparewheel/primary-key"),
        "secondary": ("https://llm.example.com/v1", "another-model", "", "/run/secrets/sparewheel/secondary-key"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_is_rendered(rendered, name: str) -> None:
    """The chart makes no Secret, and neither ConfigMap nor environment holds a key: only paths of files."""
    assert [key for key in rendered[name] if key[0] == "Secret"] == []
    for (kind, _), manifest in rendered[name].items():
        if kind == "ConfigMap":
            assert "key" not in "".join(manifest["data"].values()).lower()
        if kind == "Deployment":
            assert [n for n in environment(manifest) if n.endswith("_KEY") or "PASSWORD" in n or "TOKEN" in n] == []
            volumes = {each["name"]: each for each in manifest["spec"]["template"]["spec"]["volumes"]}
            assert volumes["secrets"]["secret"]["secretName"] == "sparewheel"


def test_only_dns_and_the_endpoints_ports_are_open(rendered) -> None:
    """Egress to DNS in kube-system, and to the two endpoints' ports outside the cluster; nothing else."""
    policy = rendered["hybrid"]["NetworkPolicy", "sw"]["spec"]
    dns, out = policy["egress"]
    assert [port["port"] for port in dns["ports"]] == [53, 53]
    assert [port["port"] for port in out["ports"]] == [443, 8443]
    assert "10.0.0.0/8" in out["to"][0]["ipBlock"]["except"]
    assert [len(rule) for rule in rendered["defaults"]["NetworkPolicy", "sw"]["spec"]["egress"]] == [2]  # DNS alone


def test_of_sensitive_documents_nothing_leaves(rendered, helm) -> None:
    """No egress at all, no endpoint in the environment; and an endpoint beside it is refused, with the reason."""
    policy = rendered["sensitive"]["NetworkPolicy", "sw"]["spec"]
    assert (policy["egress"], policy["policyTypes"]) == ([], ["Ingress", "Egress"])
    for workload in ("sw-api", "sw-ui"):
        assert [n for n in environment(rendered["sensitive"]["Deployment", workload]) if "ENDPOINT" in n] == []
    for value in ("endpoints.primary.url=https://x.example", "networkPolicy.enabled=false"):
        refused = helm("template", "sw", CHART, "-f", "deploy/helm/examples/sensitive.yaml", "--set", value)
        assert (refused.returncode, "sensitivity is high" in refused.stderr) == (1, True)


def test_a_session_stays_with_its_pod(rendered) -> None:
    """The page's Service by address, the ingress by cookie; the API needs neither."""
    assert rendered["hybrid"]["Service", "sw-ui"]["spec"]["sessionAffinity"] == "ClientIP"
    assert "sessionAffinity" not in rendered["hybrid"]["Service", "sw-api"]["spec"]
    assert (
        rendered["hybrid"]["Ingress", "sw"]["metadata"]["annotations"]["nginx.ingress.kubernetes.io/affinity"]
        == "cookie"
    )


def test_selectors_find_their_pods(rendered) -> None:
    """Service, budget and network policy select the pods' labels; the autoscaler names the Deployment."""
    found = rendered["hybrid"]
    labels = found["Deployment", "sw-api"]["spec"]["template"]["metadata"]["labels"]
    budget = found["PodDisruptionBudget", "sw-api"]["spec"]
    for selector in (
        found["Deployment", "sw-api"]["spec"]["selector"]["matchLabels"],
        found["Service", "sw-api"]["spec"]["selector"],
        budget["selector"]["matchLabels"],
        found["NetworkPolicy", "sw"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    scaler = found["HorizontalPodAutoscaler", "sw-api"]["spec"]
    assert (scaler["scaleTargetRef"]["name"], scaler["minReplicas"] > budget["minAvailable"]) == ("sw-api", True)
    assert "replicas" not in found["Deployment", "sw-api"]["spec"]  # the autoscaler's
    assert rendered["one-node"]["Deployment", "sw-api"]["spec"]["replicas"] == 2


def test_the_index_outlives_the_program(rendered) -> None:
    """A claim that uninstalling keeps, mounted at the data folder of both."""
    claim = rendered["hybrid"]["PersistentVolumeClaim", "sw-index"]
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    for workload in ("sw-api", "sw-ui"):
        pod = rendered["hybrid"]["Deployment", workload]["spec"]["template"]["spec"]
        assert pod["volumes"][0] == {"name": "data", "persistentVolumeClaim": {"claimName": "sw-index"}}


def test_the_alerts_are_those_of_the_rule_files(rendered) -> None:
    """Every group of deploy/prometheus/rules, and no other; the monitor scrapes ports that the Services have."""
    files = sorted((ROOT / "deploy/prometheus/rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    found = rendered["hybrid"]
    assert found["PrometheusRule", "sw"]["spec"]["groups"] == groups
    assert groups != []
    ports = {port["name"] for name in ("sw-api", "sw-ui") for port in found["Service", name]["spec"]["ports"]}
    assert {each["port"] for each in found["ServiceMonitor", "sw"]["spec"]["endpoints"]} <= ports
    assert ("ServiceMonitor", "sw") not in rendered["defaults"]


def test_the_dashboard_comes_with_the_monitoring(rendered) -> None:
    """Where Grafana's sidecar looks for it, byte for byte the one that was checked."""
    made = rendered["hybrid"]["ConfigMap", "sw-dashboard"]
    file = ROOT / "deploy/grafana/dashboards/sparewheel.json"
    assert made["data"] == {file.name: file.read_text(encoding="utf-8")}
    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert ("ConfigMap", "sw-dashboard") not in rendered["defaults"]


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ('sensitivity="secret"', "sensitivity"),
        ("apii.replicas=1", "apii"),
        ('existingSecret=""', "existingSecret"),
        ('settings="[endpoint.x]\\n key = 1"', "settings"),
        ('settings="[endpoint.x]\\n\\"key\\" = 1"', "settings"),
        ("settings=\"[endpoint]\\nx = {url = 'u', 'key' = 'k'}\"", "settings"),
        ('settings="endpoint.x.key=1"', "settings"),
        ('settings="[endpoint.x]\\n\\"k\\\\u0065y\\" = 1"', "settings"),
        ('extraEnv=[{"name": "PRIMARY_ENDPOINT_KEY", "value": "k"}]', "extraEnv"),
        ('image.apiDigest="sha256:12"', "apiDigest"),
        ("api.port=0", "port"),
    ],
)
def test_a_wrong_value_is_refused(helm, value: str, word: str) -> None:
    """The schema names it; a key in the settings, which would land in a ConfigMap, is one of them."""
    refused = helm("template", "sw", CHART, "--set-json", value)
    assert (refused.returncode, word in refused.stderr) == (1, True), refused.stderr


def test_settings_that_name_a_key_file_are_taken(helm) -> None:
    """Only the key itself is refused."""
    text = "[endpoint.x]\nkey_file = '/run/secrets/sparewheel/x'\n"
    taken = helm("template", "sw", CHART, "--set-json", f"settings={json.dumps(text)}")
    assert (taken.returncode, "key_file" in taken.stdout) == (0, True), taken.stderr


def test_what_a_cluster_adds_arrives_in_both_parts_or_in_the_one_meant(rendered) -> None:
    """GPU, digest and nodes of the API alone; certificates, volumes, account and priority of both."""
    api, ui = (rendered["gpu"]["Deployment", name] for name in ("sw-api", "sw-ui"))
    of_api, of_ui = (each["spec"]["template"]["spec"] for each in (api, ui))
    assert container(api)["image"] == "sparewheel-api@sha256:" + 64 * "0"
    assert ":" in container(ui)["image"].removeprefix("sparewheel-ui@")
    assert container(api)["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert (of_api["runtimeClassName"], of_api["nodeSelector"]) == ("nvidia", {"nvidia.com/gpu.present": "true"})
    assert ("runtimeClassName" in of_ui, "nodeSelector" in of_ui, "tolerations" in of_ui) == (False, False, False)
    for manifest, pod in ((api, of_api), (ui, of_ui)):
        assert (pod["serviceAccountName"], pod["priorityClassName"]) == ("sparewheel", "business-critical")
        mounts = {each["name"]: each["mountPath"] for each in container(manifest)["volumeMounts"]}
        assert {"ca", "models"} <= {volume["name"] for volume in pod["volumes"]}
        assert (mounts["models"], environment(manifest)["SSL_CERT_FILE"]) == ("/models", f"{mounts['ca']}/ca.crt")
        assert environment(manifest)["HTTPS_PROXY"] == "http://proxy.example:3128"
        assert manifest["spec"]["template"]["metadata"]["labels"]["team"] == "legal"
    assert ("CUDA_VISIBLE_DEVICES" in environment(api), "CUDA_VISIBLE_DEVICES" in environment(ui)) == (True, False)


def test_an_organisations_sign_in_is_mounted_where_it_is_looked_for(rendered, helm) -> None:
    """For the page alone; without its secret the chart says so."""
    ui = rendered["gpu"]["Deployment", "sw-ui"]
    assert environment(ui)["SPAREWHEEL_PAGE__SIGN_IN"] == "oidc"
    mounts = {each["name"]: each["mountPath"] for each in container(ui)["volumeMounts"]}
    assert mounts["oidc"].endswith("/.streamlit/secrets.toml")
    assert "oidc" not in {each["name"] for each in container(rendered["gpu"]["Deployment", "sw-api"])["volumeMounts"]}
    refused = helm("template", "sw", CHART, "--set", "ui.signIn=oidc")
    assert (refused.returncode, "ui.oidcSecret" in refused.stderr) == (1, True)


def test_three_endpoints_and_the_ports_of_their_addresses(rendered) -> None:
    """A port written in the address is opened, else that of its scheme."""
    settings = load_settings(
        os.devnull, env=environment(rendered["gpu"]["Deployment", "sw-api"]) | {"SPAREWHEEL_CONFIG": ""}
    )
    assert list(settings.endpoint) == ["primary", "secondary", "tertiary"]
    _, out = rendered["gpu"]["NetworkPolicy", "sw"]["spec"]["egress"]
    assert [port["port"] for port in out["ports"]] == [443, 8443, 80]


def test_several_names_lead_to_the_same_paths(rendered) -> None:
    """Each host has the API and the page, and the certificate is for all."""
    ingress = rendered["gpu"]["Ingress", "sw"]["spec"]
    assert [rule["host"] for rule in ingress["rules"]] == ["ask.example.org", "ask.intranet.example"]
    assert ingress["tls"][0]["hosts"] == ["ask.example.org", "ask.intranet.example"]
    assert [len(rule["http"]["paths"]) for rule in ingress["rules"]] == [2, 2]


def test_below_a_path_both_parts_are_told(helm) -> None:
    """The ingress leads there, and page and API know it; a path is refused that is none."""
    done = helm("template", "sw", CHART, "-f", str(EXAMPLES[0]), "--set", "ingress.enabled=true,ingress.path=/law")
    found = {(each["kind"], each["metadata"]["name"]): each for each in yaml.safe_load_all(done.stdout) if each}
    (rule, *_) = found["Ingress", "sw"]["spec"]["rules"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/law/v1", "/law"]
    settings = {
        part: load_settings(os.devnull, env=environment(found["Deployment", f"sw-{part}"]) | {"SPAREWHEEL_CONFIG": ""})
        for part in ("api", "ui")
    }
    assert (settings["api"].api.root_path, settings["ui"].page.root) == ("/law", "/law")
    assert helm("template", "sw", CHART, "--set", "ingress.path=law").returncode == 1


def test_with_a_database_nothing_is_shared_by_files(rendered, helm) -> None:
    """The address comes from its Secret, no volume is claimed, accounts are not read from a file, and the way to the
    database is open, for sensitive documents too; nothing else is then."""
    found = rendered["postgres"]
    assert [key for key in found if key[0] == "PersistentVolumeClaim"] == []
    for part in ("api", "ui"):
        deployment = found["Deployment", f"sw-{part}"]
        given = {each["name"]: each for each in container(deployment)["env"]}
        secret = {"secretKeyRef": {"name": "sparewheel-db-app", "key": "uri"}}
        assert (given["SPAREWHEEL_STORE"]["valueFrom"], "SPAREWHEEL_API__USERS_FILE" in given) == (secret, False)
        (data,) = (each for each in deployment["spec"]["template"]["spec"]["volumes"] if each["name"] == "data")
        assert data["emptyDir"] == {"sizeLimit": "20Gi"}
    options = ("--set", "sensitivity=high,postgres.urlSecret=db,postgres.namespace=data,endpoints.primary.url=")
    done = helm("template", "sw", CHART, *options)
    policies = [each for each in yaml.safe_load_all(done.stdout) if each and each["kind"] == "NetworkPolicy"]
    ports = [port["port"] for rule in policies[0]["spec"]["egress"] for port in rule["ports"]]
    assert ports == [5432, 53, 53]


def test_the_example_of_a_database_is_what_the_example_of_values_names() -> None:
    """CloudNativePG calls the Secret of the owner <cluster>-app."""
    cluster = yaml.safe_load((ROOT / "deploy/kubernetes/cloudnative-pg.yaml").read_text())
    values = yaml.safe_load((ROOT / "deploy/helm/examples/postgres.yaml").read_text())
    assert values["postgres"]["urlSecret"] == f"{cluster['metadata']['name']}-app"
    assert (
        "CREATE EXTENSION IF NOT EXISTS vector" in cluster["spec"]["bootstrap"]["initdb"]["postInitApplicationSQL"][0]
    )
