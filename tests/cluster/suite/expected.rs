//! What has to be found for each manifest of `manifests/broken`.

use super::Cluster;

/// What the report has to say first.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    /// The manifest's name.
    pub(crate) manifest: &'static str,
    pub(crate) cause: &'static str,
    pub(crate) layer: &'static str,
    pub(crate) certainty: &'static str,
    /// As `Kind/name`.
    pub(crate) subject: &'static str,
    /// A part of the quote that settles it: the cluster's words, so that another cause cannot pass.
    pub(crate) quote: &'static str,
    pub(crate) fix: Fix,
    /// Other causes that may stand after it. A pod that every node refuses meets each node's own reason.
    pub(crate) beside: &'static [&'static str],
    pub(crate) home: Home,
    pub(crate) wait: Wait<'static>,
}

/// What these show is an answer of a registry on the internet. Where none is reached, its name does not resolve.
const ANSWERED: &[&str] = &[
    "image-auth",
    "image-not-found",
    "image-pull-secret-missing",
    "image-tag-not-found",
    "registry-http-vs-https",
    "registry-tls",
];

impl Expected {
    /// What is true on this cluster.
    pub(crate) fn on(&self, cluster: &Cluster) -> Expected {
        if cluster.offline() && ANSWERED.contains(&self.manifest) {
            return Expected {
                cause: "registry-dns",
                certainty: "proven",
                ..*self
            };
        }
        *self
    }
}

/// The fix that is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fix {
    /// Advice; the change itself is not known (which image, which password).
    Advice,
    /// The exact command.
    Command,
    /// The exact command, and the nodes that would take the pod after it.
    Verified,
}

/// Where the pods have to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// Any node will do, a fake one too.
    Anywhere,
    /// A node with a kubelet.
    Kubelet,
    /// Nodes prepared as `tests/cluster/nodes/pool.yaml` does.
    Pool,
}

