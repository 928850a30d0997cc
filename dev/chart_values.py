"""The values that the chart takes, as a JSON Schema; the settings of the processes are added."""

from dev.chart_words import (
    LABEL,
    QUANTITY,
    URL,
    Json,
    choice,
    closed,
    flag,
    free,
    image,
    labels,
    listed,
    number,
    secret,
    text,
)

PORTS = {"type": "integer", "minimum": 1, "maximum": 65535}


def resources() -> Json:
    """Describe what a container may use."""
    amounts = {
        "type": "object",
        "additionalProperties": {
            "anyOf": [{"type": "string", "pattern": QUANTITY}, {"type": "number", "minimum": 0}]
        },
    }
    return {
        "type": "object",
        "description": "Requests and limits of the container.",
        "additionalProperties": False,
        "properties": {"requests": amounts, "limits": amounts},
    }


def extras() -> Json:
    """Describe what is added to a pod, for its init container too."""
    return {
        "extraEnv": listed("Variables that are added to the container.", {"type": "object"}),
        "extraVolumes": listed("Volumes that are added to the pod.", {"type": "object"}),
        "extraVolumeMounts": listed("Mounts that are added to the container.", {"type": "object"}),
    }


def placement() -> Json:
    """Describe where a pod may run, and before whom."""
    return {
        "nodeSelector": labels("Labels that a node must have."),
        "tolerations": listed("Taints that the pods tolerate.", {"type": "object"}),
        "affinity": free("Affinity of the pods."),
        "priorityClassName": text("A PriorityClass that is there."),
    }


def pods() -> Json:
    """Describe what can be said about the pods of every component."""
    return {
        **extras(),
        "podAnnotations": labels("Annotations of the pods."),
        "podLabels": labels("Labels that are added to the pods."),
        "serviceAccountAnnotations": labels("Annotations of the service account."),
        **placement(),
        "topologySpreadConstraints": listed(
            "How the pods are spread; empty: over zones and nodes, where that is possible.",
            {"type": "object"},
        ),
        "terminationGracePeriodSeconds": number("Seconds from SIGTERM to SIGKILL.", 1, 600),
        "resources": resources(),
    }


def persistence(what: str) -> Json:
    """Describe a volume."""
    return closed(
        f"Where {what} are kept.",
        {
            "enabled": flag("Ask for a volume; without it they go with the pod."),
            "size": text("Size of the volume.", pattern=QUANTITY),
            "storageClass": text("Its class; empty: the cluster's default."),
        },
    )


def targets(component: str) -> Json:
    """Describe how Prometheus labels a component's processes."""
    return text(
        f'Labels of the {component} in Prometheus, such as `job="{component}"`; empty: job and'
        " namespace as the ServiceMonitor makes them.",
        pattern=r'^([a-zA-Z_]\w*(=~?|!=|!~)"[^"\\:#{}]*"(, *)?)*$',
    )


