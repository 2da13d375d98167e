//! VolumeZone: the zone and region labels of bound volumes.
//!
//! Only claims that are named are looked at. A node without any of the four labels takes every volume. What the plugin says about
//! claims that are not bound is mostly said by VolumeBinding before it; it is computed all the same, since a profile may have one
//! without the other.
//!
//! Source: kube-scheduler `framework/plugins/volumezone/volume_zone.go` (1.37).

use super::volumes::{Mount, Prepared, VolumeFailure, failure, missing};
use super::{Filter, FilterFailure, Incoming, NodeView, View};
use crate::kubernetes::claims::{class_name, volume_name};
use crate::kubernetes::in_tree::ZONES;
use crate::kubernetes::labels::{OLD_REGION, OLD_ZONE, REGION, ZONE};
use crate::kubernetes::storage_class::waits_for_consumer;
use crate::messages::scheduler::Reason;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// In the plugin's order: the first that differs counts.
const KEYS: [&str; 4] = [OLD_ZONE, OLD_REGION, ZONE, REGION];

/// What the plugin says of a claim that waits for nothing and still has no volume.
const NO_VOLUME: &str = "PersistentVolume had no name";

/// The zones and regions of the pod's volumes.
#[derive(Debug, Clone, Default)]
pub(super) struct Zones(Vec<Zone>);

#[derive(Debug, Clone)]
struct Zone {
    claim: String,
    volume: String,
    key: &'static str,
    values: Vec<String>,
}

/// Looks the labels of the pod's volumes up.
pub(super) fn find(mounts: &[Mount<'_>], view: &View<'_>) -> Prepared<Zones> {
    let mut found = Prepared::default();
    for mount in mounts.iter().filter(|mount| !mount.ephemeral) {
        match found.known(mount.claim) {
            Some(Some(claim)) => of_claim(&mut found, &mount.name, claim, view),
            Some(None) => refuse(&mut found, &missing(&mount.name), &mount.name),
            None => {}
        }
    }
    found
}

fn refuse(found: &mut Prepared<Zones>, reason: &str, claim: &str) {
    found.refuse(Filter::VolumeZone, reason, claim);
}

fn of_claim(
    found: &mut Prepared<Zones>,
    name: &str,
    claim: &PersistentVolumeClaim,
    view: &View<'_>,
) {
    let Some(volume) = volume_name(claim) else {
        return of_class(found, name, class_name(claim), view);
    };
    let seen = found.known(view.snapshot().volumes().get("", volume));
    match seen {
        Some(Some(object)) => {
            let labels = KEYS.iter().filter_map(|key| {
                Some(Zone {
                    claim: name.to_owned(),
                    volume: volume.to_owned(),
                    key,
                    values: values(object.labels.get(*key)?)?,
                })
            });
            found.state.0.extend(labels);
        }
        Some(None) => {
            let gone = Reason::VolumeMissing(volume.to_owned()).to_string();
            refuse(found, &gone, name);
        }
        None => {}
    }
}

/// A claim without a volume is only left alone when it waits for its first consumer.
fn of_class(found: &mut Prepared<Zones>, claim: &str, class: &str, view: &View<'_>) {
    if class.is_empty() {
        return refuse(found, &Reason::ClaimWithoutClass.to_string(), claim);
    }
    let refusal = match found.known(view.snapshot().storage_classes().get("", class)) {
        Some(Some(class)) => (!waits_for_consumer(class)).then(|| NO_VOLUME.to_owned()),
        Some(None) => Some(Reason::StorageClassMissing(class.to_owned()).to_string()),
        None => None,
    };
    if let Some(reason) = refusal {
        refuse(found, &reason, claim);
    }
}

/// The zones in a label's value; `None` for a value that is none.
fn values(label: &str) -> Option<Vec<String>> {
    let zones = label.split(ZONES).map(str::trim);
    let zones = zones.map(|zone| (!zone.is_empty()).then(|| zone.to_owned()));
    zones.collect()
}

/// The label of a node, where a node that only has the newer name of a label is understood.
fn found_on<'n>(node: &'n NodeView<'_>, key: &str) -> Option<&'n str> {
    let newer = match key {
        OLD_ZONE => ZONE,
        OLD_REGION => REGION,
        key => key,
    };
    node.label(key).or_else(|| node.label(newer))
}

/// The volumes of other zones and regions.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    if pod.zones.0.is_empty() || KEYS.iter().all(|key| node.label(key).is_none()) {
        return Vec::new();
    }
    let elsewhere = pod.zones.0.iter().filter_map(|zone| {
        let found = found_on(node, zone.key);
        if found.is_some_and(|found| zone.values.iter().any(|value| value == found)) {
            return None;
        }
        let volume = VolumeFailure::Zone {
            claim: zone.claim.clone(),
            volume: zone.volume.clone(),
            key: zone.key.to_owned(),
            wanted: zone.values.iter().map(ToString::to_string).collect(),
            found: found.map(str::to_owned),
        };
        Some(failure(
            Filter::VolumeZone,
            Reason::VolumeZone.text(),
            volume,
        ))
    });
    elsewhere.collect()
}

#[cfg(test)]
mod tests;
