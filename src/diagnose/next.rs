//! Where to look next, and how an object is named in the report.

use super::ladder::next_layer;
use crate::kubernetes::resources::Amounts;
use crate::report::{Affected, ContainersReport, Next, RestartsReport, Rung};
use crate::rules::Case;
use crate::rules::finding::{Finding, NextCommand, Who};
use crate::snapshot::{Kind, ObjectRef, Origin, ReadScope, Snapshot};
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
        held: false,
        workload: None,
        node: None,
        requests: Amounts::new(),
    }
}

fn named<'a, S: Subject<'a>>(
    subject: S,
    snapshot: &Snapshot<'_>,
    container: Option<String>,
) -> Affected {
    let object = subject.shown(snapshot);
    let owner = subject.owner(snapshot);
    let is_owned = owner != object || is_workload(&owner);
    let since = subject.since(snapshot);
    let restarts = subject.restarts(container.as_deref());
    Affected {
        kind: object.kind,
        namespace: object.namespace,
        name: object.name,
        status: subject.status(snapshot),
        containers: subject
            .ready()
            .map(|(ready, all)| ContainersReport { ready, all }),
        since_seconds: since.and_then(|since| age(snapshot, since)),
        restarts: restarts.map(|restarts| restarts_report(snapshot, restarts)),
        ended: subject.has_ended(snapshot),
        held: subject.held(snapshot).is_some(),
        workload: is_owned.then_some(owner),
        node: subject.node().map(str::to_owned),
        requests: subject.requests(),
        container,
    }
}

/// How long ago it was. In a dump that does not say when it was written its newest time stands for that, of which
/// nobody knows how long ago it was.
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
        last_reason: last
            .and_then(|end| end.reason.as_deref())
            .map(str::to_owned),
        last_exit_code: last.map(|end| end.exit_code),
    }
}

/// Where to look next: what the finding says, or what shows more of the layer. Nothing that shows what is quoted already, and
/// nothing that takes a right that was refused: then an administrator sees more.
pub(super) fn next<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    rungs: &[Rung],
    finding: Option<&Finding>,
) -> Next {
    let layer = next_layer(rungs);
    let inspect = finding.and_then(|finding| finding.inspect.clone());
    let inspect = inspect.unwrap_or_else(|| case.it.inspect(layer));
    let is_quoted = finding.is_some_and(|finding| shows_events(&inspect.command, finding));
    let inspect = Some(inspect).filter(|_| !is_quoted);
    let NextCommand { command, node } = inspect.unwrap_or_default();
    let store = case.snapshot.store();
    let mut refused = reads(&command).into_iter();
    if refused.any(|(kind, scope)| store.is_refused(kind, &scope)) {
        return Next {
            layer,
            command: case.subject().diagnose(),
            node: None,
            who: Who::Admin,
        };
    }
    Next {
        layer,
        command,
        who: if node.is_some() {
            Who::Admin
        } else {
            Who::Owner
        },
        node,
    }
}

/// Whether the command describes an object whose events the finding quotes.
fn shows_events(command: &str, finding: &Finding) -> bool {
    let mut quotes = finding.evidence.iter().chain([&finding.proof]);
    quotes.any(|quote| {
        let object = &quote.object;
        let is_event = matches!(quote.origin, Origin::Event { .. });
        is_event && object.kubectl(["describe", &object.argument()]) == command
    })
}

/// What a command of `kubectl get` or `describe` reads.
fn reads(command: &str) -> Vec<(Kind, ReadScope)> {
    let mut words = command.split_whitespace();
    if words.next() != Some("kubectl") {
        return Vec::new();
    }
    let words: Vec<&str> = words.collect();
    let (namespace, words) = match words.as_slice() {
        ["-n", namespace, words @ ..] => (Some(*namespace), words),
        words => (None, words),
    };
    let ["get" | "describe", objects @ ..] = words else {
        return Vec::new();
    };
    let objects = objects.iter().take_while(|word| !word.starts_with('-'));
    let objects = objects.flat_map(|word| word.split(','));
    let read = objects.filter_map(|object| {
        let (kind, name) = match object.split_once('/') {
            Some((kind, name)) => (kind, Some(name.to_owned())),
            None => (object, None),
        };
        let scope = match (namespace.map(str::to_owned), name) {
            (namespace, Some(name)) => ReadScope::Object(namespace.unwrap_or_default(), name),
            (Some(namespace), None) => ReadScope::Namespace(namespace),
            (None, None) => ReadScope::Everywhere,
        };
        Some((Kind::of_argument(kind)?, scope))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_tells_what_it_reads() {
        let object = |namespace: &str, name: &str| ReadScope::Object(namespace.into(), name.into());
        for (command, expected) in [
            (
                "kubectl describe node/a",
                vec![(Kind::Node, object("", "a"))],
            ),
            (
                "kubectl get pods -A -o wide",
                vec![(Kind::Pod, ReadScope::Everywhere)],
            ),
            (
                "kubectl -n shop get secrets",
                vec![(Kind::Secret, ReadScope::Namespace("shop".into()))],
            ),
            (
                "kubectl -n shop describe pvc/a pvc/b",
                vec![
                    (Kind::PersistentVolumeClaim, object("shop", "a")),
                    (Kind::PersistentVolumeClaim, object("shop", "b")),
                ],
            ),
            ("kubectl -n shop logs pod/a -c b", vec![]),
            ("kubectl get nodepools,nodeclaims", vec![]),
            ("crictl pull a", vec![]),
        ] {
            assert_eq!(reads(command), expected, "{command}");
        }
    }
}
