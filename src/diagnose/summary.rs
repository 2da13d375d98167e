//! The parts of the report that are about everything: numbers, what was named and is not stuck, what was not read.

use super::next::{age, restarts_report};
use super::remarks;
use crate::report::{
    Affected, CauseSummary, Diagnosis, GapReport, KindSummary, NotStuck, ReadReport, Restarted,
    RestartsReport, RootCause, ScopeReport, StandingReport, StuckNumbers, Summary, Unexplained,
    WorkloadReport,
};
use crate::rules;
use crate::snapshot::{Gap, Kind, ObjectRef, PodView, ReadScope, Snapshot, Why};
use crate::text::{Message, say};
use crate::triage::{Because, Scope, Standing, Subject, Triage};
use std::collections::{BTreeMap, BTreeSet};

/// What was asked for.
pub(super) fn scope(scope: &Scope) -> ScopeReport {
    let targets = scope.targets.iter();
    let is_of_several = scope.places().len() > 1;
    ScopeReport {
        namespace: scope.only_place().map(str::to_owned),
        selector: scope.selector.as_ref().map(ToString::to_string),
        field_selector: scope.fields.as_ref().map(ToString::to_string),
        targets: targets
            .map(|target| match (&target.name, scope.place(target)) {
                (Some(name), Some(namespace)) if is_of_several => {
                    format!("{namespace}/{}/{name}", target.kind)
                }
                (Some(name), _) => format!("{}/{name}", target.kind),
                (None, _) => target.kind.to_string(),
            })
            .collect(),
        exclude_namespaces: scope.exclude.iter().cloned().collect(),
        ..ScopeReport::default()
    }
}

/// Numbers by kind and by cause.
pub(super) fn summary(
    triage: &Triage<'_>,
    (snapshot, scope): (&Snapshot<'_>, &Scope),
    root_causes: &[RootCause],
    (diagnoses, unexplained, workloads): (&[Diagnosis], &[Unexplained], &[WorkloadReport]),
) -> Summary {
    let kept = counted(diagnoses, unexplained, |one| one.ended);
    let numbers = triage.numbers().into_iter();
    let by_kind = numbers.map(|(kind, numbers)| {
        let kept = kept.iter().filter(|one| one.kind == kind).count();
        let summary = KindSummary {
            all: all(&kind, numbers.all, snapshot, scope),
            stuck: numbers.stuck.saturating_sub(kept),
            progressing: numbers.progressing,
            unknown: numbers.unknown,
            ended: numbers.ended + kept,
        };
        (kind, summary)
    });
    Summary {
        by_kind: by_kind.collect(),
        causes: causes(diagnoses, root_causes),
        restarted: restarted(triage, snapshot),
        stuck: StuckNumbers::of(diagnoses, unexplained, workloads),
        filtered: 0,
        unlisted: 0,
    }
}

fn restarted(triage: &Triage<'_>, snapshot: &Snapshot<'_>) -> Vec<Restarted> {
    let report = |pod: &&PodView| {
        let restarts = Subject::restarts(*pod, None)?;
        Some(Restarted {
            object: pod.object(),
            restarts: restarts_report(snapshot, restarts),
        })
    };
    let mut all: Vec<Restarted> = triage.pods.restarted.iter().filter_map(report).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.restarts.count));
    all
}

/// How many of a kind there are, when that is known of `looked_at`.
fn all(kind: &str, looked_at: usize, snapshot: &Snapshot<'_>, scope: &Scope) -> Option<usize> {
    let mut targets = scope.targets.iter();
    if kind != Kind::Node.as_str() || targets.any(|target| target.kind == Kind::Node) {
        return Some(looked_at);
    }
    let nodes = snapshot.nodes();
    let read = nodes.whole_cluster().is_ok();
    // one that is gone, and pods still name it, counts as well
    read.then(|| nodes.seen().count().max(looked_at))
}

/// Which objects of these the numbers count: pods, and what owns the others.
pub(super) fn counted(
    diagnoses: &[Diagnosis],
    unexplained: &[Unexplained],
    which: impl Fn(&Affected) -> bool,
) -> BTreeSet<ObjectRef> {
    let diagnosed = diagnoses.iter().flat_map(|one| &one.affected);
    let all = diagnosed.chain(unexplained.iter().map(|one| &one.object));
    all.filter(|one| which(one)).map(owner_or_pod).collect()
}

fn owner_or_pod(affected: &Affected) -> ObjectRef {
    let owner = affected.workload.clone();
    let owner = owner.filter(|_| affected.kind != Kind::Pod.as_str());
    owner.unwrap_or_else(|| affected.object())
}

