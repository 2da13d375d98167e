//! What a pod says of its claims, and a claim of itself, by name: fields with a history, annotations with a meaning.
//!
//! Whether a claim can be used on a node is for the scheduler's filters.
//!
//! Sources: k8s.io/component-helpers `storage/ephemeral/ephemeral.go` and `storage/volume` (1.37).

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PodSpec};

/// Written by the scheduler once it has chosen a node for a claim that waits for its first consumer.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Written by the volume controller: who is to make the claim's volume, the CSI driver that has replaced a plugin included
/// (kube-controller-manager volume/persistentvolume/pv_controller.go, setClaimProvisioner). The second name is the older.
const PROVISIONER: [&str; 2] = [
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
];
/// Written by the volume controller when a claim and its volume name each other.
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// The field that names a class took the place of this annotation; the annotation still counts first.
pub const CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// A claim that a pod mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountedClaim<'a> {
    /// The volume in the pod's spec.
    pub volume: &'a str,
    /// The claim's name.
    pub name: String,
    /// Made for this pod alone, rather than by a person.
    pub ephemeral: bool,
}

/// The claims that a pod of this name mounts, in the order of its volumes.
pub fn mounted<'a>(pod: &str, spec: &'a PodSpec) -> impl Iterator<Item = MountedClaim<'a>> {
    let volumes = spec.volumes.iter().flatten();
    volumes.filter_map(move |volume| {
        let (name, ephemeral) = match (&volume.persistent_volume_claim, &volume.ephemeral) {
            (Some(source), _) => (source.claim_name.clone(), false),
            (None, Some(_)) => (of_ephemeral(pod, &volume.name), true),
            (None, None) => return None,
        };
        Some(MountedClaim {
            volume: &volume.name,
            name,
            ephemeral,
        })
    })
}

/// The name of the claim that is made for a generic ephemeral volume of a pod.
pub fn of_ephemeral(pod: &str, volume: &str) -> String {
    format!("{pod}-{volume}")
}

/// The name of a claim's class and where it stands. An empty name asks for a volume without class, which is not the
/// same as naming none.
pub fn class(claim: &PersistentVolumeClaim) -> Option<(&'static str, &str)> {
    let annotated = annotation(claim, CLASS);
    let field = || claim.spec.as_ref()?.storage_class_name.as_deref();
    match annotated {
        Some(name) => Some((
            "metadata.annotations[volume.beta.kubernetes.io/storage-class]",
            name,
        )),
        None => field().map(|name| ("spec.storageClassName", name)),
    }
}

/// The name of a claim's class; empty when it names none.
pub fn class_name(claim: &PersistentVolumeClaim) -> &str {
    class(claim).map(|(_, name)| name).unwrap_or_default()
}

/// The volume that a claim names, whether it is bound to it or not.
pub fn volume_name(claim: &PersistentVolumeClaim) -> Option<&str> {
    let name = claim.spec.as_ref()?.volume_name.as_deref();
    name.filter(|name| !name.is_empty())
}

/// `status.phase`; empty where the API server has written none.
pub fn phase(claim: &PersistentVolumeClaim) -> &str {
    let status = claim.status.as_ref();
    status
        .and_then(|status| status.phase.as_deref())
        .unwrap_or_default()
}

/// Whether a claim and its volume name each other.
pub fn fully_bound(claim: &PersistentVolumeClaim) -> bool {
    volume_name(claim).is_some() && annotation(claim, BIND_COMPLETED).is_some()
}

/// The node that the scheduler has chosen for the claim, for which a volume is being made.
pub fn selected_node(claim: &PersistentVolumeClaim) -> Option<&str> {
    annotation(claim, SELECTED_NODE)
}

/// Who is to make the claim's volume, as the volume controller has marked it.
pub fn provisioner(claim: &PersistentVolumeClaim) -> Option<&str> {
    PROVISIONER.iter().find_map(|key| annotation(claim, key))
}

fn annotation<'a>(claim: &'a PersistentVolumeClaim, key: &str) -> Option<&'a str> {
    let all = claim.metadata.annotations.as_ref()?;
    all.get(key).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn claim(annotations: Value, spec: Value) -> PersistentVolumeClaim {
        let object =
            json!({"metadata": {"name": "data", "annotations": annotations}, "spec": spec});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_volume_that_lives_with_its_pod_has_a_claim_named_after_both() {
        let spec: PodSpec = serde_json::from_value(json!({"containers": [], "volumes": [
            {"name": "a", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "b", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
            {"name": "c", "emptyDir": {}},
        ]}))
        .unwrap();
        let all: Vec<_> = mounted("web", &spec)
            .map(|claim| (claim.volume, claim.name, claim.ephemeral))
            .collect();
        assert_eq!(
            all,
            [
                ("a", "data".to_owned(), false),
                ("b", "web-b".to_owned(), true)
            ]
        );
    }

    #[test]
    fn the_annotation_of_a_class_counts_before_the_field() {
        for (annotations, spec, class) in [
            (json!({}), json!({}), ""),
            (json!({}), json!({"storageClassName": "new"}), "new"),
            (json!({}), json!({"storageClassName": ""}), ""),
            (
                json!({CLASS: "old"}),
                json!({"storageClassName": "new"}),
                "old",
            ),
            (json!({CLASS: ""}), json!({"storageClassName": "new"}), ""),
        ] {
            assert_eq!(class_name(&claim(annotations, spec)), class);
        }
        assert_eq!(super::class(&claim(json!({}), json!({}))), None);
        let old = claim(json!({CLASS: "old"}), json!({}));
        let place = "metadata.annotations[volume.beta.kubernetes.io/storage-class]";
        assert_eq!(super::class(&old), Some((place, "old")));
    }

    #[test]
    fn a_claim_is_bound_when_both_sides_say_so() {
        let done = json!({BIND_COMPLETED: "yes"});
        for (annotations, spec, bound) in [
            (json!({}), json!({}), false),
            (json!({}), json!({"volumeName": "pv"}), false),
            (done.clone(), json!({}), false),
            (done.clone(), json!({"volumeName": ""}), false),
            (done.clone(), json!({"volumeName": "pv"}), true),
        ] {
            assert_eq!(fully_bound(&claim(annotations, spec)), bound);
        }
        let chosen = claim(json!({SELECTED_NODE: "n1"}), json!({}));
        assert_eq!(selected_node(&chosen), Some("n1"));
    }
}
