//! What a pod's volumes hold and is not there, where no event says so: they have expired, could not be read, or only list what is
//! not mounted.

use super::failed_mount;
use super::volume_key;
use super::volume_object::{kind_of, missing_object};
use crate::kubernetes::volume_objects::VolumeObject;
use crate::messages::mount::MountFailure;
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::keyed::catalog;
use crate::snapshot::{ObjectRef, Seen};
use crate::text::Sentence;
use crate::triage::creation;

/// What is absent, of a pod whose volumes may not be mounted. Proven where the kubelet lists the volume: the object may also have
/// gone after it was mounted.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let told = failed_mount::all(case);
    let mut listed: Vec<&str> = Vec::new();
    for failed in &told {
        match &failed.mount.failure {
            MountFailure::Boilerplate { unmounted } => {
                listed.extend(unmounted.iter().map(String::as_str));
            }
            MountFailure::NotYet { .. } => listed.extend(failed.volume),
            // something else keeps it
            _ => return Vec::new(),
        }
    }
    if told.is_empty() && !creation::may_lack_volumes(case.snapshot.store().events(), case.pod()) {
        return Vec::new();
    }
    let objects = case.pod().volume_objects().into_iter();
    let needed = objects.filter(|object| {
        !object.optional && (listed.is_empty() || listed.contains(&object.volume))
    });
    needed
        .filter_map(|object| absent(case, &object, !listed.is_empty()))
        .collect()
}

fn absent(case: &Case<'_>, wanted: &VolumeObject<'_>, is_listed: bool) -> Option<Finding> {
    let kind = kind_of(wanted);
    let object = ObjectRef::new(kind, case.namespace(), wanted.name);
    let begin = |proof| {
        move |headline: Sentence| {
            let finding = Finding::new(case.subject(), headline, proof);
            finding
                .fact_if("node", case.pod().node())
                .when(!is_listed, |finding| finding.certainty(Certainty::Likely))
        }
    };
    match catalog(case, kind).get(case.namespace(), wanted.name) {
        Seen::No => {
            let begin = begin(case.absence(object));
            let mut finding = missing_object(case, kind, wanted.name, Some(wanted.volume), begin);
            let proof = finding.proof.clone();
            finding.evidence.retain(|evidence| *evidence != proof);
            Some(finding)
        }
        Seen::Yes(keyed) => {
            let keys = keyed.keys.as_ref()?;
            let (missing, _) = wanted
                .keys
                .iter()
                .find(|(key, _)| keys.iter().all(|known| known != key))?;
            let proof = case.field_of(object, "data", keys.join(", "));
            Some(volume_key::of_object(case, wanted, missing, begin(proof)))
        }
        Seen::Unknown(_) => None,
    }
}
