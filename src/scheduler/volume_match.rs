//! In what a volume that is there differs from what a claim asks.
//!
//! What depends on the node (the volume's reach) is not compared here.
//!
//! Source: component-helpers `storage/volume/pv_helpers.go` (1.37), `FindMatchingVolume`, which the scheduler and the
//! controller of volumes share.

use crate::kubernetes::claims::class_name;
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::selector::{label_selector_matches, label_selector_text};
use crate::snapshot::{ClaimRef, Volume};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec};
use std::sync::LazyLock;

static NO_SPEC: LazyLock<PersistentVolumeClaimSpec> =
    LazyLock::new(PersistentVolumeClaimSpec::default);

/// One thing by which a volume does not fit a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Mismatch {
    /// It is of another class; empty for none.
    Class(String),
    /// It is smaller.
    Size {
        /// `spec.capacity.storage`
        has: Quantity,
        /// What the claim asks.
        asked: Quantity,
    },
    /// Its `volumeMode` is the other one.
    VolumeMode {
        /// The volume's.
        has: &'static str,
        /// The claim's.
        asked: &'static str,
    },
    /// It does not allow all access modes that the claim asks.
    AccessModes {
        /// What it allows.
        has: Vec<String>,
        /// What it lacks.
        lacks: Vec<String>,
    },
    /// It is of another VolumeAttributesClass; empty for none.
    AttributesClass(String),
    /// The claim's selector, which its labels do not fulfil.
    Selector(String),
    /// It is kept for a claim, or still names one that had it.
    Claimed(ClaimRef),
    /// It is being deleted.
    Terminating,
    /// It is not `Available`.
    Phase(String),
}

/// How much a claim asks.
pub(super) fn asked(claim: &PersistentVolumeClaim) -> Option<Quantity> {
    let resources = claim.spec.as_ref()?.resources.as_ref()?;
    resources.requests.as_ref()?.get("storage")?.0.parse().ok()
}

/// All of them; none when the claim can have the volume. Of a volume that names the claim less is asked.
pub fn mismatches(volume: &Volume, claim: &PersistentVolumeClaim) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if volume.class != class_name(claim) {
        found.push(Mismatch::Class(volume.class.clone()));
    }
    let spec = claim.spec.as_ref().unwrap_or(&NO_SPEC);
    let asked = asked(claim).unwrap_or_default();
    if volume.capacity < asked {
        let has = volume.capacity;
        found.push(Mismatch::Size { has, asked });
    }
    let (has, mode) = (volume.block, spec.volume_mode.as_deref() == Some("Block"));
    if has != mode {
        let [has, asked] = [has, mode].map(volume_mode);
        found.push(Mismatch::VolumeMode { has, asked });
    }
    let attributes = volume.attributes_class.as_deref().unwrap_or_default();
    let wanted = spec.volume_attributes_class_name.as_deref();
    if attributes != wanted.unwrap_or_default() {
        found.push(Mismatch::AttributesClass(attributes.to_owned()));
    }
    if volume.terminating {
        found.push(Mismatch::Terminating);
    }
    match &volume.claim {
        Some(of) if is_for(of, claim) => {}
        Some(of) => {
            found.push(Mismatch::Claimed(of.clone()));
            found.extend(of_free(volume, spec));
        }
        None => {
            if volume.phase != "Available" {
                found.push(Mismatch::Phase(volume.phase.clone()));
            }
            found.extend(of_free(volume, spec));
        }
    }
    found
}

/// What a volume that does not name the claim must be besides.
fn of_free(volume: &Volume, spec: &PersistentVolumeClaimSpec) -> impl Iterator<Item = Mismatch> {
    let selector = spec.selector.as_ref();
    let selector = selector.filter(|selector| !label_selector_matches(selector, &volume.labels));
    let modes = spec.access_modes.iter().flatten();
    let lacks: Vec<String> = modes
        .filter(|mode| !volume.access_modes.contains(mode))
        .cloned()
        .collect();
    let selector = selector.map(|selector| Mismatch::Selector(label_selector_text(selector)));
    let modes = (!lacks.is_empty()).then(|| Mismatch::AccessModes {
        has: volume.access_modes.clone(),
        lacks,
    });
    selector.into_iter().chain(modes)
}

