//! A volume that is there and nearly fits a claim, and in what it differs.

use crate::kubernetes::claims::class_name;
use crate::kubernetes::node_terms::NodeTerms;
use crate::kubernetes::patch;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::scheduler::volume_match::{Mismatch, mismatches};
use crate::snapshot::{ClaimRef, Evidence, Kind, ObjectRef, Volume};
use crate::text::{Message, say};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use serde_json::json;
use std::cmp::Reverse;

/// A volume that differs in more is another one.
const NEAR: usize = 2;

/// The volume that nearly fits, or fits.
pub(super) struct NearVolume<'a> {
    pub(super) name: &'a str,
    volume: &'a Volume,
    mismatches: Vec<Mismatch>,
    /// Whether it names a claim of the same name, which is not the same one.
    is_of_namesake: bool,
}

/// The volume that differs least from what the claim asks, of those that no claim has. One of another class has to be like in
/// all else.
pub(super) fn nearest<'a>(
    case: &Case<'a>,
    claim: &PersistentVolumeClaim,
) -> Option<NearVolume<'a>> {
    let volumes = case.snapshot.volumes().seen();
    let free = volumes.filter(|(_, volume)| volume.phase != "Bound");
    let compared = free.map(|((_, name), volume)| NearVolume::of(claim, name, volume));
    let is_near = |near: &NearVolume<'_>| {
        let most = if near.volume.class == class_name(claim) {
            NEAR
        } else {
            1
        };
        near.mismatches.len() <= most
    };
    compared
        .filter(is_near)
        .min_by_key(|near| (near.mismatches.len(), Reverse(near.volume.capacity)))
}

impl<'a> NearVolume<'a> {
    /// A volume held against a claim.
    pub(super) fn of(claim: &PersistentVolumeClaim, name: &'a str, volume: &'a Volume) -> Self {
        let own = (&claim.metadata.namespace, &claim.metadata.name);
        let is_namesake =
            |of: &ClaimRef| own == (&Some(of.namespace.clone()), &Some(of.name.clone()));
        NearVolume {
            name,
            volume,
            mismatches: mismatches(volume, claim),
            is_of_namesake: volume.claim.as_ref().is_some_and(is_namesake),
        }
    }

    /// Whether the claim that had it is gone.
    pub(super) fn is_released(&self) -> bool {
        self.volume.phase == "Released"
    }

    /// Whether it differs in nothing.
    pub(super) fn fits(&self) -> bool {
        self.mismatches.is_empty()
    }

    /// Whether it has the claim's class.
    pub(super) fn has_class(&self) -> bool {
        let mut all = self.mismatches.iter();
        !all.any(|one| matches!(one, Mismatch::Class(_)))
    }

    /// Whether it is kept for another claim, or was another's.
    pub(super) fn is_of_another(&self, claim: &PersistentVolumeClaim) -> bool {
        let name = claim.metadata.name.as_ref();
        let other = |of: &ClaimRef| {
            Some(&of.name) != name || Some(&of.namespace) != claim.metadata.namespace.as_ref()
        };
        let mut all = self.mismatches.iter();
        all.any(|one| matches!(one, Mismatch::Claimed(of) if other(of)))
    }

    /// The nodes that reach it, when not all do.
    pub(super) fn reach(&self) -> Option<NodeTerms> {
        self.volume.node_affinity.as_ref().map(NodeTerms::from)
    }

    /// How it stands.
    pub(super) fn phase(&self, case: &Case<'_>) -> Evidence {
        let phase = self.volume.phase.as_str();
        case.field_of(self.object(), "status.phase", phase)
    }

    fn object(&self) -> ObjectRef {
        ObjectRef::new(Kind::PersistentVolume, "", self.name)
    }

    /// Names it and in what it differs, proves that, and offers what would make it fit.
    pub(super) fn tell(&self, case: &Case<'_>, finding: Finding) -> Finding {
        let differences: Vec<Message> = self
            .mismatches
            .iter()
            .map(|one| self.difference(one))
            .collect();
        finding
            .fact("volume", self.name)
            .fact("differences", differences)
            .evidence(self.proofs(case))
            .fix(self.fix(&self.object()))
    }

    /// Where the volume shows in what it differs.
    pub(super) fn proofs(&self, case: &Case<'_>) -> Vec<Evidence> {
        let object = self.object();
        let proofs = self.mismatches.iter().filter_map(|one| {
            let (path, quote) = self.field(one)?;
            Some(case.field_of(object.clone(), path, quote))
        });
        proofs.collect()
    }

    /// The field of the volume that shows it.
    fn field(&self, mismatch: &Mismatch) -> Option<(&'static str, String)> {
        let volume = self.volume;
        Some(match mismatch {
            Mismatch::Class(class) if class.is_empty() => return None,
            Mismatch::Class(class) => ("spec.storageClassName", class.clone()),
            Mismatch::Size { has, .. } => ("spec.capacity.storage", has.to_string()),
            Mismatch::VolumeMode { has, .. } => ("spec.volumeMode", (*has).to_owned()),
            Mismatch::AccessModes { has, .. } => ("spec.accessModes", has.join(", ")),
            Mismatch::AttributesClass(class) => ("spec.volumeAttributesClassName", class.clone()),
            Mismatch::Claimed(of) => ("spec.claimRef", format!("{}/{}", of.namespace, of.name)),
            Mismatch::Phase(phase) => ("status.phase", phase.clone()),
            Mismatch::Selector(_) => {
                let labels = volume.labels.iter();
                let labels: Vec<String> = labels
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                ("metadata.labels", labels.join(", "))
            }
            Mismatch::Terminating => return None,
        })
    }

