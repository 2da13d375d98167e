//! A volume is made of a ConfigMap, Secret or key that does not exist, so that it cannot be mounted.
//!
//! The kubelet reads them anew at each try, and tries again after two minutes at most (pkg/util/goroutinemap/exponentialbackoff).

use super::absent_objects;
use super::failed_mount::{self, FailedMount, SEEN_AS};
use super::volume_key;
use super::volume_object::{missing_object, of_driver};
use crate::messages::mount::{self, MountFailure};
use crate::rules::finding::Finding;
use crate::rules::shared::keyed::kind_of;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Kind;
use crate::text::say;

/// `volume-mount-missing-object`
pub static RULE: Rule = Rule {
    cause: "volume-mount-missing-object",
    layer: Layer::Volume,
    title: "a volume needs a ConfigMap, Secret or key that does not exist",
    seen_as: SEEN_AS,
    explanation: include_str!("volume_mount_missing_object.md"),
    reads: &[Kind::ConfigMap, Kind::Secret],
    refines: &["volume-mount"],
    root: Root::Facts(say!(
        "volume-mount-missing-object.root",
        "{kind} {name} in namespace {namespace} {lacks}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let told = failed_mount::of(case, |failure| {
        matches!(
            failure,
            MountFailure::ObjectMissing { .. }
                | MountFailure::KeyMissing { .. }
                | MountFailure::DriverSecretMissing { .. }
        )
    });
    let mut findings: Vec<Finding> = Vec::new();
    for finding in told.flat_map(|failed| of_event(&failed)) {
        let is_known =
            |other: &Finding| other.headline == finding.headline && other.facts == finding.facts;
        if !findings.iter().any(is_known) {
            findings.push(finding);
        }
    }
    if findings.is_empty() {
        return absent_objects::findings(case);
    }
    findings
}

/// A projected volume lists all that it misses.
fn of_event(failed: &FailedMount<'_>) -> Vec<Finding> {
    if let MountFailure::DriverSecretMissing { namespace, name } = &failed.mount.failure {
        return vec![of_driver(failed, namespace, name)];
    }
    let missing = mount::missing(failed.said()).into_iter();
    let finding = |missing| match missing {
        MountFailure::ObjectMissing { kind, name } => Some(missing_object(
            failed.case,
            kind_of(kind),
            &name,
            failed.name(),
            |headline| failed.finding(headline),
        )),
        MountFailure::KeyMissing { kind, key } => {
            Some(volume_key::missing_key(failed, kind_of(kind), &key))
        }
        _ => None,
    };
    missing.filter_map(finding).collect()
}
