//! Controllers that make pods, in one view for all of their kinds.

use super::kind::Kind;
use super::revision::PodTemplate;
use crate::kubernetes::owners;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, OwnerReference};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What `spec.managedBy` says of a Job that is the Job controller's, as one without it is.
const JOB_CONTROLLER: &str = "kubernetes.io/job-controller";

/// A controller that makes pods.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Workload {
    /// `metadata.uid`
    pub uid: Option<String>,
    /// `metadata.creationTimestamp`
    pub created: Option<Timestamp>,
    /// Its own controller: the Deployment of a ReplicaSet, the CronJob of a Job.
    pub controller: Option<(String, String)>,
    /// `spec.selector`; a ReplicationController's map is written as matchLabels.
    pub selector: Option<LabelSelector>,
    /// The labels of the pods that it makes (`spec.template.metadata.labels`, a CronJob's behind `jobTemplate`).
    pub template_labels: BTreeMap<String, String>,
    /// When it was last written by anybody (`metadata.managedFields`), where that was read.
    pub written: Option<Timestamp>,
    /// The number of its revision (`deployment.kubernetes.io/revision`).
    pub revision: Option<i64>,
    /// How many pods the Deployment of a ReplicaSet wants (`deployment.kubernetes.io/desired-replicas`).
    pub desired: Option<i64>,
    /// `spec.template` of a ReplicaSet that has or wants pods, of which those that are only history are ten times as many, of a
    /// DaemonSet, of which there are few, and of what has fewer pods than it wants.
    pub template: Option<PodTemplate>,
    /// How many pods are wanted now (`spec.replicas`, a DaemonSet's `desiredNumberScheduled`, what a Job may still run at once).
    pub wanted: Option<i64>,
    /// How many there are (`status.replicas`, `currentNumberScheduled`, a Job's `active`); of a CronJob how many of its Jobs run.
    pub existing: Option<i64>,
    /// How many of a Job's pods have ended.
    pub ended: i64,
    /// How many of those have failed.
    pub failed: i64,
    /// Which of a Job's indexes have failed: `0,3-5`.
    pub failed_indexes: Option<String>,
    /// After how many a Job is not tried again (`spec.backoffLimit`).
    pub backoff_limit: Option<i64>,
    /// The queue that lets a Job start (`kueue.x-k8s.io/queue-name`).
    pub queue: Option<String>,
    /// How many are ready.
    pub ready: Option<i64>,
    /// How many are available: ready for `minReadySeconds`.
    pub available: Option<i64>,
    /// How many are of the newest revision (`status.updatedReplicas`, `updatedNumberScheduled`).
    pub updated: Option<i64>,
    /// The revisions of a StatefulSet differ: not all of its pods are of the newest one.
    pub revisions_differ: bool,
    /// The name of a StatefulSet's newest revision.
    pub update_revision: Option<String>,
    /// How many of a Job's pods are being deleted and are replaced only when they are gone.
    pub leaving: i64,
    /// Its pods are made one after the other, each when those before it are available (StatefulSet).
    pub ordered: bool,
    /// Who runs a Job in place of the Job controller (`spec.managedBy`).
    pub managed_by: Option<String>,
    /// For how many seconds a Job may be at work (`spec.activeDeadlineSeconds`).
    pub deadline: Option<i64>,
    /// When a CronJob makes its Jobs.
    pub schedule: Option<Schedule>,
    /// `status.conditions`
    pub conditions: Vec<WorkloadCondition>,
    /// `spec.strategy` or `spec.updateStrategy`
    pub strategy: Option<serde_json::Value>,
    /// `spec.replicas` or `spec.parallelism` is zero.
    pub scaled_to_zero: bool,
    /// Deployment paused, Job or CronJob suspended.
    pub halted: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// `status.observedGeneration` and `metadata.generation` where its controller has not seen the present spec yet, so that its
    /// counts are of an earlier one.
    pub behind: Option<(i64, i64)>,
    /// What its annotation says of findings that are not to be shown.
    pub silence: Option<String>,
}

