//! Where to look next, and how an object is named in the report.

use super::ladder::next_layer;
use crate::report::{Affected, Next, Rung};
use crate::rules::Case;
use crate::snapshot::{ObjectRef, Snapshot};
use crate::triage::Subject;

/// The object as the report names it.
pub(super) fn affected<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    container: Option<String>,
) -> Affected {
    let ObjectRef {
        kind,
        namespace,
        name,
    } = case.it.shown(case.snapshot);
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
    }
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