VALUES = closed(
    "Values of the chart tradingsweep.",
    {
        "global": free("What a parent chart tells all of its charts; not used here."),
        "nameOverride": text("Instead of the chart's name.", pattern=f"^$|{LABEL}"),
        "fullnameOverride": text("Instead of release and chart.", pattern=f"^$|{LABEL}"),
        "commonLabels": labels("Labels of every object."),
        "image": image("operator, receiver and migration"),
        "imagePullSecrets": listed("Secrets for the registry.", {"type": "object"}),
        "crds": closed(
            "The resource TradingSweep.",
            {
                "enabled": flag("Install the CRD with the chart, and upgrade it."),
                "keep": flag("Leave it, and every sweep, when the release is uninstalled."),
            },
        ),
        "watchNamespaces": listed(
            "Where sweeps are looked for; empty: everywhere. With it nothing of the whole cluster"
            " is read, and no ClusterRole is made.",
            {"type": "string", "pattern": LABEL},
        ),
        "clusterId": text(
            "What tells this cluster from others on the same database; empty: the uid of"
            " kube-system. Needed with watchNamespaces."
        ),
        "shard": text(
            "Which part of a cluster's sweeps this release has, where several share a database.",
            pattern=r"^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$",
        ),
        "secrets": closed(
            "Secrets that are there already, in the release's namespace.",
            {
                "dsn": secret(
                    "The owner's DSN of Postgres; it turns the chart's own off.",
                    "dsn",
                    optional=True,
                ),
                "receiverDsn": secret(
                    "The receiver's DSN; a migration makes its user.", "receiver-dsn", optional=True
                ),
                "callbackSecrets": secret(
                    "`kid=secret` pairs that sign callback URLs.", "callback-secrets"
                ),
                "smtpUrl": secret(
                    "The mail server's URL; none: no mails. It needs"
                    " operator.settings.mailFrom and allowedEmailDomains too.",
                    "smtp-url",
                    optional=True,
                ),
                "tradingApiKey": secret("The Trading API's key.", "trading-api-key"),
                "postgresPassword": secret(
                    "Password of the chart's own Postgres; letters and digits.", "postgres-password"
                ),
                "receiverPassword": secret(
                    "The receiver's password there; letters and digits.", "receiver-password"
                ),
            },
        ),
        "rbac": closed(
            "Rights.",
            {
                "create": flag("Make the operator's roles and their bindings."),
                "aggregate": flag("Let view, edit and admin see and change sweeps."),
            },
        ),
        "migration": closed(
            "The Job that brings the ledger's schema up to date.",
            {
                "mode": choice(
                    "hook: before everything else, at install and upgrade. plain: beside it; pods"
                    " wait. auto: plain with the chart's own Postgres, else hook. none: you do it.",
                    "auto",
                    "hook",
                    "plain",
                    "none",
                ),
                **extras(),
                **placement(),
                "resources": resources(),
            },
        ),
        "operator": closed(
            "The operator.",
            {
                "replicas": number("One works, the others wait to.", 1, 10),
                "mayDelete": flag("Let it delete sweeps: TTL and history limits need it."),
                **pods(),
            },
        ),
        "receiver": closed(
            "The receiver of callbacks.",
            {
                "replicas": number("How many share the callbacks.", 1, 100),
                "callbackBase": text(
                    "Base URL of the receiver as the Trading API reaches it; empty: its Service.",
                    pattern=f"^$|{URL}",
                ),
                "service": closed(
                    "Its Service.",
                    {
                        "type": choice("Type.", "ClusterIP", "NodePort", "LoadBalancer"),
                        "port": {**PORTS, "description": "Port."},
                        "annotations": labels("Annotations."),
                    },
                ),
                **pods(),
            },
        ),
        "tradingApi": closed(
            "The reference Trading API.",
            {
                "enabled": flag("Run it; else `url` names yours."),
                "url": text("Base URL of your own Trading API.", pattern=f"^$|{URL}"),
                "image": image("the Trading API"),
                "persistence": persistence("jobs and results"),
                **pods(),
            },
        ),
        "gateway": closed(
            "The pipeline REST API with its dashboard: this release has none.",
            {"enabled": flag("Must be false: there is no gateway in this release.")},
        ),
        "postgres": closed(
            "A small Postgres for trials: no replica, no backup.",
            {
                "enabled": flag("Run it, unless secrets.dsn names another."),
                "image": image("Postgres"),
                "persistence": persistence("the ledger's tables"),
                **placement(),
                "resources": resources(),
            },
        ),
        "networkPolicy": closed(
            "Who may talk to whom.",
            {
                "enabled": flag("Make NetworkPolicies."),
                "apiServerPorts": listed("Ports of the Kubernetes API.", PORTS),
                "postgresPorts": listed("Ports of Postgres.", PORTS),
                "tradingApiPorts": listed(
                    "Ports of the Trading API; empty: its URL's. Behind a Service with another"
                    " targetPort it is that one, since a policy sees pods.",
                    PORTS,
                ),
                "smtpPorts": listed("Ports of the mail server, where there is one.", PORTS),
                "extraEgress": listed("More rules for the operator.", {"type": "object"}),
                "metricsFrom": listed("Who may scrape; empty: anybody.", {"type": "object"}),
                "callbacksFrom": listed(
                    "Who may call the receiver; empty: anybody.", {"type": "object"}
                ),
            },
        ),
        "podDisruptionBudget": closed(
            "Drains of nodes.",
            {"enabled": flag("One pod of a component at a time, where it has more than one.")},
        ),
        "serviceMonitor": closed(
            "For the Prometheus Operator.",
            {
                "enabled": flag("Make a ServiceMonitor."),
                "interval": text("Between two scrapes.", pattern=r"^[0-9]+(ms|s|m)$"),
                "labels": labels("Labels that your Prometheus selects by."),
            },
        ),
        "prometheusRule": closed(
            "Alerts, for the Prometheus Operator.",
            {
                "enabled": flag("Make a PrometheusRule."),
                "labels": labels("Labels that your Prometheus selects by."),
                "runbooks": text(
                    "Where the page of runbooks is served, such as"
                    " https://git.example.com/tradingsweep/docs/runbooks.md; by itself it is the"
                    " page's path in the repository.",
                    pattern=r"^[^\s#]+$",
                ),
                "operatorTargets": targets("operator"),
                "receiverTargets": targets("receiver"),
            },
        ),
        "dashboard": closed(
            "The Grafana dashboard.",
            {
                "enabled": flag("Make a ConfigMap for Grafana's sidecar."),
                "labels": labels("Labels that the sidecar looks for."),
                "annotations": labels("Such as the folder."),
            },
        ),
        "tracing": closed(
            "Traces of operator and receiver, over OTLP (HTTP with protobuf).",
            {
                "endpoint": text(
                    "Base URL of a collector, such as http://otel-collector.monitoring.svc:4318;"
                    " empty: no traces. OpenTelemetry's other variables go into extraEnv.",
                    pattern=f"^$|{URL}",
                )
            },
        ),
        "extraObjects": listed(
            "Objects that are added to the release; templates in them are evaluated.",
            {"type": "object"},
        ),
    },
)