/// When a CronJob makes its Jobs, and has made the last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// `spec.schedule`
    pub cron: String,
    /// When the last Job that was made had been due (`status.lastScheduleTime`).
    pub last: Option<Timestamp>,
    /// When the last Job that completed had ended (`status.lastSuccessfulTime`).
    pub last_success: Option<Timestamp>,
    /// Whether a Job whose time was long ago is not made any more (`spec.startingDeadlineSeconds`).
    pub has_deadline: bool,
    /// Whether no Job of it starts while another is at work (`spec.concurrencyPolicy` Forbid).
    pub forbids: bool,
}

/// One of a workload's conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadCondition {
    /// `Progressing`, `Complete`, …
    pub r#type: String,
    /// `True`, `False` or `Unknown`
    pub status: String,
    /// A CamelCase word.
    pub reason: Option<String>,
    /// The text.
    pub message: Option<String>,
    /// Since when.
    pub last_transition_time: Option<Timestamp>,
}

impl Workload {
    /// Whether a Job has come to its end, well (true) or badly (false). What the controller has decided counts before the last
    /// pods are gone (`SuccessCriteriaMet`, `FailureTarget`; pkg/controller/job/job_controller.go, 1.31).
    pub fn finished(&self) -> Option<bool> {
        let well = self.holds("Complete") || self.holds("SuccessCriteriaMet");
        let badly = self.holds("Failed") || self.holds("FailureTarget");
        (well || badly).then_some(well)
    }

