//! Controllers that make pods, in one view for all of their kinds.

use super::kind::Kind;
use super::revision::PodTemplate;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

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
    /// The number of its revision (`deployment.kubernetes.io/revision`).
    pub revision: Option<i64>,
    /// How many pods the Deployment of a ReplicaSet wants (`deployment.kubernetes.io/desired-replicas`).
    pub desired: Option<i64>,
    /// `spec.template` of a ReplicaSet that has or wants pods: of those that are only history there are ten times as many.
    pub template: Option<PodTemplate>,
    /// How many pods are wanted now (`spec.replicas`, a DaemonSet's `desiredNumberScheduled`, what a Job may still run at once).
    pub wanted: Option<i64>,
    /// How many there are (`status.replicas`, `currentNumberScheduled`, a Job's `active`).
    pub existing: Option<i64>,
    /// How many of a Job's pods have ended.
    pub ended: i64,
    /// How many are ready.
    pub ready: Option<i64>,
    /// `status.conditions`
    pub conditions: Vec<WorkloadCondition>,
    /// `spec.strategy` or `spec.updateStrategy`
    pub strategy: Option<serde_json::Value>,
    /// Deployment paused, Job or CronJob suspended.
    pub halted: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// Its controller has not seen the present spec yet (`status.observedGeneration`), so that its counts are of an earlier one.
    pub behind: bool,
    /// What its annotation says of findings that are not to be shown.
    pub silence: Option<String>,
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
    /// Whether a Job has come to its end, well or badly.
    pub fn finished(&self) -> bool {
        self.holds("Complete") || self.holds("Failed")
    }

    /// Whether the condition is there and True.
    pub fn holds(&self, r#type: &str) -> bool {
        self.condition(r#type).is_some_and(|c| c.status == "True")
    }

    /// The newest time in it.
    pub fn newest(&self) -> Option<Timestamp> {
        let transitions = self.conditions.iter().map(|c| c.last_transition_time);
        transitions.max().flatten().max(self.created)
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
    owner_references: Option<Vec<RawOwner>>,
    annotations: Option<RawAnnotations>,
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

#[derive(Deserialize)]
pub(super) struct RawOwner {
    kind: String,
    name: String,
    controller: Option<bool>,
}

/// Kind and name of the owner that is the controller.
pub(super) fn controller(owners: Option<Vec<RawOwner>>) -> Option<(String, String)> {
    let mut owners = owners.into_iter().flatten();
    let controller = owners.find(|owner| owner.controller == Some(true));
    controller.map(|owner| (owner.kind, owner.name))
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
    Jobs(IgnoredAny),
}

impl RawStatus {
    fn active(&self) -> i64 {
        match self.active {
            Some(Active::Pods(pods)) => pods,
            Some(Active::Jobs(_)) | None => 0,
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
    observed_generation: Option<i64>,
    ready_replicas: Option<i64>,
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
            Kind::Job => Some(status.active()),
            Kind::CronJob => None,
            _ => Some(status.replicas.unwrap_or_default()),
        };
        let ended = [status.succeeded, status.failed];
        let observed = status.observed_generation.zip(self.metadata.generation);
        let of_job = spec.job_template.and_then(|job| job.spec?.template);
        let template = spec.template.or(of_job);
        let labels = template.as_deref().and_then(template_labels);
        let is_live = wanted > Some(0) || existing > Some(0);
        let annotations = self.metadata.annotations.unwrap_or_default();
        let number = |text: Option<String>| text?.parse().ok();
        Workload {
            revision: number(annotations.revision),
            desired: number(annotations.desired),
            template: template
                .filter(|_| kind == Kind::ReplicaSet && is_live)
                .map(|template| PodTemplate::new(&template)),
            uid: self.metadata.uid,
            silence: annotations.silence,
            created: self.metadata.creation_timestamp,
            controller: controller(self.metadata.owner_references),
            selector: spec
                .selector
                .and_then(|selector| read_selector(kind, selector)),
            template_labels: labels.unwrap_or_default(),
            wanted,
            existing,
            ended: ended.into_iter().flatten().sum(),
            terminating: self.metadata.deletion_timestamp.is_some(),
            behind: observed.is_some_and(|(seen, present)| seen < present),
            ready: status
                .ready_replicas
                .or(status.number_ready)
                .or(status.ready),
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

/// How many pods a Job may have at once, with what is left to complete (pkg/controller/job/job_controller.go manageJob, 1.37).
fn job_wants(spec: &RawSpec, status: &RawStatus) -> i64 {
    if spec.suspend == Some(true) {
        return 0;
    }
    let parallelism = spec.parallelism.unwrap_or(1);
    let left = |completions: i64| completions - status.succeeded.unwrap_or_default();
    match spec.completions {
        Some(completions) => parallelism.min(left(completions)).max(0),
        None if status.succeeded.unwrap_or_default() > 0 => status.active(),
        None => parallelism,
    }
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
mod tests {
    use super::*;

    #[test]
    fn a_cron_job_that_runs_lists_its_jobs() {
        let json = r#"{"metadata":{},"status":{"active":[{"kind":"Job","name":"report-1"}]}}"#;
        let raw: RawWorkload = serde_json::from_str(json).unwrap();
        assert_eq!(raw.into_workload(Kind::CronJob).existing, None);
    }

    fn workload(kind: Kind, json: &str) -> Workload {
        let raw: RawWorkload = serde_json::from_str(json).unwrap();
        raw.into_workload(kind)
    }

    #[test]
    fn a_job_wants_what_is_left_of_it() {
        for (spec, status, wanted) in [
            ("{}", "{}", 1),
            (r#"{"parallelism":3}"#, r#"{"active":1}"#, 3),
            (
                r#"{"parallelism":3,"completions":4}"#,
                r#"{"succeeded":2}"#,
                2,
            ),
            (r#"{"parallelism":3}"#, r#"{"active":1,"succeeded":1}"#, 1),
            (r#"{"parallelism":3,"suspend":true}"#, "{}", 0),
        ] {
            let json = format!(r#"{{"metadata":{{}},"spec":{spec},"status":{status}}}"#);
            let job = workload(Kind::Job, &json);
            assert_eq!(job.wanted, Some(wanted), "{json}");
        }
    }

    #[test]
    fn counts_of_an_earlier_spec_are_told_from_those_of_the_present_one() {
        for (generation, observed, behind) in [(3, "2", true), (3, "3", false), (3, "null", false)]
        {
            let json = format!(
                r#"{{"metadata":{{"generation":{generation}}},"status":{{"replicas":0,"observedGeneration":{observed}}}}}"#
            );
            assert_eq!(workload(Kind::ReplicaSet, &json).behind, behind, "{json}");
        }
    }

    #[test]
    fn a_replication_controllers_selector_is_a_plain_map() {
        let workload = workload(
            Kind::ReplicationController,
            r#"{"metadata":{},"spec":{"selector":{"app":"web"},"replicas":2}}"#,
        );
        assert_eq!(workload.wanted, Some(2));
        assert_eq!(
            workload
                .selector
                .unwrap()
                .match_labels
                .unwrap()
                .get("app")
                .map(String::as_str),
            Some("web")
        );
    }
}
