"""The rules that every rendered set of manifests keeps, each with a break that it must notice.

A rule looks at a list of Kubernetes objects and yields what is wrong, one line each.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from csm_cli.roles import ROLES
from csm_cli.services import names
from deployment import ROOT, foreign_variables

Object = dict[str, Any]
Objects = list[Object]
Rule = Callable[[Objects], Iterator[str]]
_WORKLOADS = ("Deployment", "StatefulSet", "Job")
_SERVING = ("Deployment", "StatefulSet")
# Seconds that handlers get at a shutdown, and what giving the rest back takes.
_DRAIN = 30
_OURS = {name.replace("_", "-"): name for name in names()}


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule and how to break it."""

    rule: Rule
    breaks: Callable[[Objects], None]


def named(objects: Objects, kind: str, name: str) -> Object:
    """One object."""
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)


def all_of(objects: Objects, *kinds: str) -> Iterator[Object]:
    """Every object of these kinds."""
    return (o for o in objects if o["kind"] in kinds)


def pods(objects: Objects) -> Iterator[tuple[str, Any]]:
    """Name and pod of every workload."""
    for o in all_of(objects, *_WORKLOADS):
        yield o["metadata"]["name"], o["spec"]["template"]["spec"]


def containers(objects: Objects) -> Iterator[tuple[str, Any]]:
    """Name of the workload and each of its containers."""
    for name, pod in pods(objects):
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            yield name, container


def _if(wrong: Iterable[tuple[bool, str]]) -> Iterator[str]:
    return (words for is_wrong, words in wrong if is_wrong)


