//! Well-known labels: those that tell where a node is, and those that controllers give to pods.
//!
//! Source: k8s.io/api `core/v1/well_known_labels.go` (1.37).

/// The node itself.
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// The zone of a node or a volume.
pub const ZONE: &str = "topology.kubernetes.io/zone";
/// [`ZONE`] up to 1.16.
pub const OLD_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
/// The region of a node or a volume.
pub const REGION: &str = "topology.kubernetes.io/region";
/// [`REGION`] up to 1.16.
pub const OLD_REGION: &str = "failure-domain.beta.kubernetes.io/region";

/// Whether a controller gives this label to each pod that it makes, so that it stands in no template.
pub fn is_set_by_controller(key: &str) -> bool {
    matches!(
        key,
        "statefulset.kubernetes.io/pod-name"
            | "apps.kubernetes.io/pod-index"
            | "pod-template-hash"
            | "controller-revision-hash"
            | "job-name"
            | "controller-uid"
    ) || key.starts_with("batch.kubernetes.io/")
}
