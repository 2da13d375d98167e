//! Where to look next, and how an object is named in the report.

use super::ladder::next_layer;
use crate::report::{Affected, ContainersReport, Next, RestartsReport, Rung};
use crate::rules::Case;
use crate::snapshot::{Kind, ObjectRef, Snapshot};
use crate::triage::{Restarts, Subject};
use jiff::Timestamp;

/// The object as the report names it.
pub(super) fn affected<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    container: Option<String>,
) -> Affected {
    named(case.it, case.snapshot, container)
}

/// A kind that is not known here is a controller of somebody's own.
fn is_workload(object: &ObjectRef) -> bool {
    object.known_kind().is_some_and(Kind::is_workload)
}

/// A pod as the report names it, by what was read of it.
pub(super) fn affected_pod(snapshot: &Snapshot<'_>, pod: &ObjectRef) -> Affected {
    let namespace = pod.namespace.as_deref().unwrap_or_default();
    if let Some(whole) = snapshot.store().whole_pod(namespace, &pod.name) {
        return named(whole, snapshot, None);
    }
    Affected {
        kind: pod.kind.clone(),
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        container: None,
        // of a pod that is not kept whole no more is known than that it runs
        status: "Running".to_owned(),
        containers: None,
        since_seconds: None,
        restarts: None,
        ended: false,
        workload: None,
    }
}

fn named<'a, S: Subject<'a>>(
    subject: S,
    snapshot: &Snapshot<'_>,
    container: Option<String>,
) -> Affected {
    let object = subject.object();
    let owner = subject.owner(snapshot);
    let is_owned = owner != object || is_workload(&owner);
    let since = subject.since(snapshot);
    let restarts = subject.restarts(container.as_deref());
    Affected {
        kind: object.kind,
        namespace: object.namespace,
        name: object.name,
        status: subject.status(),
        containers: subject
            .ready()
            .map(|(ready, all)| ContainersReport { ready, all }),
        since_seconds: since.and_then(|since| age(snapshot, since)),
        restarts: restarts.map(|restarts| restarts_report(snapshot, restarts)),
        ended: subject.has_ended(),
        workload: is_owned.then_some(owner),
        container,
    }
}

/// How long ago it was. In a dump that does not say when it was written its newest time stands for that, of which nobody knows how
/// long ago it was.
pub(super) fn age(snapshot: &Snapshot<'_>, time: Timestamp) -> Option<i64> {
    let seconds = snapshot.seconds_since(time);
    (seconds > 0 || snapshot.clock().exact).then_some(seconds)
}

/// The restarts as the report tells them.
pub(super) fn restarts_report(snapshot: &Snapshot<'_>, restarts: Restarts<'_>) -> RestartsReport {
    let last = restarts.last;
    let ended = last.and_then(|end| end.finished_at.as_ref());
    RestartsReport {
        count: restarts.count,
        last_seconds: ended.and_then(|ended| age(snapshot, ended.0)),
        last_reason: last.and_then(|end| end.reason.clone()),
        last_exit_code: last.map(|end| end.exit_code),
    }
}

/// Where to look next, with the finding's own command or the layer's.
pub(super) fn next<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    rungs: &[Rung],
    inspect: Option<String>,
) -> Next {
    let layer = next_layer(rungs);
    Next {
        layer,
        command: inspect.unwrap_or_else(|| case.it.inspect(layer)),
    }
}