pub(super) fn causes(diagnoses: &[Diagnosis], root_causes: &[RootCause]) -> Vec<CauseSummary> {
    let of_cause = |cause: &'static str| root_causes.iter().filter(move |root| root.cause == cause);
    let mut causes: Vec<CauseSummary> = Vec::new();
    for diagnosis in diagnoses {
        let affected = diagnosis.affected.len();
        let since = diagnosis.affected.iter();
        let longest = since.filter_map(|one| one.since_seconds).max();
        let mut known = causes.iter_mut();
        match known.find(|known| known.cause == diagnosis.cause) {
            Some(known) => {
                known.affected += affected;
                known.longest_seconds = known.longest_seconds.max(longest);
            }
            None => causes.push(CauseSummary {
                cause: diagnosis.cause,
                root_causes: of_cause(diagnosis.cause).count(),
                affected,
                longest_seconds: longest,
            }),
        }
    }
    causes
}

/// What was asked for by name and is not stuck; a scan lists only what may be. A workload with a stuck pod is not called healthy
/// for having all its pods.
pub(super) fn not_stuck(
    triage: &Triage<'_>,
    snapshot: &Snapshot<'_>,
    diagnoses: &[Diagnosis],
) -> Vec<NotStuck> {
    let affected = diagnoses.iter().flat_map(|one| &one.affected);
    let hit: BTreeSet<&ObjectRef> = affected.filter_map(|one| one.workload.as_ref()).collect();
    let report = |(object, standing): (ObjectRef, Standing)| {
        let (word, because, until) = match &standing {
            Standing::Healthy(because) => (StandingReport::Healthy, because, None),
            Standing::Progressing(because, until) => (StandingReport::Progressing, because, *until),
            Standing::Unknown(because) => (StandingReport::Unknown, because, None),
            Standing::Ended(because) => (StandingReport::Ended, because, None),
            Standing::Stuck => return None,
        };
        let message = message(because);
        let (started_seconds, restarts) = life(snapshot, &object);
        let is_well = matches!(standing, Standing::Healthy(_) | Standing::Progressing(..));
        let remarks = if is_well {
            remarks::of(&object, snapshot)
        } else {
            Vec::new()
        };
        Some(NotStuck {
            object,
            standing: word,
            until: until.map(|until| until.to_string()),
            because: message.english(),
            message,
            started_seconds,
            restarts,
            remarks,
        })
    };
    let is_hit = |object: &ObjectRef| hit.contains(&snapshot.outermost(object.clone()));
    let named = triage.named().filter(|(object, _)| !is_hit(object));
    let all = named.cloned().chain(triage.unknown());
    all.filter_map(report).collect()
}

/// How long ago a pod started, and its restarts; a plainly healthy one, of which only a record is kept, has none.
fn life(snapshot: &Snapshot<'_>, object: &ObjectRef) -> (Option<i64>, Option<RestartsReport>) {
    if object.known_kind() != Some(Kind::Pod) {
        return (None, None);
    }
    let store = snapshot.store();
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let record = store.pod_records().get(namespace, &object.name);
    let started = record.and_then(|record| record.started());
    let whole = store.whole_pod(namespace, &object.name);
    let restarts = whole.and_then(|whole| Subject::restarts(whole, None));
    (
        started.and_then(|started| age(snapshot, started)),
        restarts.map(|restarts| restarts_report(snapshot, restarts)),
    )
}