    fn difference(&self, mismatch: &Mismatch) -> Message {
        match mismatch {
            Mismatch::Class(class) if class.is_empty() => {
                say!("near-volume.no-class", "has no class").into()
            }
            Mismatch::Class(class) => {
                Message::new(say!("near-volume.class", "has the class {class}"))
                    .fact("class", class.as_str())
            }
            Mismatch::Size { has, asked } => {
                Message::new(say!("near-volume.size", "has {has} of the {asked} asked"))
                    .fact("has", *has)
                    .fact("asked", *asked)
            }
            Mismatch::VolumeMode { has, asked } => Message::new(say!(
                "near-volume.volume-mode",
                "has the volumeMode {has}, not {asked}"
            ))
            .fact("has", *has)
            .fact("asked", *asked),
            Mismatch::AccessModes { has, lacks } => Message::new(say!(
                "near-volume.access-modes",
                "allows {has}, not {lacks}"
            ))
            .fact("has", has.clone())
            .fact("lacks", lacks.clone()),
            Mismatch::AttributesClass(class) => Message::new(say!(
                "near-volume.attributes-class",
                "is of another VolumeAttributesClass[ ({class})]"
            ))
            .fact_if("class", (!class.is_empty()).then_some(class.as_str())),
            Mismatch::Selector(selector) => Message::new(say!(
                "near-volume.selector",
                "lacks labels of the claim's selector {selector}"
            ))
            .fact("selector", selector.as_str()),
            Mismatch::Claimed(of) => self.claimed(of),
            Mismatch::Terminating => say!("near-volume.terminating", "is being deleted").into(),
            Mismatch::Phase(phase) => {
                Message::new(say!("near-volume.phase", "is {phase}")).fact("phase", phase.as_str())
            }
        }
    }

    fn claimed(&self, of: &ClaimRef) -> Message {
        let sentence = if self.volume.phase == "Released" && self.is_of_namesake {
            say!(
                "near-volume.released-by-namesake",
                "is Released and still names an earlier claim {claim} (another uid)"
            )
        } else if self.volume.phase == "Released" {
            say!(
                "near-volume.released",
                "is Released and still names the claim {claim} that had it"
            )
        } else {
            say!("near-volume.reserved", "is kept for the claim {claim}")
        };
        Message::new(sentence).fact("claim", format!("{}/{}", of.namespace, of.name))
    }

    /// What makes it fit, where that is one change.
    fn fix(&self, object: &ObjectRef) -> Option<Fix> {
        let [only] = self.mismatches.as_slice() else {
            return None;
        };
        match only {
            Mismatch::Claimed(of) if self.volume.phase == "Released" => {
                let change = say!(
                    "near-volume.release",
                    "free the volume {volume} of the claim that had it, if this claim may have its data"
                );
                let before = patch::nested(
                    "/spec/claimRef",
                    json!({"namespace": of.namespace, "name": of.name}),
                );
                let patch = vec![patch::remove("/spec/claimRef")];
                Some(Fix::edit(
                    change,
                    Who::Admin,
                    object.clone(),
                    patch,
                    &before,
                ))
            }
            Mismatch::Size { has, .. } => {
                let change = say!(
                    "near-volume.ask-less",
                    "make the claim anew and ask no more than {has}, if that is enough"
                );
                Some(Fix::advice(change, Who::Owner).fact("has", *has))
            }
            Mismatch::Class(class) => {
                let change = say!(
                    "near-volume.ask-its-class",
                    "make the claim anew with storageClassName: {class}, if the volume {volume} was meant"
                );
                let class = if class.is_empty() { "\"\"" } else { class };
                Some(Fix::advice(change, Who::Owner).fact("class", class))
            }
            Mismatch::VolumeMode { has, .. } => {
                let change = if *has == "Block" {
                    say!(
                        "near-volume.ask-for-a-device",
                        "make the claim anew with volumeMode {has}, if the volume {volume} was meant; the container then names it under volumeDevices in place of volumeMounts"
                    )
                } else {
                    say!(
                        "near-volume.ask-its-mode",
                        "make the claim anew with volumeMode {has}, if the volume {volume} was meant"
                    )
                };
                Some(Fix::advice(change, Who::Owner).fact("has", *has))
            }
            Mismatch::Claimed(_) | Mismatch::Terminating | Mismatch::Phase(_) => None,
            _ => Some(Fix::advice(
                say!(
                    "near-volume.ask-for-it",
                    "make the claim anew as the volume {volume} is, if that one was meant"
                ),
                Who::Owner,
            )),
        }
    }
}
