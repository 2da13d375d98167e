//! Whether waiting is over: everything that was named is there, or something of it will not come by itself.

use crate::report::{Affected, AwaitedReport, Diagnosis, GapReport, Report};
use crate::rules::finding::Certainty;
use crate::snapshot::{Kind, ObjectRef, Snapshot};
use crate::text::{Message, say};
use crate::triage::{Awaits, Scope, awaited, is_awaited, is_of_old_revision};
use std::time::Duration;

/// What no time mends: the object itself has to be changed. Everything else somebody else may bring, a cluster
/// autoscaler a node or another manifest a ConfigMap, and it has its time for that.
const AT_ONCE: [&str; 10] = [
    "image-name-invalid",
    "image-not-found",
    "image-tag-not-found",
    "image-never-pull",
    "image-platform-mismatch",
    "command-not-found",
    "command-not-executable",
    "exec-format",
    "run-as-non-root",
    "node-name-mismatch",
];

/// How waiting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Everything is there.
    Over,
    /// Something will not come by itself.
    InVain,
    /// It goes on.
    On,
    /// It goes on, since there is nothing yet of what is meant.
    OnForAny,
}

/// Whether nothing of what is meant was found, where nothing is named: that all of nothing is well is no reason to end.
pub fn is_of_nothing(report: &Report, scope: &Scope) -> bool {
    let is_there = |kind: Kind| {
        let numbers = report.summary.by_kind.get(kind.as_str());
        numbers.and_then(|numbers| numbers.all).unwrap_or_default() > 0
    };
    let mut kinds = scope.targets.iter().map(|target| target.kind);
    !scope.has_names() && !report.is_stuck() && !is_there(Kind::Pod) && !kinds.any(is_there)
}

/// How waiting stands by this whole report, which gets what is still waited for. Pods that have succeeded are in no report.
pub fn wait(
    report: &mut Report,
    snapshot: &Snapshot<'_>,
    scope: &Scope,
    patience: Duration,
    waited: Duration,
    has_succeeded_pods: bool,
) -> Wait {
    let awaited = awaited(snapshot, scope);
    let has_failed = awaited.iter().any(|(_, awaits)| *awaits == Awaits::Failed);
    report.awaited = awaited.into_iter().map(told).collect();
    let patience = i64::try_from(patience.as_secs()).unwrap_or(i64::MAX);
    let is_current = |one: &&Affected| {
        let namespace = one.namespace.as_deref().unwrap_or_default();
        let pod = snapshot
            .whole_pod(namespace, &one.name)
            .filter(|_| one.kind == Kind::Pod.as_str());
        pod.is_none_or(|pod| !is_of_old_revision(pod, snapshot))
    };
    // who waits gives others that time from now on
    let is_over = i64::try_from(waited.as_secs()).unwrap_or(i64::MAX) >= patience;
    let is_long =
        |one: &Affected| is_over && one.since_seconds.is_some_and(|since| since >= patience);
    let is_final = |one: &Diagnosis| {
        let current = one.affected.iter().filter(is_current);
        let mut current = current.filter(|one| !one.held);
        one.certainty != Certainty::Possible
            && current.any(|affected| AT_ONCE.contains(&one.cause) || is_long(affected))
    };
    let mut unexplained = report.unexplained.iter();
    if has_failed
        || report.diagnoses.iter().any(is_final)
        || unexplained.any(|one| is_current(&&one.object) && is_long(&one.object))
    {
        return Wait::InVain;
    }
    let is_meant = |kind: &str| {
        let mut kinds = scope.targets.iter().map(|target| target.kind);
        kind == Kind::Pod.as_str() || kinds.any(|one| is_awaited(one) && one.as_str() == kind)
    };
    let is_hidden = |gap: &GapReport| gap.may_hide && is_meant(gap.kind);
    // what has ended for good is not stuck, and not well; nor is what may not be seen
    let is_well = report.is_quiet() && !report.is_stuck() && !report.gaps.iter().any(is_hidden);
    let mut targets = scope.targets.iter();
    let says_all =
        scope.has_names() && targets.all(|one| one.name.is_some() && is_awaited(one.kind));
    if !has_succeeded_pods && is_of_nothing(report, scope) {
        Wait::OnForAny
    } else if report.awaited.is_empty() && (says_all || is_well) {
        Wait::Over
    } else {
        Wait::On
    }
}

fn told((object, awaits): (ObjectRef, Awaits)) -> AwaitedReport {
    let message = message(&awaits);
    AwaitedReport {
        object,
        because: message.english(),
        message,
    }
}

fn message(awaits: &Awaits) -> Message {
    let share =
        |sentence, some: i64, all: i64| Message::new(sentence).fact("some", some).fact("all", all);
    match awaits {
        Awaits::Object => say!("wait.object", "it is not there").into(),
        Awaits::Controller => say!(
            "wait.controller",
            "its controller has not seen its present spec"
        )
        .into(),
        Awaits::Resume => say!("wait.resume", "it is paused or suspended").into(),
        Awaits::Updated(some, all) => share(
            say!(
                "wait.updated",
                "{some} of {all} pods are of its newest revision"
            ),
            *some,
            *all,
        ),
        Awaits::OldPods(pods) => Message::new(say!(
            "wait.old-pods",
            "{pods} old {pods|pod is|pods are} still there"
        ))
        .fact("pods", *pods),
        Awaits::Available(some, all) => share(
            say!("wait.available", "{some} of {all} pods are available"),
            *some,
            *all,
        ),
        Awaits::Completion => say!("wait.completion", "it has not completed").into(),
        Awaits::Failed => say!("wait.failed", "it has failed for good").into(),
        Awaits::Ready => say!("wait.ready", "it is not ready").into(),
        Awaits::Steady => say!(
            "wait.steady",
            "a container that was started again has yet to outlive its last run"
        )
        .into(),
        Awaits::Endpoint => say!("wait.endpoint", "none of its pods is ready").into(),
        Awaits::Sight => say!("wait.sight", "it cannot be read").into(),
        Awaits::SightOfPods => say!("wait.sight-of-pods", "its pods cannot be read").into(),
    }
}