fn message(because: &Because) -> Message {
    let of = Message::new;
    match because {
        Because::Completed => say!("standing.completed", "completed").into(),
        Because::Ready(containers) => of(say!(
            "standing.ready",
            "running and ready, {containers} of {containers} containers"
        ))
        .fact("containers", *containers),
        Because::Deleting => say!("standing.deleting", "being deleted").into(),
        Because::NoSchedulerYet => say!("standing.no-scheduler", "waiting for a scheduler").into(),
        Because::NoKubeletYet => say!("standing.no-kubelet", "waiting for its kubelet").into(),
        Because::Creating => say!("standing.creating", "being created").into(),
        Because::Initializing => say!("standing.initializing", "initializing").into(),
        Because::InitContainer(name) => of(say!(
            "standing.init-container",
            "init container {container} is at work"
        ))
        .fact("container", name.as_str()),
        Because::Restarting => say!("standing.restarting", "restarting").into(),
        Because::Restarted => say!(
            "standing.restarted",
            "ready, and a container that was started again has yet to outlive its last run"
        )
        .into(),
        Because::WarmingUp => say!(
            "standing.warming-up",
            "warming up within its probe's budget"
        )
        .into(),
        Because::ResizeDeferred => say!(
            "standing.resize-deferred",
            "running, and waiting for room on its node to grow"
        )
        .into(),
        Because::ReadinessUnreported => say!(
            "standing.readiness-unreported",
            "its readiness has not been reported yet"
        )
        .into(),
        Because::Replaced => say!(
            "standing.replaced",
            "failed, and another pod took its place"
        )
        .into(),
        Because::HasPods(pods) => of(say!(
            "standing.has-pods",
            "has {pods} {pods|pod|pods}, as many as it wants"
        ))
        .fact("pods", *pods),
        Because::MakingPods => say!("standing.making-pods", "making its pods").into(),
        Because::WaitsForReady(pods) => of(say!(
            "standing.waits-for-ready",
            "its next pod is made when {pods|the one before it is|the {pods} before it are} ready"
        ))
        .fact("pods", *pods),
        Because::WaitsForGone(pods) => of(say!(
            "standing.waits-for-gone",
            "it makes pods again when {pods|the one that is being deleted is|the {pods} that are being deleted are} gone"
        ))
        .fact("pods", *pods),
        Because::ScaledToZero => say!("standing.scaled-to-zero", "scaled to zero").into(),
        Because::NoNode => say!(
            "standing.no-node",
            "there is no node on which it wants a pod, by its node selector, affinity and tolerations"
        )
        .into(),
        Because::Suspended => {
            say!("standing.suspended", "suspended, so that it makes none").into()
        }
        Because::Paused => say!(
            "standing.paused",
            "paused, so that its template is not rolled out"
        )
        .into(),
        Because::ManagedBy(controller) => of(say!(
            "standing.managed-by",
            "run by {controller} in place of the Job controller: where its pods are is for that one to say"
        ))
        .fact("controller", controller.as_str()),
        Because::JobFailed => say!(
            "standing.job-failed",
            "failed, and the Job is not tried again"
        )
        .into(),
        Because::JobsRun(jobs) => of(say!(
            "standing.jobs-run",
            "{jobs|one of its Jobs runs|{jobs} of its Jobs run}"
        ))
        .fact("jobs", *jobs),
        Because::LastJobFailed(job) => {
            of(say!("standing.last-job-failed", "its last Job, {job}, failed"))
                .fact("job", job.as_str())
        }
        Because::LastJobDue(due) => of(say!(
            "standing.last-job-due",
            "none of its Jobs runs now; the last was due at {due}"
        ))
        .fact("due", due.to_string()),
        Because::NothingDueYet(schedule) => of(say!(
            "standing.nothing-due-yet",
            "it has made no Job yet; its schedule is {schedule}"
        ))
        .fact("schedule", schedule.as_str()),
        Because::Serves { pods, ready, ports } => of(say!(
            "standing.serves",
            "{ready} of {pods} {pods|pod|pods} ready[ behind {ports}]"
        ))
        .fact("ready", *ready)
        .fact("pods", *pods)
        .fact_if("ports", (!ports.is_empty()).then(|| ports.clone())),
        Because::PodsNotReadyYet(pods) => of(say!(
            "standing.pods-not-ready-yet",
            "{pods|its one pod is|its {pods} pods are} on the way to being ready"
        ))
        .fact("pods", *pods),
        Because::PodsNotReady(pods) => of(say!(
            "standing.pods-not-ready",
            "{pods|its one pod is not ready and not|none of its {pods} pods is ready, and none is} stuck"
        ))
        .fact("pods", *pods),
        Because::NoSelector => say!(
            "standing.no-selector",
            "it has no selector: its endpoints are written by somebody else"
        )
        .into(),
        Because::OfWorkload(workload) => of(say!(
            "standing.of-workload",
            "its selector matches the pods of {workload}, of which there are none at present"
        ))
        .fact("workload", workload.argument()),
        Because::ExternalName => say!(
            "standing.external-name",
            "of type ExternalName: a name for something outside, without pods"
        )
        .into(),
        Because::PodsEnded(pods) => of(say!(
            "standing.pods-ended",
            "its selector matches {pods} {pods|pod, which has|pods, which have} ended"
        ))
        .fact("pods", *pods),
        Because::PodsUnread => say!(
            "standing.pods-unread",
            "its selector matches no pod that was read, and not all were"
        )
        .into(),
        Because::RoleUntaken(label) => of(say!(
            "standing.role-untaken",
            "its selector wants {label}, which is set on pods while they run, and the only such pod has another value"
        ))
        .fact("label", label.as_str()),
        Because::ServiceToCome => say!(
            "standing.service-to-come",
            "something new routes to it, and it may still be made"
        )
        .into(),
        Because::NewService => {
            say!("standing.new-service", "new, and its pods may still come").into()
        }
        Because::NodeReady => say!("standing.node-ready", "Ready").into(),
        Because::NodeNotReadyYet => {
            say!("standing.node-not-ready-yet", "not Ready for a short time").into()
        }
        Because::OnNodeNotReadyYet => say!(
            "standing.on-node-not-ready-yet",
            "its node has not been Ready for a short time"
        )
        .into(),
    }
}