def restricted_namespace(objects: Objects) -> Iterator[str]:
    """Pod Security refuses what is not restricted."""
    for o in all_of(objects, "Namespace"):
        level = o["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
        yield from _if([(level != "restricted", f"namespace enforces {level}")])


def not_root(objects: Objects) -> Iterator[str]:
    """A numeric user that is not 0: a name cannot be checked by the kubelet."""
    for name, pod in pods(objects):
        context = pod.get("securityContext", {})
        is_well = context.get("runAsNonRoot") is True and (context.get("runAsUser") or 0) > 0
        yield from _if([(not is_well, f"{name} may run as root")])


def seccomp(objects: Objects) -> Iterator[str]:
    """The runtime's own profile."""
    for name, pod in pods(objects):
        profile = pod.get("securityContext", {}).get("seccompProfile", {}).get("type")
        yield from _if([(profile != "RuntimeDefault", f"{name} has no seccomp profile")])


def no_escalation(objects: Objects) -> Iterator[str]:
    """No new privileges."""
    for name, container in containers(objects):
        context = container.get("securityContext", {})
        wrong = context.get("allowPrivilegeEscalation") is not False or context.get("privileged")
        yield from _if([(bool(wrong), f"{name} may gain privileges")])


def no_capabilities(objects: Objects) -> Iterator[str]:
    """All are dropped and none is added."""
    for name, container in containers(objects):
        held = container.get("securityContext", {}).get("capabilities", {})
        yield from _if([(held != {"drop": ["ALL"]}, f"{name} keeps capabilities")])


def read_only(objects: Objects) -> Iterator[str]:
    """Nothing is written but in volumes, and /tmp is one."""
    for name, container in containers(objects):
        is_fixed = container.get("securityContext", {}).get("readOnlyRootFilesystem") is True
        has_tmp = any(m["mountPath"] == "/tmp" for m in container.get("volumeMounts", ()))  # noqa: S108 - the container's
        yield from _if([(not (is_fixed and has_tmp), f"{name} can write to its image")])


def no_token(objects: Objects) -> Iterator[str]:
    """A ServiceAccount of its own that brings no token."""
    accounts = {o["metadata"]["name"]: o for o in all_of(objects, "ServiceAccount")}
    for name, pod in pods(objects):
        account = accounts.get(pod.get("serviceAccountName", "default"), {})
        yield from _if([
            (account.get("automountServiceAccountToken") is not False, f"{name}: account"),
            (pod.get("automountServiceAccountToken") is not False, f"{name} mounts a token"),
        ])  # fmt: skip


def resources(objects: Objects) -> Iterator[str]:
    """Requests of both and a limit of memory; a limit of CPU would slow the event loop."""
    for name, container in containers(objects):
        given = container.get("resources", {})
        is_well = {"cpu", "memory"} <= set(given.get("requests", {})) and set(
            given.get("limits", {})
        ) == {"memory"}
        yield from _if([(not is_well, f"{name} asks for no resources")])


def probes(objects: Objects) -> Iterator[str]:
    """Three of them; liveness of ours asks the process only, readiness also NATS and database."""
    for o in all_of(objects, *_SERVING):
        name = o["metadata"]["name"]
        for container in o["spec"]["template"]["spec"]["containers"]:
            missing = {"startupProbe", "livenessProbe", "readinessProbe"} - set(container)
            yield from _if([(bool(missing), f"{name} has no {', '.join(sorted(missing))}")])
            if name in _OURS and not missing:
                paths = [
                    container[p]["httpGet"]["path"] for p in ("livenessProbe", "readinessProbe")
                ]
                yield from _if([(paths != ["/livez", "/readyz"], f"{name} probes {paths}")])


def grace(objects: Objects) -> Iterator[str]:
    """Longer than a handler and the drain."""
    for name, pod in pods(objects):
        seconds = pod.get("terminationGracePeriodSeconds", 30)
        yield from _if(
            [(name in _OURS and seconds <= _DRAIN, f"{name} is killed after {seconds} s")]
        )


def disruption_budget(objects: Objects) -> Iterator[str]:
    """Two or more are never evicted together."""
    kept = {
        o["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"]
        for o in all_of(objects, "PodDisruptionBudget")
    }
    for o in all_of(objects, *_SERVING):
        name = o["metadata"]["name"]
        is_many = o["spec"].get("replicas", 1) >= 2
        yield from _if([(is_many and name not in kept, f"{name} has no disruption budget")])


def rolling(objects: Objects) -> Iterator[str]:
    """A new pod is ready before an old one ends; what keeps its state in memory is one pod."""
    for o in all_of(objects, "Deployment"):
        strategy, name = o["spec"].get("strategy", {}), o["metadata"]["name"]
        if strategy.get("type") == "Recreate":
            yield from _if([(o["spec"].get("replicas") != 1, f"{name} is recreated, but not one")])
        else:
            lost = strategy.get("rollingUpdate", {}).get("maxUnavailable")
            yield from _if([(lost != 0, f"{name} goes down in an update")])


def spread(objects: Objects) -> Iterator[str]:
    """What may be many is spread over zones."""
    for o in all_of(objects, *_SERVING):
        name, pod = o["metadata"]["name"], o["spec"]["template"]["spec"]
        wrong = name in {*_OURS, "nats"} and not pod.get("topologySpreadConstraints")
        yield from _if([(wrong, f"{name} may stand in one zone")])


def scaled_by_one(objects: Objects) -> Iterator[str]:
    """KEDA alone says how many; all its values are strings, and more pods would idle."""
    for o in all_of(objects, "ScaledObject"):
        target = named(objects, "Deployment", o["spec"]["scaleTargetRef"]["name"])
        values = [v for t in o["spec"]["triggers"] for v in t["metadata"].values()]
        yield from _if([
            ("replicas" in target["spec"], "replicas beside KEDA"),
            (any(a["spec"]["scaleTargetRef"]["name"] == target["metadata"]["name"]
                 for a in all_of(objects, "HorizontalPodAutoscaler")), "HPA beside KEDA"),
            (not all(isinstance(v, str) for v in values), "a value of KEDA's is no string"),
            ("fallback" not in o["spec"], "no fallback"),
        ])  # fmt: skip


def default_deny(objects: Objects) -> Iterator[str]:
    """Whoever has policies has one that forbids the rest, and each workload has its own."""
    policies = {o["metadata"]["name"]: o["spec"] for o in all_of(objects, "NetworkPolicy")}
    if not policies:
        return
    deny = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    yield from _if([
        (policies.get("default-deny") != deny, "nothing is denied by default"),
        ("dns" not in policies, "nobody may ask DNS"),
    ])  # fmt: skip
    for name, _ in pods(objects):
        yield from _if([(name not in policies, f"{name} has no policy")])
    for name, spec in policies.items():
        for way in (*spec.get("egress", ()), *spec.get("ingress", ())):
            is_open = not way.get("ports") or not (way.get("to") or way.get("from"))
            yield from _if([(is_open, f"{name} opens more than one way")])


def monitoring_port(objects: Objects) -> Iterator[str]:
    """8222 takes no password: KEDA and Prometheus only."""
    for o in all_of(objects, "NetworkPolicy"):
        for way in o["spec"].get("ingress", ()):
            if any(port["port"] == 8222 for port in way.get("ports", ())):
                who = {
                    peer.get("namespaceSelector", {}).get("matchLabels", {}).get(
                        "kubernetes.io/metadata.name") for peer in way["from"]
                }  # fmt: skip
                yield from _if([(not who <= {"keda", "monitoring"}, f"8222 is open to {who}")])


def secrets_by_reference(objects: Objects) -> Iterator[str]:
    """No value of a secret stands in a manifest."""
    for o in all_of(objects, "Secret"):
        values = {**(o.get("data") or {}), **(o.get("stringData") or {})}
        yield from _if([(any(values.values()), f"Secret {o['metadata']['name']} holds a value")])
    secret = re.compile(r"(PASSWORD|TOKEN|SECRET|API_KEY|DATABASE_URL)$")
    for name, container in containers(objects):
        for variable in container.get("env", ()):
            wrong = bool(secret.search(variable["name"])) and "value" in variable
            yield from _if([(wrong, f"{name} is told {variable['name']} in clear")])


def pinned(objects: Objects) -> Iterator[str]:
    """A tag with a version, or a digest."""
    for name, container in containers(objects):
        image = container["image"]
        is_pinned = re.search(r"(:v?\d+\.\d+[\w.-]*|@sha256:[0-9a-f]{64})$", image)
        yield from _if([(not is_pinned, f"{name} runs {image}")])


def references(objects: Objects) -> Iterator[str]:
    """Every ConfigMap is here, every key of a Secret is one that create-secrets.sh makes."""
    maps = {o["metadata"]["name"] for o in all_of(objects, "ConfigMap")}
    known = made_secrets()
    for name, pod in pods(objects):
        for volume in pod.get("volumes", ()):
            wanted = volume.get("configMap", {}).get("name")
            yield from _if(
                [(bool(wanted) and wanted not in maps, f"{name}: no ConfigMap {wanted}")]
            )
            for source in volume.get("projected", {}).get("sources", ()):
                secret = source["secret"]
                keys = {item["key"] for item in secret.get("items", ())}
                is_there = secret["name"] in known and keys <= known[secret["name"]]
                yield from _if([(not is_there, f"{name}: Secret {secret['name']} lacks {keys}")])
        for container in pod["containers"]:
            for source in container.get("envFrom", ()):
                wanted = source.get("configMapRef", source.get("secretRef"))["name"]
                is_there = wanted in maps or wanted in known
                yield from _if([(not is_there, f"{name}: nothing is called {wanted}")])


def made_secrets() -> dict[str, set[str]]:
    """Keys by Secret, as deploy/k8s/create-secrets.sh makes them."""
    script = (ROOT / "deploy/k8s/create-secrets.sh").read_text()
    made = {
        m[1]: set(m[2].split()) for m in re.finditer(r"^make (\S+) (.+)$", script, re.MULTILINE)
    }
    return made | {"csm-nats-keys": set()}


def variables(objects: Objects) -> Iterator[str]:
    """Every variable is a setting of its service, and what a service cannot do without is set."""
    for name, container in containers(objects):
        if name not in {*_OURS, "provision"}:
            continue
        service = _OURS.get(name, name)
        environment = {v["name"]: v.get("value") for v in container.get("env", ())}
        yield from (f"{name}: {v} is no setting" for v in foreign_variables(service, environment))
        wanted = {"CSM_NATS__URL", "CSM_NATS__KEYS_DIR", "CSM_INSTALL_KEY_FILE"}
        own = (service,) if name in _OURS else names()
        wanted |= {f"CSM_{one.upper()}__DATABASE_URL_FILE" for one in own}
        yield from (f"{name}: {v} is not set" for v in sorted(wanted - set(environment)))


def ports(objects: Objects) -> Iterator[str]:
    """Health and webhooks where the service listens."""
    for name, service in _OURS.items():
        container = named(objects, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]
        given = {p["name"]: p["containerPort"] for p in container["ports"]}
        webhooks = ROLES[service].webhook_port
        wanted = {"health": ROLES[service].port} | ({"webhooks": webhooks} if webhooks else {})
        yield from _if([(given != wanted, f"{name} listens at {given}")])


def bus_on_disk(objects: Objects) -> Iterator[str]:
    """NATS keeps its streams on a volume of its own and syncs before it acknowledges."""
    nats = named(objects, "StatefulSet", "nats")
    confs = [o["data"]["nats.conf"] for o in all_of(objects, "ConfigMap")
             if "nats.conf" in o["data"]]  # fmt: skip
    yield from _if([
        (not nats["spec"].get("volumeClaimTemplates"), "NATS has no volume"),
        (any("sync_interval: always" not in c for c in confs), "NATS acknowledges too early"),
        (any('include "users.conf"' not in c for c in confs), "NATS lets everybody in"),
        (nats["spec"]["replicas"] not in (1, 3), "NATS needs one or three servers"),
    ])  # fmt: skip


def _pod(objects: Objects) -> Any:
    return named(objects, "Deployment", "classifier")["spec"]["template"]["spec"]


def _container(objects: Objects) -> Any:
    return _pod(objects)["containers"][0]


def _policy(objects: Objects, name: str) -> Any:
    return named(objects, "NetworkPolicy", name)["spec"]


RULES: dict[str, Broken] = {
    "restricted": Broken(restricted_namespace, lambda o: named(o, "Namespace", "csm")["metadata"]
                         .update(labels={})),
    "root": Broken(not_root, lambda o: _pod(o)["securityContext"].update(runAsUser=0)),
    "seccomp": Broken(seccomp, lambda o: _pod(o)["securityContext"].pop("seccompProfile")),
    "escalation": Broken(no_escalation, lambda o: _container(o)["securityContext"]
                         .update(allowPrivilegeEscalation=True)),
    "capabilities": Broken(no_capabilities, lambda o: _container(o)["securityContext"]
                           ["capabilities"].update(add=["NET_ADMIN"])),
    "read-only": Broken(read_only, lambda o: _container(o)["securityContext"]
                        .pop("readOnlyRootFilesystem")),
    "token": Broken(no_token, lambda o: _pod(o).update(serviceAccountName="default")),
    "resources": Broken(resources, lambda o: _container(o)["resources"].pop("limits")),
    "probes": Broken(probes, lambda o: _container(o)["livenessProbe"]["httpGet"]
                     .update(path="/readyz")),
    "grace": Broken(grace, lambda o: _pod(o).update(terminationGracePeriodSeconds=10)),
    "budget": Broken(disruption_budget, lambda o: o.remove(
        named(o, "PodDisruptionBudget", "nats"))),
    "rolling": Broken(rolling, lambda o: named(o, "Deployment", "classifier")["spec"]["strategy"]
                      ["rollingUpdate"].update(maxUnavailable=1)),
    "spread": Broken(spread, lambda o: _pod(o).pop("topologySpreadConstraints")),
    "scaled": Broken(scaled_by_one, lambda o: named(o, "Deployment", "classifier")["spec"]
                     .update(replicas=2)),
    "deny": Broken(default_deny, lambda o: o.remove(named(o, "NetworkPolicy", "default-deny"))),
    "open way": Broken(default_deny, lambda o: _policy(o, "classifier")["egress"].append({})),
    "8222": Broken(monitoring_port, lambda o: _policy(o, "nats")["ingress"][2]["from"]
                   .append({"podSelector": {}})),
    "secrets": Broken(secrets_by_reference, lambda o: _container(o)["env"].append(
        {"name": "CSM_LLM__API_KEY", "value": "sk-1"})),
    "pinned": Broken(pinned, lambda o: _container(o).update(image="csm/classifier:latest")),
    "references": Broken(references, lambda o: _pod(o)["volumes"][1]["projected"]["sources"][0]
                         ["secret"]["items"].append({"key": "no-such-key", "path": "x"})),
    "variables": Broken(variables, lambda o: _container(o)["env"].append(
        {"name": "CSM_NATS__URI", "value": "x"})),
    "required": Broken(variables, lambda o: _container(o).update(env=[])),
    "ports": Broken(ports, lambda o: _container(o)["ports"][0].update(containerPort=80)),
    "bus": Broken(bus_on_disk, lambda o: named(o, "StatefulSet", "nats")["spec"]
                  .update(volumeClaimTemplates=[])),
}  # fmt: skip
