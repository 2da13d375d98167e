//! Where to look next, and how an object is named in the report.

use super::ladder::next_layer;
use crate::report::{Affected, Next, Rung};
use crate::rules::Case;
use crate::snapshot::{Kind, ObjectRef, Snapshot};
use crate::triage::Subject;

/// The object as the report names it.
pub(super) fn affected<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    container: Option<String>,
) -> Affected {
    let object = case.it.shown(case.snapshot);
    let workload = Some(case.subject()).filter(|owner| *owner != object || is_workload(owner));
    let ObjectRef {
        kind,
        namespace,
        name,
    } = object;
    Affected {
        kind,
        namespace,
        name,
        container,
        status: case.it.status(),
        since_seconds: case
            .it
            .since(case.snapshot)
            .map(|since| case.seconds_since(since)),
        ended: case.it.has_ended(),
        workload,
    }
}

/// A kind that is not known here is a controller of somebody's own.
fn is_workload(object: &ObjectRef) -> bool {
    object.known_kind().is_some_and(Kind::is_workload)
}

/// A pod as the report names it, by what was read of it.
pub(super) fn affected_pod(snapshot: &Snapshot<'_>, pod: &ObjectRef) -> Affected {
    let namespace = pod.namespace.as_deref().unwrap_or_default();
    let whole = snapshot.store().whole_pod(namespace, &pod.name);
    let since = whole.and_then(|whole| whole.since(snapshot));
    Affected {
        kind: pod.kind.clone(),
        namespace: pod.namespace.clone(),
        name: pod.name.clone(),
        container: None,
        // of a pod that is not kept whole no more is known than that it runs
        status: whole.map_or_else(|| "Running".to_owned(), |whole| Subject::status(&whole)),
        since_seconds: since.map(|since| snapshot.seconds_since(since)),
        ended: whole.is_some_and(|whole| whole.has_ended()),
        workload: whole
            .map(|whole| whole.owner(snapshot))
            .filter(|owner| owner != pod),
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