    /// Whether the condition is there and True.
    pub fn holds(&self, r#type: &str) -> bool {
        self.condition(r#type).is_some_and(|c| c.status == "True")
    }

    /// The newest time in it.
    pub fn newest(&self) -> Option<Timestamp> {
        let transitions = self.conditions.iter().map(|c| c.last_transition_time);
        let schedule = self.schedule.as_ref();
        let scheduled = schedule.and_then(|it| it.last.max(it.last_success));
        transitions.max().flatten().max(self.created).max(scheduled)
    }

    /// The condition of this type.
    pub fn condition(&self, r#type: &str) -> Option<&WorkloadCondition> {
        self.conditions.iter().find(|c| c.r#type == r#type)
    }
}

#[derive(Deserialize)]
pub(super) struct RawWorkload {
    metadata: RawMeta,
    spec: Option<RawSpec>,
    status: Option<RawStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMeta {
    uid: Option<String>,
    creation_timestamp: Option<Timestamp>,
    deletion_timestamp: Option<Timestamp>,
    generation: Option<i64>,
    owner_references: Option<Vec<OwnerReference>>,
    managed_fields: Option<Vec<Written>>,
    annotations: Option<RawAnnotations>,
    labels: Option<RawLabels>,
}

#[derive(Deserialize)]
struct RawLabels {
    #[serde(rename = "kueue.x-k8s.io/queue-name")]
    queue: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    time: Option<String>,
}

/// What the Deployment controller writes on its ReplicaSets (pkg/controller/deployment/util/deployment_util.go, 1.37).
#[derive(Deserialize, Default)]
struct RawAnnotations {
    #[serde(rename = "deployment.kubernetes.io/revision")]
    revision: Option<String>,
    #[serde(rename = "deployment.kubernetes.io/desired-replicas")]
    desired: Option<String>,
    #[serde(rename = "kubectl-diagnose/silence")]
    silence: Option<String>,
}

/// Kind and name of the owner that is the controller.
pub(super) fn controller(owners: Option<&[OwnerReference]>) -> Option<(String, String)> {
    let controller = owners::controller(owners)?;
    Some((controller.kind.clone(), controller.name.clone()))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawSpec {
    selector: Option<serde_json::Value>,
    replicas: Option<i64>,
    parallelism: Option<i64>,
    completions: Option<i64>,
    template: Option<Box<RawValue>>,
    job_template: Option<RawJobTemplate>,
    strategy: Option<serde_json::Value>,
    update_strategy: Option<serde_json::Value>,
    paused: Option<bool>,
    suspend: Option<bool>,
    pod_management_policy: Option<String>,
    pod_replacement_policy: Option<String>,
    pod_failure_policy: Option<IgnoredAny>,
    managed_by: Option<String>,
    active_deadline_seconds: Option<i64>,
    backoff_limit: Option<i64>,
    schedule: Option<String>,
    starting_deadline_seconds: Option<i64>,
    concurrency_policy: Option<String>,
}

#[derive(Deserialize)]
struct RawTemplate {
    metadata: Option<TemplateMeta>,
}

#[derive(Deserialize)]
struct TemplateMeta {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RawJobTemplate {
    spec: Option<JobSpec>,
}

#[derive(Deserialize)]
struct JobSpec {
    template: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Active {
    Pods(i64),
    Jobs(Vec<IgnoredAny>),
}

impl RawStatus {
    fn active(&self) -> i64 {
        match &self.active {
            Some(Active::Pods(pods)) => *pods,
            Some(Active::Jobs(jobs)) => i64::try_from(jobs.len()).unwrap_or(i64::MAX),
            None => 0,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawStatus {
    replicas: Option<i64>,
    current_number_scheduled: Option<i64>,
    /// How many pods of a Job run; a CronJob lists its Jobs here.
    active: Option<Active>,
    succeeded: Option<i64>,
    failed: Option<i64>,
    failed_indexes: Option<String>,
    terminating: Option<i64>,
    observed_generation: Option<i64>,
    ready_replicas: Option<i64>,
    available_replicas: Option<i64>,
    number_available: Option<i64>,
    updated_replicas: Option<i64>,
    updated_number_scheduled: Option<i64>,
    current_revision: Option<String>,
    update_revision: Option<String>,
    last_schedule_time: Option<Timestamp>,
    last_successful_time: Option<Timestamp>,
    desired_number_scheduled: Option<i64>,
    number_ready: Option<i64>,
    ready: Option<i64>,
    conditions: Option<Vec<WorkloadCondition>>,
}

impl RawWorkload {
    pub(super) fn into_workload(self, kind: Kind) -> Workload {
        let spec = self.spec.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        let wanted = match kind {
            Kind::DaemonSet => status.desired_number_scheduled,
            Kind::Job => Some(job_wants(&spec, &status)),
            Kind::CronJob => None,
            _ => Some(spec.replicas.unwrap_or(1)),
        };
        let existing = match kind {
            Kind::DaemonSet => status.current_number_scheduled,
            // left out while it is zero
            Kind::Job | Kind::CronJob => Some(status.active()),
            _ => Some(status.replicas.unwrap_or_default()),
        };
        let ended = [status.succeeded, status.failed];
        let only_gone = spec.pod_replacement_policy.as_deref() == Some("Failed")
            || spec.pod_failure_policy.is_some();
        let of_job = spec.job_template.and_then(|job| job.spec?.template);
        let template = spec.template.or(of_job);
        let labels = template.as_deref().and_then(template_labels);
        let is_live = wanted > Some(0) || existing > Some(0);
        let written = self.metadata.written();
        let annotations = self.metadata.annotations.unwrap_or_default();
        let number = |text: Option<String>| text?.parse().ok();
        Workload {
            behind: behind(kind, self.metadata.generation, &status),
            written,
            revision: number(annotations.revision),
            desired: number(annotations.desired),
            template: template
                .filter(|_| {
                    let is_kept = kind == Kind::ReplicaSet && is_live || kind == Kind::DaemonSet;
                    is_kept || existing < wanted
                })
                .map(|template| PodTemplate::new(&template)),
            uid: self.metadata.uid,
            silence: annotations.silence,
            created: self.metadata.creation_timestamp,
            controller: controller(self.metadata.owner_references.as_deref()),
            selector: spec
                .selector
                .and_then(|selector| read_selector(kind, selector)),
            template_labels: labels.unwrap_or_default(),
            wanted,
            existing,
            ended: ended.into_iter().flatten().sum(),
            failed: status.failed.unwrap_or_default(),
            failed_indexes: status.failed_indexes.filter(|indexes| !indexes.is_empty()),
            backoff_limit: spec.backoff_limit,
            queue: self.metadata.labels.and_then(|labels| labels.queue),
            terminating: self.metadata.deletion_timestamp.is_some(),
            ready: status
                .ready_replicas
                .or(status.number_ready)
                .or(status.ready),
            available: status.available_replicas.or(status.number_available),
            updated: status.updated_replicas.or(status.updated_number_scheduled),
            revisions_differ: status.update_revision.is_some()
                && status.update_revision != status.current_revision,
            update_revision: status.update_revision,
            leaving: status.terminating.filter(|_| only_gone).unwrap_or_default(),
            ordered: kind == Kind::StatefulSet
                && spec.pod_management_policy.as_deref() != Some("Parallel"),
            deadline: spec.active_deadline_seconds,
            managed_by: spec.managed_by.filter(|manager| manager != JOB_CONTROLLER),
            schedule: spec.schedule.map(|cron| Schedule {
                cron,
                last: status.last_schedule_time,
                last_success: status.last_successful_time,
                has_deadline: spec.starting_deadline_seconds.is_some(),
                forbids: spec.concurrency_policy.as_deref() == Some("Forbid"),
            }),
            scaled_to_zero: spec.replicas.or(spec.parallelism) == Some(0),
            conditions: status.conditions.unwrap_or_default(),
            strategy: spec.strategy.or(spec.update_strategy),
            halted: spec.paused.or(spec.suspend).unwrap_or_default(),
        }
    }
}

fn template_labels(template: &RawValue) -> Option<BTreeMap<String, String>> {
    let template: RawTemplate = serde_json::from_str(template.get()).ok()?;
    template.metadata?.labels
}

impl RawMeta {
    fn written(&self) -> Option<Timestamp> {
        let writes = self.managed_fields.iter().flatten();
        let times = writes.filter_map(|write| write.time.as_deref()?.parse().ok());
        times.max()
    }
}

/// The generations, where the status is of an earlier one. What a DaemonSet wants is itself counted, so that one that was never
/// counted is behind as well; a count proves that it was.
fn behind(kind: Kind, generation: Option<i64>, status: &RawStatus) -> Option<(i64, i64)> {
    let wanted = status.desired_number_scheduled.unwrap_or_default();
    let seen = match kind {
        Kind::DaemonSet if wanted == 0 => Some(status.observed_generation.unwrap_or_default()),
        _ => status.observed_generation,
    };
    seen.zip(generation)
        .filter(|(seen, present)| seen < present)
}

/// How many pods a Job may have at once, with what is left to complete (pkg/controller/job/job_controller.go manageJob, 1.37).
/// An index that has failed for good is not tried again.
fn job_wants(spec: &RawSpec, status: &RawStatus) -> i64 {
    if spec.suspend == Some(true) {
        return 0;
    }
    let parallelism = spec.parallelism.unwrap_or(1);
    let failed = status.failed_indexes.as_deref().map_or(0, indexes);
    let done = status.succeeded.unwrap_or_default();
    let left = |completions: i64| completions.saturating_sub(done).saturating_sub(failed);
    match spec.completions {
        Some(completions) => parallelism.min(left(completions)).max(0),
        None if done > 0 => status.active(),
        None => parallelism,
    }
}

/// How many indexes a list like `1,3-5` names.
fn indexes(list: &str) -> i64 {
    let count = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (i64, i64) = (first.parse().ok()?, last.parse().ok()?);
        Some(last.saturating_sub(first).saturating_add(1).max(0))
    };
    let counts = list.split(',').filter_map(count);
    counts.fold(0, i64::saturating_add)
}

fn read_selector(kind: Kind, selector: serde_json::Value) -> Option<LabelSelector> {
    if kind == Kind::ReplicationController {
        return Some(LabelSelector {
            match_labels: serde_json::from_value(selector).ok(),
            match_expressions: None,
        });
    }
    serde_json::from_value(selector).ok()
}

#[cfg(test)]
mod tests;
