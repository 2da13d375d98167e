//! Claims that were named: whether one is bound, who mounts it, and what is said last of one that waits.
//!
//! A claim keeps nobody waiting by itself. Where a pod that mounts it is stuck, that is told, with what the claim has to do
//! with it.

use crate::kubernetes::claims;
use crate::report::{Diagnosis, NotStuck, Remark, StandingReport};
use crate::snapshot::{Evidence, Kind, ObjectRef, PodRecord, Snapshot};
use crate::text::{Message, Sentence, say};
use crate::triage::Scope;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// Pods that are named.
const MOUNTING: usize = 5;

/// Those of which no pod is stuck.
pub(super) fn not_stuck(
    scope: &Scope,
    snapshot: &Snapshot<'_>,
    diagnoses: &[Diagnosis],
) -> Vec<NotStuck> {
    let named = scope
        .targets
        .iter()
        .filter(|it| it.kind == Kind::PersistentVolumeClaim);
    let claims = named.filter_map(|target| {
        let (namespace, name) = (scope.place(target)?, target.name.as_deref()?);
        let claim = snapshot.store().claims().get(namespace, name).yes()?;
        let records = snapshot.pod_records();
        let mounts = |pod: &&PodRecord| records.claims_of(pod).any(|it| it == name);
        let pods: Vec<ObjectRef> = records
            .in_namespace(namespace)
            .filter(mounts)
            .map(|pod| ObjectRef::new(Kind::Pod, namespace, &pod.name))
            .collect();
        let mut affected = diagnoses.iter().flat_map(|one| &one.affected);
        let is_stuck = affected.any(|one| pods.contains(&one.object()));
        (!is_stuck).then(|| of_claim(namespace, name, claim, &pods, snapshot))
    });
    claims.collect()
}

fn of_claim(
    namespace: &str,
    name: &str,
    claim: &PersistentVolumeClaim,
    pods: &[ObjectRef],
    snapshot: &Snapshot<'_>,
) -> NotStuck {
    let object = ObjectRef::new(Kind::PersistentVolumeClaim, namespace, name);
    let phase = Some(claims::phase(claim)).filter(|phase| !phase.is_empty());
    let is_bound = phase == Some("Bound");
    let shown = pods.iter().take(MOUNTING).map(|pod| pod.name.clone());
    let all_read = snapshot.pods().whole(namespace).is_ok();
    let message = Message::new(words(is_bound, !pods.is_empty(), all_read))
        .fact_if("volume", claims::volume_name(claim))
        .fact("phase", phase.unwrap_or("Pending"))
        .fact("pods", shown.collect::<Vec<_>>())
        .fact_if(
            "more",
            (pods.len() > MOUNTING).then(|| pods.len() - MOUNTING),
        );
    let uid = claim.metadata.uid.as_deref();
    let last = snapshot.store().events().of(&object, uid).next_back();
    let waits = last.filter(|_| !is_bound).map(|event| {
        let said = Message::new(say!("remark.claim-waits", "what was said of it last"));
        Remark::new(said, Evidence::of_event(event, snapshot))
    });
    NotStuck {
        standing: if is_bound {
            StandingReport::Healthy
        } else {
            StandingReport::Progressing
        },
        object,
        until: None,
        because: message.english(),
        message,
        started_seconds: None,
        restarts: None,
        remarks: waits.into_iter().collect(),
    }
}

fn words(is_bound: bool, is_mounted: bool, all_read: bool) -> Sentence {
    match (is_bound, is_mounted) {
        (true, false) if !all_read => say!("standing.claim-bound", "bound[ to {volume}]"),
        (false, false) if !all_read => say!("standing.claim-phase", "{phase}"),
        (true, true) => say!(
            "standing.claim-mounted",
            "bound[ to {volume}], mounted by {pods}[ and {more} more]"
        ),
        (true, false) => say!(
            "standing.claim-unused",
            "bound[ to {volume}], and no pod mounts it"
        ),
        (false, true) => say!(
            "standing.claim-awaited",
            "{phase}, and {pods}[ and {more} more] {pods|mounts|mount} it"
        ),
        (false, false) => say!(
            "standing.claim-waits",
            "{phase}, and no pod mounts it, so that nobody waits for it"
        ),
    }
}