/// What the cluster says when the situation has become what it is going to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait<'a> {
    /// Each pod has a node or the scheduler's refusal of this reason, and one has the refusal.
    Scheduled(&'a str),
    /// A container waits for this reason.
    Waiting(&'a str),
    /// A container has been restarted so often and does not run now. Between two starts the kubelet may say
    /// CrashLoopBackOff or still how the last one ended.
    Crashed(i64),
    /// A container has been restarted so often.
    Restarted(i64),
    /// An event of this reason.
    Event(&'a str),
    /// A pod has this phase.
    Phase(&'a str),
    /// So many pods have failed.
    Failed(usize),
    /// A pod is older than so many seconds: what is usual for a young one is over.
    Old(i64),
    /// A pod has not been Ready for more seconds than these.
    Unready(i64),
    /// Every pod is ready or has completed.
    Well,
    /// All of these. The kubelet writes its events one after another, so that they may come long after the status.
    All(&'a [Wait<'a>]),
}

const REFUSED: Wait<'_> = Wait::Scheduled("Unschedulable");
const BACK_OFF: Wait<'_> = Wait::Waiting("ImagePullBackOff");
const CONFIG: Wait<'_> = Wait::Waiting("CreateContainerConfigError");
const CRASHES: Wait<'_> = Wait::Crashed(2);

/// What keeps a pod off the prepared nodes, whatever else is wrong with it.
pub(crate) const NODES: &[&str] = &[
    "cordoned-node",
    "untolerated-taint",
    "node-not-ready",
    "node-pressure",
    "too-many-pods",
];

const IMAGE: Expected = Expected {
    manifest: "",
    cause: "",
    layer: "image",
    certainty: "proven",
    subject: "Pod/web",
    quote: "",
    fix: Fix::Advice,
    beside: &[],
    home: Home::Kubelet,
    wait: BACK_OFF,
};

const CONTAINER: Expected = Expected {
    layer: "container",
    wait: CONFIG,
    ..IMAGE
};

const SCHEDULING: Expected = Expected {
    layer: "scheduling",
    home: Home::Anywhere,
    beside: NODES,
    quote: "nodes are available",
    wait: REFUSED,
    ..IMAGE
};

/// A pod whose selector admits only one node meets that node's reason alone.
const ONE_NODE: Expected = Expected {
    beside: &[],
    home: Home::Pool,
    ..SCHEDULING
};

const VOLUME: Expected = Expected {
    layer: "volume",
    ..SCHEDULING
};

/// One entry a manifest; a test compares the two lists.
pub(crate) const BROKEN: &[Expected] = &[
    Expected {
        manifest: "cordoned-node",
        cause: "cordoned-node",
        subject: "Pod/archive",
        quote: "node(s) were unschedulable",
        fix: Fix::Verified,
        ..ONE_NODE
    },
    Expected {
        manifest: "crash-app-error",
        cause: "crash-app-error",
        subject: "Deployment/api",
        quote: "exitCode 1",
        wait: CRASHES,
        ..CONTAINER
    },
    Expected {
        manifest: "crash-exit-zero",
        cause: "crash-exit-zero",
        subject: "Deployment/import",
        quote: "exitCode 0",
        wait: CRASHES,
        ..CONTAINER
    },
    Expected {
        manifest: "evicted",
        cause: "evicted",
        layer: "node",
        subject: "Pod/upload",
        quote: "exceeds the limit \"5Mi\"",
        wait: Wait::Phase("Failed"),
        ..IMAGE
    },
    Expected {
        manifest: "host-port-conflict",
        cause: "host-port-conflict",
        subject: "Deployment/gateway",
        quote: "didn't have free ports",
        fix: Fix::Verified,
        ..SCHEDULING
    },
    Expected {
        manifest: "host-port-rollout",
        cause: "host-port-conflict",
        subject: "Deployment/gateway",
        quote: "didn't have free ports",
        fix: Fix::Verified,
        ..ONE_NODE
    },
    Expected {
        manifest: "image-auth",
        cause: "image-auth",
        subject: "Pod/builder",
        quote: "registry.redhat.io",
        ..IMAGE
    },
    Expected {
        manifest: "image-name-invalid",
        cause: "image-name-invalid",
        quote: "couldn't parse image",
        fix: Fix::Command,
        wait: Wait::Waiting("InvalidImageName"),
        ..IMAGE
    },
    Expected {
        manifest: "image-never-pull",
        cause: "image-never-pull",
        quote: "is not present with pull policy of Never",
        wait: Wait::Waiting("ErrImageNeverPull"),
        ..IMAGE
    },
    // Docker Hub does not tell a missing repository from a hidden one, and containerd 1.6 not a missing tag from either
    Expected {
        manifest: "image-not-found",
        cause: "image-not-found",
        certainty: "likely",
        quote: "busybox-no-such-image",
        ..IMAGE
    },
    Expected {
        manifest: "image-pull-secret-missing",
        cause: "image-pull-secret-missing",
        subject: "Pod/builder",
        quote: "registry.redhat.io",
        ..IMAGE
    },
    Expected {
        manifest: "image-tag-not-found",
        cause: "image-tag-not-found",
        certainty: "likely",
        quote: "1.36-no-such-tag",
        ..IMAGE
    },
    Expected {
        manifest: "insufficient-cpu",
        cause: "insufficient-cpu",
        subject: "Pod/report",
        quote: "Insufficient cpu",
        ..SCHEDULING
    },
    Expected {
        manifest: "insufficient-ephemeral-storage",
        cause: "insufficient-ephemeral-storage",
        subject: "Pod/transcoder",
        quote: "Insufficient ephemeral-storage",
        ..SCHEDULING
    },
    Expected {
        manifest: "insufficient-extended-resource",
        cause: "insufficient-extended-resource",
        subject: "Pod/training",
        quote: "Insufficient nvidia.com/gpu",
        ..SCHEDULING
    },
    Expected {
        manifest: "insufficient-memory",
        cause: "insufficient-memory",
        subject: "Pod/cache",
        quote: "Insufficient memory",
        ..SCHEDULING
    },
    Expected {
        manifest: "liveness-failing",
        cause: "liveness-failing",
        layer: "health",
        quote: "iveness probe",
        wait: Wait::All(&[Wait::Restarted(3), Wait::Event("Killing")]),
        ..CONTAINER
    },
    Expected {
        manifest: "missing-configmap",
        cause: "missing-configmap",
        quote: "configmap \"web-configs\" not found",
        ..CONTAINER
    },
    Expected {
        manifest: "missing-key",
        cause: "missing-key",
        quote: "couldn't find key LOGLEVEL",
        ..CONTAINER
    },
    Expected {
        manifest: "missing-secret",
        cause: "missing-secret",
        quote: "secret \"database-login\" not found",
        ..CONTAINER
    },
    Expected {
        manifest: "node-not-ready",
        cause: "node-not-ready",
        layer: "node",
        subject: "Pod/indexer",
        ..ONE_NODE
    },
    Expected {
        manifest: "node-pressure",
        cause: "node-pressure",
        layer: "node",
        subject: "Pod/importer",
        ..ONE_NODE
    },
    Expected {
        manifest: "node-selector-or-affinity",
        cause: "node-selector-or-affinity",
        subject: "Pod/thumbnailer",
        quote: "didn't match Pod's node affinity/selector",
        ..SCHEDULING
    },
    Expected {
        manifest: "oom-killed",
        cause: "oom-killed",
        subject: "Deployment/resize",
        quote: "reason OOMKilled",
        fix: Fix::Command,
        wait: CRASHES,
        ..CONTAINER
    },
    Expected {
        manifest: "pvc-missing",
        cause: "pvc-missing",
        subject: "Pod/database",
        quote: "persistentvolumeclaim \"database\" not found",
        ..VOLUME
    },
    Expected {
        manifest: "readiness-failing",
        cause: "readiness-failing",
        layer: "health",
        quote: "Readiness probe failed",
        wait: Wait::All(&[Wait::Old(40), Wait::Event("Unhealthy")]),
        ..CONTAINER
    },
    Expected {
        manifest: "registry-dns",
        cause: "registry-dns",
        quote: "registry.invalid",
        ..IMAGE
    },
    Expected {
        manifest: "registry-http-vs-https",
        cause: "registry-http-vs-https",
        quote: "http.badssl.com",
        ..IMAGE
    },
    Expected {
        manifest: "registry-tls",
        cause: "registry-tls",
        quote: "untrusted-root.badssl.com",
        ..IMAGE
    },
    Expected {
        manifest: "registry-unreachable",
        cause: "registry-unreachable",
        quote: "127.0.0.1:9",
        ..IMAGE
    },
    Expected {
        manifest: "run-as-non-root",
        cause: "run-as-non-root",
        quote: "image will run as root",
        ..CONTAINER
    },
    Expected {
        manifest: "scheduler-absent",
        cause: "scheduler-absent",
        subject: "Pod/batch",
        quote: "bin-packing-scheduler",
        beside: &[],
        wait: Wait::Old(62),
        ..SCHEDULING
    },
    Expected {
        manifest: "scheduling-gated",
        cause: "scheduling-gated",
        subject: "Pod/migration",
        quote: "non-empty scheduling gates",
        fix: Fix::Command,
        beside: &[],
        wait: Wait::Scheduled("SchedulingGated"),
        ..SCHEDULING
    },
    Expected {
        manifest: "storageclass-missing",
        cause: "storageclass-missing",
        subject: "Pod/search",
        quote: "\"fast-ssd\" not found",
        wait: Wait::All(&[REFUSED, Wait::Event("ProvisioningFailed")]),
        ..VOLUME
    },
    Expected {
        manifest: "too-many-pods",
        cause: "too-many-pods",
        subject: "Deployment/sensor",
        quote: "Too many pods",
        ..ONE_NODE
    },
    Expected {
        manifest: "unbound-pvc",
        cause: "unbound-pvc",
        subject: "Pod/database",
        quote: "no persistent volumes available",
        wait: Wait::All(&[REFUSED, Wait::Event("FailedBinding")]),
        ..VOLUME
    },
    Expected {
        manifest: "untolerated-taint",
        cause: "untolerated-taint",
        subject: "Pod/settlement",
        quote: "node(s) had untolerated taint",
        fix: Fix::Verified,
        ..ONE_NODE
    },
];

/// Causes of situations whose rule is not there yet, and why the report is as it is until then.
/// A test fails as soon as one has a rule.
pub(crate) const EXPECTED_UNEXPLAINED: &[(&str, &str)] = &[];
