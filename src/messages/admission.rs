//! Why the API server refused to create a pod: [`read`] for events FailedCreate, the condition ReplicaFailure and the errors of a
//! client.
//!
//! Here is what a refusal can be and how its frame comes off; the wordings are in `forms`, the lists of quotas, limit ranges and
//! PodSecurity in `lists`, the fields of an invalid pod in `invalid`. What PodSecurity asks for is read by `pod_security`. A
//! refusal by a webhook is quoted: its words are its author's, of which `policy` tells the names of policies.
//!
//! Sources: kube-apiserver `pkg/quota`,
//! `plugin/pkg/admission/{resourcequota,limitranger,serviceaccount,priority,runtimeclass,…}`,
//! `staging/apiserver/pkg/admission/plugin/{webhook,policy,namespace}`, `pod-security-admission` of 1.19 to 1.37;
//! controllers `controller_utils.go`, `stateful_pod_control.go`, `job_controller.go`, `cronjob_controllerv2.go`.

mod forms;
mod invalid;
mod lists;
pub mod pod_security;
pub mod policy;

pub use invalid::Fault;

use super::form::{anywhere, match_full, strip_prefix};
use super::text;

/// Why a pod was not created.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Denial {
    /// A ResourceQuota has too little left.
    QuotaExceeded {
        /// The quota.
        quota: String,
        /// Resource and quantity that the pod asks for.
        requested: Vec<(String, String)>,
        /// The same for what is used.
        used: Vec<(String, String)>,
        /// The same for the quota's limit.
        limited: Vec<(String, String)>,
    },
    /// A ResourceQuota demands that containers name these resources.
    QuotaMustSpecify {
        /// The quota.
        quota: String,
        /// The resources, as `limits.cpu`; the containers that lack them are behind a colon, where the version names them.
        resources: Vec<String>,
    },
    /// A ResourceQuota's usage is not computed yet.
    QuotaUnknown {
        /// The quota.
        quota: String,
    },
    /// A resource or scope may only be used where a quota allows it, and none does.
    QuotaAbsent {
        /// The resource or scope, as the server writes it.
        what: String,
    },
    /// A LimitRange's bounds.
    LimitRange(Vec<Breach>),
    /// The namespace's PodSecurity level.
    PodSecurity {
        /// Level and version, as `restricted:latest`.
        level: String,
        /// Each violated check.
        violations: Vec<String>,
    },
    /// A security context constraint (OpenShift) or a pod security policy (up to 1.24).
    SecurityConstraint {
        /// Whether it is OpenShift's.
        of_openshift: bool,
        /// What each of them says; empty if there is none that the account may use.
        said: String,
    },
    /// An admission webhook said no.
    WebhookDenied {
        /// The webhook.
        webhook: String,
        /// Its words; empty if it gave none.
        said: String,
    },
    /// An admission webhook that must be asked could not be.
    WebhookUnreachable {
        /// The webhook.
        webhook: String,
        /// Namespace and name of its Service, if it is one.
        service: Option<(String, String)>,
        /// Why not.
        why: Unreachable,
    },
    /// An admission webhook's answer cannot be used.
    WebhookBroken {
        /// The webhook.
        webhook: String,
    },
    /// A ValidatingAdmissionPolicy said no.
    Policy {
        /// The policy.
        policy: String,
        /// Its binding.
        binding: String,
        /// Its words.
        said: String,
    },
    /// The pod's ServiceAccount does not exist.
    ServiceAccountMissing {
        /// The namespace.
        namespace: String,
        /// The ServiceAccount.
        name: String,
    },
    /// The PriorityClass does not exist.
    PriorityClassMissing {
        /// The PriorityClass.
        name: String,
    },
    /// The priority class is not allowed in this namespace, or contradicts the priority.
    Priority,
    /// The RuntimeClass does not exist.
    RuntimeClassMissing {
        /// The RuntimeClass.
        name: String,
    },
    /// The pod contradicts its RuntimeClass.
    RuntimeClassConflict,
    /// The node selector contradicts the namespace's.
    NodeSelectorConflict,
    /// The tolerations contradict the namespace's.
    TolerationsConflict,
    /// Anti-affinity over this topology is not allowed.
    AntiAffinityTopology,
    /// The namespace is being deleted.
    NamespaceTerminating {
        /// The namespace.
        namespace: String,
    },
    /// The namespace does not exist.
    NamespaceMissing {
        /// The namespace.
        namespace: String,
    },
    /// The one who creates the pod has no right to.
    Rbac {
        /// The user.
        user: String,
        /// What that one may not do.
        verb: String,
        /// To what.
        resource: String,
    },
    /// The one who creates the pod has no right to keep its owner from being gone.
    OwnerFinalizers,
    /// Fields of the pod are invalid.
    Invalid(Vec<Fault>),
    /// A pod of this name is there already, or still.
    AlreadyExists {
        /// The pod.
        name: String,
    },
    /// The API server or its store was slow or busy: no fault of the pod.
    Server,
    /// Refused, in unknown words.
    Other,
    /// Nothing was said.
    Empty,
}

/// A bound of a LimitRange that a pod breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// Which bound.
    pub bound: Bound,
    /// The resource.
    pub resource: String,
    /// Container, Pod or PersistentVolumeClaim.
    pub kind: String,
    /// The bound.
    pub limit: String,
    /// What was asked for; `None` if nothing was.
    pub asked: Option<String>,
    /// Whether that is a limit, and no request.
    pub of_limit: bool,
}

/// A kind of bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// At least.
    Minimum,
    /// At most.
    Maximum,
    /// Limit divided by request, at most.
    Ratio,
}

/// Why a webhook could not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unreachable {
    /// Its Service has no ready endpoint.
    NoEndpoints,
    /// Its Service does not exist.
    ServiceMissing,
    /// Nothing listens there.
    Refused,
    /// No answer in time.
    Timeout,
    /// Its certificate is refused.
    Tls,
    /// Its name does not resolve.
    Dns,
    /// Anything else.
    Other,
}

/// Reads the message of an event or a condition.
pub fn read(message: &str) -> Denial {
    let text = text::plain(message);
    let said = peel(&text);
    if said.is_empty() {
        return Denial::Empty;
    }
    lists::read(said)
        .or_else(|| forms::webhook(said))
        .or_else(|| invalid::read(said))
        .or_else(|| anywhere(forms::FORMS, said))
        .unwrap_or(Denial::Other)
}

/// What the API server said, without what stands around it and what was refused.
pub fn words(message: &str) -> String {
    let text = text::plain(message);
    let said = peel(&text);
    let captures = match_full("{} \"{}\" is forbidden: {*}", said);
    captures.map_or(said, |captures| captures.last()).to_owned()
}

/// Without what controllers and kubectl say around the server's error. `pods "x" is forbidden: ` stays: some forms need it.
fn peel(message: &str) -> &str {
    const FRAMES: [&str; 6] = [
        "create Pod {} in StatefulSet {} failed error: {*}",
        "create Claim {} for Pod {} in StatefulSet {} failed error: {*}",
        "Error from server ({}): error when creating \"{}\": {*}",
        "Error from server ({}): {*}",
        "Failed to create new replica set \"{}\": {*}",
        "Error creating job: {*}",
    ];
    let mut rest = text::unwrap(message);
    loop {
        let framed = FRAMES
            .iter()
            .find_map(|frame| match_full(frame, rest))
            .map(|captures| captures.last());
        match framed.or_else(|| strip_prefix(rest, "Error creating:")) {
            Some(inner) => rest = text::unwrap(inner),
            None => return rest,
        }
    }
}

#[cfg(test)]
mod tests;