/// What was read to its end, of the kinds that can be stuck.
pub(super) fn read(snapshot: &Snapshot<'_>) -> Vec<ReadReport> {
    let can_be_stuck =
        |kind: Kind| kind.is_workload() || matches!(kind, Kind::Pod | Kind::Service | Kind::Node);
    let finished = snapshot
        .reads()
        .filter(|(kind, _, outcome)| can_be_stuck(*kind) && outcome.is_ok());
    let read = finished.filter_map(|(kind, read_scope, _)| {
        let namespace = match read_scope {
            ReadScope::Everywhere => None,
            ReadScope::Namespace(namespace) => Some(namespace.clone()),
            ReadScope::Object(..) | ReadScope::Node(_) => return None,
        };
        let kind = kind.as_str();
        Some(ReadReport { kind, namespace })
    });
    read.collect()
}

/// What could not be read.
pub(super) fn gaps(snapshot: &Snapshot<'_>, scope: &Scope) -> Vec<GapReport> {
    // of what comes with an addon there is nothing where that is not installed
    let is_without = |gap: &Gap| gap.why == Why::NotServed && gap.kind.is_of_addon();
    let gaps = snapshot.gaps().into_iter().filter(|gap| !is_without(gap));
    let of_objects = gaps.map(|gap| GapReport {
        kind: gap.kind.as_str(),
        namespace: gap.namespace.clone(),
        name: gap.name.clone(),
        why: gap.why.as_str(),
        detail: gap.detail.clone(),
        affects: rules::all()
            .filter(|rule| rule.reads.contains(&gap.kind))
            .map(|rule| rule.cause)
            .collect(),
        may_hide: may_hide(gap, snapshot, scope),
    });
    of_objects.chain(of_logs(snapshot)).collect()
}

/// Logs that were asked for and not read, once for each namespace and reason. Nothing that is stuck is missed by that.
fn of_logs(snapshot: &Snapshot<'_>) -> impl Iterator<Item = GapReport> {
    let mut unread = BTreeMap::new();
    for log in snapshot.logs() {
        if let Some(gap) = &log.unread {
            let key = (log.namespace.clone(), gap.why());
            unread.entry(key).or_insert_with(|| gap.detail.clone());
        }
    }
    unread
        .into_iter()
        .map(|((namespace, why), detail)| GapReport {
            kind: "logs",
            namespace: Some(namespace),
            name: None,
            why: why.as_str(),
            detail,
            affects: vec!["crash-app-error"],
            may_hide: false,
        })
}

/// Whether something that is stuck may be what was not read: of the scope's own, or what tells of it.
fn may_hide(gap: &Gap, snapshot: &Snapshot<'_>, scope: &Scope) -> bool {
    let namespace = gap.namespace.as_deref();
    // a kind that is not served has no objects
    if matches!(gap.why, Why::NotAsked | Why::NotServed)
        || namespace.is_some_and(|namespace| !scope.has_namespace(namespace))
    {
        return false;
    }
    let is_all = gap.name.is_none();
    let is_scan = scope.targets.is_empty() && scope.fields.is_none();
    match gap.kind {
        // the pods of other namespaces are read for what they occupy
        Kind::Pod => {
            let mut places = scope.places().into_iter();
            let is_unread = |place: Option<&str>| {
                place.is_none_or(|namespace| snapshot.pods().whole(namespace).is_err())
            };
            match &gap.name {
                Some(name) if scope.only_pods() => {
                    let namespace = namespace.unwrap_or_default();
                    scope.names(&ObjectRef::new(Kind::Pod, namespace, name))
                }
                Some(_) => true,
                None => places.any(is_unread),
            }
        }
        // events tell who was refused a pod
        Kind::Event => is_all && scope.means_workloads(),
        kind if kind.is_workload() => is_scan || names_workload(scope),
        Kind::Service => is_scan || !scope.names_no(Kind::Service),
        // whoever may see all of a namespace is seldom allowed these: no role of Kubernetes' own has them
        kind if kind.is_of_addon() => scope.is_everywhere(),
        kind => !scope.names_no(kind),
    }
}

fn names_workload(scope: &Scope) -> bool {
    scope.targets.iter().any(|target| target.kind.is_workload())
}

#[cfg(test)]
mod tests;
