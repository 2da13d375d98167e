//! `stuck-terminating`: a pod is still there though its grace period is over.
//!
//! The kubelet stops the containers, unmounts the volumes and takes the sandbox away, then deletes the pod without a grace
//! period; the API server lets it go once no finalizer is left. Without its node nothing of that happens, which is
//! `node-lost`'s to tell.
//!
//! Sources: pkg/kubelet `kubelet.go` (SyncTerminatingPod, SyncTerminatedPod), `status/status_manager.go` (canBeDeleted);
//! pkg/controller/job `tracking_utils.go`; apiserver `registry/generic/registry/store.go` (1.37).

use super::finalizers::{domains, of_dependents};
use super::grace;
use super::tidying::{by_kubelet, on_node};
use crate::messages::disruption::Disruption;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::drain;
use crate::rules::shared::leaving::{self, Removal};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::PodView;
use crate::text::{Seconds, Sentence, say};
use crate::triage::{Standing, Subject};
use serde_json::json;

/// A pod is still there though its grace period is over.
pub static RULE: Rule = Rule {
    cause: "stuck-terminating",
    layer: Layer::Removal,
    title: "a pod that was deleted does not go away",
    seen_as: &[
        "Terminating",
        "Completed",
        "Error",
        "FailedKillPod",
        "ExceededGracePeriod",
        "KillPodSandboxError",
        "FailedPreStopHook",
        "FailedUnMount",
    ],
    explanation: include_str!("stuck_terminating.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!(
        "stuck-terminating.root",
        "{finalizers|finalizer|finalizers} {finalizers} {finalizers|keeps|keep} pods from going away"
    )),
    check: Check::Pod(check),
};

/// Stays on a pod until its Job has counted it.
const JOB_TRACKING: &str = "batch.kubernetes.io/job-tracking";

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some(deletion) = case.pod().pod().metadata.deletion_timestamp.as_ref() else {
        return Vec::new();
    };
    if case.pod().standing(case.snapshot) != Standing::Stuck {
        // what was read without a clock does not tell whether it is late
        return grace::finding(case).into_iter().collect();
    }
    let finding = match (finalizers(case.pod()), on_node(case)) {
        ([], None) => return Vec::new(),
        (finalizers, None) => by_finalizers(case, finalizers),
        (finalizers, Some(stage)) => {
            let kept = case.field("metadata.finalizers", finalizers.join(", "));
            let is_kept = !finalizers.is_empty();
            by_kubelet(case, &stage)
                .fact_if("kept", is_kept.then(|| finalizers.to_vec()))
                .evidence(is_kept.then_some(kept))
        }
    };
    let is_told = case.snapshot.clock().exact;
    let since = is_told.then(|| Seconds(case.seconds_since(deletion.0)));
    let removal = leaving::of_pod(case.pod(), case.snapshot);
    let removed = removal.as_ref().map(Removal::words);
    let is_evicted = |it: &Removal| it.disruption == Some(Disruption::EvictedByApi);
    let evicted = removal.as_ref().filter(|it| is_evicted(it));
    let held_up = evicted.and_then(|_| drain::held_up_by(case.pod(), case.snapshot));
    let (held_up, budget) = held_up.unzip();
    vec![
        finding
            .fact_if("since", since)
            .fact_if("removed", removed)
            .fact_if("heldUp", held_up)
            .evidence(removal.into_iter().flat_map(|removal| removal.proof))
            .evidence(budget),
    ]
}

pub(super) fn finalizers(pod: &PodView) -> &[String] {
    pod.pod().metadata.finalizers.as_deref().unwrap_or_default()
}

fn by_finalizers(case: &Case<'_>, finalizers: &[String]) -> Finding {
    let headline = say!(
        "stuck-terminating.finalizers",
        "{finalizers|finalizer|finalizers} {finalizers} {finalizers|keeps|keep} it from going away[, {since} after its grace period was over][; {removed}][; {heldUp}]"
    );
    let is_of_job = finalizers.iter().any(|one| one == JOB_TRACKING);
    let others = finalizers.iter().map(String::as_str);
    let dependents = of_dependents(others.clone());
    let domains = domains(others.filter(|one| *one != JOB_TRACKING));
    let proof = case.field("metadata.finalizers", finalizers.join(", "));
    let job = Fix::advice(
        say!(
            "stuck-terminating.job-controller",
            "see whether kube-controller-manager runs: its job controller takes {tracking} away once it has counted the pod"
        ),
        Who::Admin,
    );
    let controller = Fix::advice(
        say!(
            "stuck-terminating.controller",
            "look at the controller of {domains}: whether it runs, and what it waits for before it takes its finalizer away"
        ),
        Who::Admin,
    );
    let collector = Fix::advice(
        say!(
            "stuck-terminating.garbage-collector",
            "see whether kube-controller-manager runs: its garbage collector takes {dependents} away once it has seen to all that names the pod as its owner"
        ),
        Who::Admin,
    );
    let remove = say!(
        "stuck-terminating.remove-finalizers",
        "if that controller will not come back: take the {finalizers|finalizer|finalizers} away; what {finalizers|it was|they were} to clean up stays behind"
    );
    let get = [
        "get",
        &case.object().argument(),
        "-o",
        "yaml",
        "--show-managed-fields",
    ];
    Finding::new(case.subject(), headline, proof)
        .fact("finalizers", finalizers.to_vec())
        .fact_if("tracking", is_of_job.then_some(JOB_TRACKING))
        .fact_if("dependents", dependents.clone())
        .fact_if("domains", (!domains.is_empty()).then_some(domains.clone()))
        .why(say!(
            "stuck-terminating.finalizers-why",
            "the API server lets an object go when the list is empty; each entry is taken away by the controller that put it there"
        ))
        .fix(is_of_job.then_some(job))
        .fix(dependents.map(|_| collector))
        .fix((!domains.is_empty()).then_some(controller))
        .fix([without(case, finalizers, remove)])
        // tells who set them
        .inspect(case.kubectl(get))
}

/// Takes the finalizers away. Of pods that have a controller there may be several, and each needs it.
fn without(case: &Case<'_>, finalizers: &[String], change: Sentence) -> Fix {
    if case.pod().controller().is_some() {
        let patch = r#"{"metadata":{"finalizers":null}}"#;
        let template = case.kubectl(["patch", "pod/POD", "-p", patch]);
        return Fix::advice(change, Who::Admin).template(template);
    }
    let before = json!({"metadata": {"finalizers": finalizers}});
    let patch = vec![json!({"op": "remove", "path": "/metadata/finalizers"})];
    Fix::edit(change, Who::Admin, case.object(), patch, &before)
}
