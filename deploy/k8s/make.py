"""Writes the manifests that are the same for every service: `python deploy/k8s/make.py`.

Services, ports and who calls whom come from `csm_cli.roles`; a test holds the files against it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from csm_cli.roles import DESK, MODEL, ROLES
from csm_cli.services import names

HERE = Path(__file__).parent
SERVICES = "base/services"
POLICIES = "components/network-policies"
_HEAD = "# Made by deploy/k8s/make.py: do not edit.\n"
_DEPLOYMENT = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {{app.kubernetes.io/name: {name}, app.kubernetes.io/part-of: csm}}
spec:
  revisionHistoryLimit: 3
  selector:
    matchLabels: {{app.kubernetes.io/name: {name}}}
  strategy:
    type: RollingUpdate
    rollingUpdate: {{maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata:
      labels: {{app.kubernetes.io/name: {name}, app.kubernetes.io/part-of: csm}}
    spec:
      serviceAccountName: {name}
      automountServiceAccountToken: false
      enableServiceLinks: false
      # Handlers get 20 s, then what is left goes back to the bus.
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile: {{type: RuntimeDefault}}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{app.kubernetes.io/name: {name}}}
      containers:
        - name: {name}
          image: csm/{service}
          ports:
{ports}
          env:
            - {{name: CSM_NATS__URL, value: "nats://nats:4222"}}
            - {{name: CSM_NATS__KEYS_DIR, value: /run/secrets}}
            - {{name: CSM_INSTALL_KEY_FILE, value: /run/secrets/install.key}}
            - {{name: {url}, value: /run/secrets/{service}-database-url}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {{drop: [ALL]}}
          resources:
            requests: {{cpu: 50m, memory: 192Mi}}
            limits: {{memory: 512Mi}}
          # A first start may have to wait for the database and the bus.
          startupProbe:
            httpGet: {{path: /livez, port: health}}
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: {{path: /livez, port: health}}
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          readinessProbe:
            httpGet: {{path: /readyz, port: health}}
            periodSeconds: 5
            timeoutSeconds: 4
          volumeMounts:
            - {{name: config, mountPath: /etc/csm, readOnly: true}}
            - {{name: secrets, mountPath: /run/secrets, readOnly: true}}
            - {{name: state, mountPath: /var/lib/csm}}
            - {{name: tmp, mountPath: /tmp}}
      volumes:
        - name: config
          configMap: {{name: csm-config}}
        - name: secrets
          projected:
            defaultMode: 0440
            sources:
              - secret:
                  name: csm-shared
                  items:
{shared}
              - secret:
                  name: csm-{name}
                  items:
{own}
        # Raw mails in work, at most: whoever loses them fetches them again.
        - name: state
          emptyDir: {{sizeLimit: 1Gi}}
        - name: tmp
          emptyDir: {{sizeLimit: 256Mi}}
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  labels: {{app.kubernetes.io/name: {name}, app.kubernetes.io/part-of: csm}}
spec:
  selector: {{app.kubernetes.io/name: {name}}}
  ports:
{service_ports}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{app.kubernetes.io/name: {name}}}
"""
_PROVISION = """\
# Schemas, streams and durables. The services start again until it has completed once.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: provision
automountServiceAccountToken: false
---
apiVersion: batch/v1
kind: Job
metadata:
  name: provision
  labels: {{app.kubernetes.io/name: provision, app.kubernetes.io/part-of: csm}}
  annotations:
    # Argo CD runs it before each sync; with kubectl see docs/deployment.md.
    argocd.argoproj.io/hook: PreSync
    argocd.argoproj.io/hook-delete-policy: BeforeHookCreation
spec:
  backoffLimit: 20
  ttlSecondsAfterFinished: 86400
  template:
    metadata:
      labels: {{app.kubernetes.io/name: provision, app.kubernetes.io/part-of: csm}}
    spec:
      restartPolicy: OnFailure
      serviceAccountName: provision
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile: {{type: RuntimeDefault}}
      containers:
        - name: provision
          image: csm/cli
          args: [provision, --replicas, "3"]
          env:
            - {{name: CSM_NATS__URL, value: "nats://nats:4222"}}
            - {{name: CSM_NATS__KEYS_DIR, value: /run/secrets}}
            - {{name: CSM_INSTALL_KEY_FILE, value: /run/secrets/install.key}}
{urls}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {{drop: [ALL]}}
          resources:
            requests: {{cpu: 50m, memory: 192Mi}}
            limits: {{memory: 512Mi}}
          volumeMounts:
            - {{name: config, mountPath: /etc/csm, readOnly: true}}
            - {{name: secrets, mountPath: /run/secrets, readOnly: true}}
            - {{name: state, mountPath: /var/lib/csm}}
            - {{name: tmp, mountPath: /tmp}}
      volumes:
        - name: config
          configMap: {{name: csm-config}}
        - name: secrets
          projected:
            defaultMode: 0440
            sources:
              - secret: {{name: csm-shared}}
              - secret: {{name: csm-provision}}
{secrets}
        - name: state
          emptyDir: {{sizeLimit: 64Mi}}
        - name: tmp
          emptyDir: {{sizeLimit: 256Mi}}
"""
_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {name}
spec:
  podSelector:
    matchLabels: {{app.kubernetes.io/name: {name}}}
  policyTypes: [Ingress, Egress]
  ingress:
    # Prometheus. The kubelet of the pod's own node may always ask.
    - from:
        - namespaceSelector:
            matchLabels: {{kubernetes.io/metadata.name: monitoring}}
      ports:
        - {{protocol: TCP, port: {port}}}
{webhooks}\
  egress:
    - to:
        - podSelector:
            matchLabels: {{app.kubernetes.io/name: nats}}
      ports:
        - {{protocol: TCP, port: 4222}}
    - to:
        - podSelector:
            matchLabels: {{app.kubernetes.io/name: postgres}}
      ports:
        - {{protocol: TCP, port: 5432}}
    # {calls}: https, anywhere but inside the cluster's own networks.
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16]
      ports:
        - {{protocol: TCP, port: 443}}
