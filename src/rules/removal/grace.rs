//! A pod of which nothing tells how long ago it was deleted, and which may take long to end: by a preStop hook, or a grace
//! period beyond what is usual.
//!
//! The kubelet runs the hooks before it sends SIGTERM, and kills what is left when the grace period is over
//! (pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer, 1.37).

use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::template::{field_path, place};
use crate::snapshot::{ContainerView, Evidence};
use crate::text::{Seconds, say};

/// Seconds that a pod has where nothing else is written, and as many again.
const USUAL: i64 = 60;

/// What may take it so long; none where it is deleted as any other.
pub(super) fn finding(case: &Case<'_>) -> Option<Finding> {
    let pod = case.pod();
    let metadata = &pod.pod().metadata;
    let until = metadata.deletion_timestamp.as_ref()?.0;
    let grace = metadata.deletion_grace_period_seconds.unwrap_or_default();
    let running: Vec<ContainerView<'_>> = pod
        .containers()
        .filter(|one| one.running().is_some())
        .collect();
    let failed = case.newest_event(&["FailedPreStopHook"]);
    let hook = running.iter().find_map(|one| pre_stop(case, one));
    let takes_long = failed.is_some() || hook.is_some() || grace > USUAL;
    if running.is_empty() || !takes_long || pod.marked_not_ready().is_some() {
        return None;
    }
    let headline = match (failed, &hook) {
        (Some(_), _) => say!(
            "stuck-terminating.hook-failed",
            "{containers|container|containers} {containers} {containers|runs|run} on after a preStop hook that failed; the grace period of {grace} ends at {until}"
        ),
        (None, Some(_)) => say!(
            "stuck-terminating.hook",
            "{containers|container|containers} {containers} {containers|runs|run} on, perhaps in a preStop hook; the grace period of {grace} ends at {until}"
        ),
        (None, None) => say!(
            "stuck-terminating.in-grace",
            "{containers|container|containers} {containers} {containers|runs|run} on; the grace period of {grace} ends at {until}"
        ),
    };
    let deletion = case.field("metadata.deletionTimestamp", until.to_string());
    let stop = failed.or_else(|| case.newest_event(&["Killing"]));
    let proof = stop.map_or_else(|| deletion.clone(), |event| case.event(event));
    let names: Vec<String> = running.iter().map(|one| one.name().to_owned()).collect();
    Some(
        Finding::new(case.subject(), headline, proof)
            .certainty(Certainty::Possible)
            .fact("containers", names)
            .fact("grace", Seconds(grace))
            .fact("until", until.to_string())
            .evidence(stop.is_some().then_some(deletion))
            .evidence(hook)
            .why(say!(
                "stuck-terminating.in-grace-why",
                "the kubelet runs the hook first, then sends SIGTERM, and kills what is left when the grace period is over"
            ))
            .fix([end_sooner(), shorten(case)])
            .inspect(case.node_log()),
    )
}

/// The hook that is run before the container is stopped.
fn pre_stop(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Evidence> {
    let hook = container.spec?.lifecycle.as_ref()?.pre_stop.as_ref()?;
    let told = match (&hook.exec, &hook.http_get, &hook.sleep) {
        (Some(exec), _, _) => exec
            .command
            .iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join(" "),
        (_, Some(http), _) => format!("httpGet {}", http.path.as_deref().unwrap_or("/")),
        (_, _, Some(sleep)) => format!("sleep {}", sleep.seconds),
        _ => return None,
    };
    let pointer = format!("{}/lifecycle/preStop", place(case, container)?);
    Some(case.field(field_path(&pointer), told))
}

fn end_sooner() -> Fix {
    let change = say!(
        "stuck-terminating.end-sooner",
        "let the hook and the program end sooner, at SIGTERM, or give them a shorter terminationGracePeriodSeconds"
    );
    Fix::advice(change, Who::Owner)
}

/// A second deletion may only shorten the time that is left (k8s.io/apiserver `rest/delete.go` BeforeDelete, 1.37).
fn shorten(case: &Case<'_>) -> Fix {
    let change = say!(
        "stuck-terminating.shorten-grace",
        "if this pod need not wait: delete it once more with a shorter grace period, in which its kubelet still stops it"
    );
    let pod = case.object();
    let words = ["delete", &pod.argument(), "--grace-period=30"];
    let command = case.kubectl(words);
    let fix = if case.pod().controller().is_some() {
        let template = case.kubectl(["delete", "pod/POD", "--grace-period=30"]);
        Fix::advice(change, Who::Owner).template(template)
    } else {
        Fix::command(change, Who::Owner, pod, command)
    };
    fix.risk(crate::rules::finding::Risk::Destroys)
}