fn volume_mode(block: bool) -> &'static str {
    if block { "Block" } else { "Filesystem" }
}

/// Whether the volume names the claim.
fn is_for(of: &ClaimRef, claim: &PersistentVolumeClaim) -> bool {
    let meta = &claim.metadata;
    let uid = of.uid.as_ref();
    meta.name.as_ref() == Some(&of.name)
        && meta.namespace.as_ref() == Some(&of.namespace)
        && uid.is_none_or(|uid| meta.uid.as_ref() == Some(uid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{Cluster, claim, volume};
    use serde_json::{Value, json};

    /// In what a volume with these fields differs from a claim with those.
    fn found(of_volume: &[(&str, Value)], of_claim: &[(&str, Value)]) -> Vec<Mismatch> {
        let set = |object, fields: &[(&str, Value)]| {
            let fields = fields.iter().cloned();
            fields.fold(
                object,
                |object: crate::scheduler::testing::Object, (path, value)| object.set(path, value),
            )
        };
        let cluster = Cluster::new()
            .with(set(volume("pv", "fast"), of_volume))
            .with(set(claim("data", "fast"), of_claim))
            .snapshot();
        let volume = cluster.volumes().get("", "pv").yes().expect("it is there");
        let claim = cluster
            .claims()
            .get("shop", "data")
            .yes()
            .expect("it is there");
        mismatches(volume, claim)
    }

    #[test]
    fn every_difference_is_named() {
        let one = |path: &'static str, value: Value| vec![(path, value)];
        let none = Vec::new;
        let of = |name: &str, uid: Value| json!({"namespace": "shop", "name": name, "uid": uid});
        let other = |name: &str| {
            Mismatch::Claimed(ClaimRef {
                namespace: "shop".into(),
                name: name.into(),
                uid: Some("gone".into()),
            })
        };
        for (of_volume, of_claim, expected) in [
            (none(), none(), None),
            (
                one("/spec/capacity/storage", json!("1Mi")),
                none(),
                Some(Mismatch::Size {
                    has: "1Mi".parse().unwrap(),
                    asked: "10Gi".parse().unwrap(),
                }),
            ),
            (
                one("/spec/storageClassName", json!("slow")),
                none(),
                Some(Mismatch::Class("slow".into())),
            ),
            (
                none(),
                one("/spec/volumeMode", json!("Block")),
                Some(Mismatch::VolumeMode {
                    has: "Filesystem",
                    asked: "Block",
                }),
            ),
            (
                none(),
                one(
                    "/spec/accessModes",
                    json!(["ReadWriteMany", "ReadWriteOnce"]),
                ),
                Some(Mismatch::AccessModes {
                    has: vec!["ReadWriteOnce".into()],
                    lacks: vec!["ReadWriteMany".into()],
                }),
            ),
            (
                none(),
                one("/spec/selector", json!({"matchLabels": {"disk": "ssd"}})),
                Some(Mismatch::Selector("disk=ssd".into())),
            ),
            (
                one("/spec/volumeAttributesClassName", json!("gold")),
                none(),
                Some(Mismatch::AttributesClass("gold".into())),
            ),
            (
                one("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z")),
                none(),
                Some(Mismatch::Terminating),
            ),
            (
                one("/status/phase", json!("Failed")),
                none(),
                Some(Mismatch::Phase("Failed".into())),
            ),
            (
                one("/spec/claimRef", of("data", json!("gone"))),
                none(),
                Some(other("data")),
            ),
            (
                one("/spec/claimRef", of("logs", json!("gone"))),
                none(),
                Some(other("logs")),
            ),
            // it was made for this claim: then selector and access modes do not matter
            (
                one("/spec/claimRef", of("data", Value::Null)),
                one("/spec/selector", json!({"matchLabels": {"disk": "ssd"}})),
                None,
            ),
        ] {
            let expected: Vec<Mismatch> = expected.into_iter().collect();
            assert_eq!(
                found(&of_volume, &of_claim),
                expected,
                "{of_volume:?} {of_claim:?}"
            );
        }
    }
}