"""
_WEBHOOKS = """\
    # FreeScout's webhooks, through the ingress controller.
    - from:
        - namespaceSelector:
            matchLabels: {{kubernetes.io/metadata.name: ingress-nginx}}
      ports:
        - {{protocol: TCP, port: {port}}}
"""


def dns_name(service: str) -> str:
    """A service's name where no underscore may stand."""
    return service.replace("_", "-")


def manifests() -> Mapping[str, str]:
    """Text by path below deploy/k8s."""
    made = {f"{SERVICES}/{dns_name(name)}.yaml": _HEAD + _workload(name) for name in names()}
    made |= {f"{POLICIES}/{dns_name(name)}.yaml": _HEAD + _policy(name) for name in names()}
    made[f"{SERVICES}/provision.yaml"] = _HEAD + _provision()
    resources = "".join(f"  - {dns_name(name)}.yaml\n" for name in names())
    made[f"{SERVICES}/kustomization.yaml"] = (
        f"{_HEAD}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        f"resources:\n  - provision.yaml\n{resources}"
    )
    made[f"{POLICIES}/kustomization.yaml"] = (
        f"{_HEAD}apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        f"resources:\n  - common.yaml\n{resources}"
    )
    return made


def _provision() -> str:
    urls = "\n".join(
        f"            - {{name: CSM_{name.upper()}__DATABASE_URL_FILE, "
        f"value: /run/secrets/{name}-database-url}}"
        for name in names()
    )
    secrets = "\n".join(f"              - secret: {{name: csm-{dns_name(n)}}}" for n in names())
    return _PROVISION.format(urls=urls, secrets=secrets)


def shared_secrets(service: str) -> Iterator[str]:
    """Keys of the Secret csm-shared that a service gets."""
    calls = ROLES[service].calls
    yield "install.key"
    if DESK in calls:
        yield "freescout-api-key"
    if MODEL in calls:
        yield "llm-api-key"


def own_secrets(service: str) -> Iterator[str]:
    """Keys of the service's own Secret."""
    yield f"{service}.nk"
    yield f"{service}-database-url"
    if service == "gmail_ingest":
        yield "gmail-token.json"
    if ROLES[service].webhook_port:
        yield "webhook-secret"


def _workload(service: str) -> str:
    role = ROLES[service]
    ports = [("health", role.port)]
    ports += [("webhooks", role.webhook_port)] if role.webhook_port else []
    return _DEPLOYMENT.format(
        name=dns_name(service), service=service, url=f"CSM_{service.upper()}__DATABASE_URL_FILE",
        ports="\n".join(f"            - {{name: {n}, containerPort: {p}}}" for n, p in ports),
        service_ports="\n".join(f"    - {{name: {n}, port: {p}, targetPort: {n}}}"
                                for n, p in ports),
        shared=_items(shared_secrets(service)), own=_items(own_secrets(service)),
    )  # fmt: skip


def _items(keys: Iterator[str]) -> str:
    return "\n".join(f"                    - {{key: {key}, path: {key}}}" for key in keys)


def _policy(service: str) -> str:
    role = ROLES[service]
    return _POLICY.format(
        name=dns_name(service), port=role.port, calls=", ".join(role.calls),
        webhooks=_WEBHOOKS.format(port=role.webhook_port) if role.webhook_port else "",
    )  # fmt: skip


if __name__ == "__main__":
    for path, text in manifests().items():
        (HERE / path).write_text(text)
