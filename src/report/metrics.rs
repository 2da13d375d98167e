//! What an exporter tells: numbers of a report by what people count by, and what following the cluster costs.
//!
//! No series names a pod: pods come and go, and each would leave a series behind.

use super::{Affected, ObjectKey, Report, RungState};
use crate::rules::UNEXPLAINED;
use crate::rules::finding::Role;
use crate::snapshot::{Kind, ObjectRef};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How long a series that was told of once is told as zero, so that alerts see it end.
const KEPT: SignedDuration = SignedDuration::from_mins(15);

/// The role of the cause of what has ended for good.
pub const ENDED: &str = "ended";

/// Everything that is told in one answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// What is stuck, each object once: by the first of its causes, in the order of the report.
    pub stuck: BTreeMap<Series, Stuck>,
    /// How many objects of a kind stand how.
    pub objects: BTreeMap<(String, &'static str), usize>,
    /// What cannot be read: kind, namespace (empty for all) and why.
    pub unreadable: BTreeSet<(String, String, String)>,
    /// Diagnoses that somebody has silenced.
    pub silenced: usize,
    /// Rules that failed: defects of this tool.
    pub defects: usize,
    /// When the report was made.
    pub at: Timestamp,
    /// What it cost.
    pub cost: Cost,
}

/// What stuck objects are counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// Of what kind they are.
    pub kind: String,
    /// Their namespace; empty for what belongs to the cluster.
    pub namespace: String,
    /// The kind of the workload that they belong to, or of the object itself; empty for a bare pod.
    pub owner_kind: String,
    /// Its name.
    pub owner_name: String,
    /// The cause.
    pub cause: String,
    /// The layer.
    pub layer: &'static str,
    /// How sure that is.
    pub certainty: &'static str,
    /// Whether it is the cause, contributes to one, or is so on purpose; or that they have ended for good and are kept.
    pub role: &'static str,
}

/// How many, and since when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stuck {
    /// How many objects there are now; none of what was solved lately.
    pub objects: u64,
    /// When the trouble of the first began, in seconds since 1970, where that is known.
    pub since: Option<i64>,
    /// When there was one last.
    seen: Timestamp,
}

/// What following a cluster has cost so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cost {
    /// Requests that were sent.
    pub requests: u64,
    /// Bytes of the answers, after decompression.
    pub bytes: u64,
    /// What watches have told.
    pub events: u64,
    /// Lists that were read again since something could not be followed, by kind.
    pub resyncs: BTreeMap<String, u64>,
    /// Reports that were made.
    pub reports: u64,
    /// Seconds that they took.
    pub seconds: f64,
    /// How often the rules looked at an object.
    pub looks: u64,
    /// Bytes that the process has in memory, where the system tells.
    pub memory: Option<u64>,
    /// Seconds for which a processor was busy with it, where the system tells.
    pub processor: Option<f64>,
}

impl Metrics {
    /// What a report tells now. What was told before and is solved stays for a while, as zero.
    pub fn of(report: &Report, at: Timestamp, cost: Cost, before: &Metrics) -> Metrics {
        let kept = before.stuck.iter().filter_map(|(series, stuck)| {
            let is_recent = at.duration_since(stuck.seen) < KEPT;
            is_recent.then_some((
                series.clone(),
                Stuck {
                    objects: 0,
                    since: None,
                    ..*stuck
                },
            ))
        });
        let mut metrics = Metrics {
            stuck: kept.collect(),
            objects: objects(report),
            unreadable: BTreeSet::new(),
            silenced: report.silenced.len(),
            defects: report.defects.len(),
            at,
            cost,
        };
        let mut counted: BTreeSet<ObjectKey<'_>> = BTreeSet::new();
        for one in &report.diagnoses {
            let role = match one.role {
                Role::Cause => "cause",
                Role::Contributing => "contributing",
                Role::Held => "held",
            };
            let certainty = one.certainty.as_str();
            let once = one
                .affected
                .iter()
                .filter(|object| counted.insert(object.key()));
            for object in once {
                let role = if object.ended { ENDED } else { role };
                metrics.add(object, (one.cause, one.layer.as_str(), certainty, role));
            }
        }
        for one in &report.unexplained {
            let rung = one
                .ladder
                .iter()
                .find(|rung| rung.state == RungState::Stuck);
            let layer = rung.map_or("unknown", |rung| rung.layer.as_str());
            metrics.add(&one.object, (UNEXPLAINED, layer, "unknown", "cause"));
        }
        let unreadable = report.gaps.iter().map(|gap| {
            let namespace = gap.namespace.clone().unwrap_or_default();
            (gap.kind.to_owned(), namespace, gap.why.to_owned())
        });
        metrics.unreadable = unreadable.collect();
        metrics
    }

    /// A kind that could be followed cannot be any more: of pods what was known last is told.
    pub fn lost(&mut self, kind: &str, namespace: Option<&str>) {
        let namespace = namespace.unwrap_or_default().to_owned();
        let lost = (kind.to_owned(), namespace, "outage".to_owned());
        self.unreadable.insert(lost);
    }

    fn add(
        &mut self,
        object: &Affected,
        (cause, layer, certainty, role): (&str, &'static str, &'static str, &'static str),
    ) {
        let owner = object.workload.clone();
        let is_pod = object.kind == Kind::Pod.as_str();
        let owner = owner.or_else(|| (!is_pod).then(|| object.object()));
        let (owner_kind, owner_name) = owner.map_or_else(Default::default, |owner: ObjectRef| {
            (owner.kind, owner.name)
        });
        let series = Series {
            kind: object.kind.clone(),
            namespace: object.namespace.clone().unwrap_or_default(),
            owner_kind,
            owner_name,
            cause: cause.to_owned(),
            layer,
            certainty,
            role,
        };
        let at = self.at;
        let since = object
            .since_seconds
            .map(|seconds| at.as_second().saturating_sub(seconds));
        let stuck = self.stuck.entry(series).or_default();
        stuck.objects += 1;
        stuck.since = [stuck.since, since].into_iter().flatten().min();
        stuck.seen = at;
    }
}

fn objects(report: &Report) -> BTreeMap<(String, &'static str), usize> {
    let of_kind = report.summary.by_kind.iter();
    let each = of_kind.flat_map(|(kind, of)| {
        let others = of.stuck + of.progressing + of.ended;
        let healthy = of.all.map(|all| ("healthy", all.saturating_sub(others)));
        let all = [
            ("progressing", of.progressing),
            ("stuck", of.stuck),
            ("ended", of.ended),
        ];
        let all = healthy.into_iter().chain(all);
        all.map(move |(state, many)| ((kind.clone(), state), many))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::diagnose;
    use crate::report::Requests;
    use crate::scheduler::testing::{Cluster, node, pod};
    use crate::triage::Scope;
    use serde_json::json;

    fn waiting(name: &str) -> crate::scheduler::testing::Object {
        let said = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."}]);
        let pod = pod(name).asks("cpu", "8").set("/status/conditions", said);
        pod.set("/metadata/creationTimestamp", json!("2026-01-01T11:00:00Z"))
    }

    fn metrics(pods: &[&str], minutes: i64, before: &Metrics) -> Metrics {
        let mut cluster = Cluster::new().with(node("n", "1", "1Gi"));
        cluster = cluster.all(pods.iter().map(|name| waiting(name)));
        let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let at = noon + SignedDuration::from_mins(minutes);
        cluster.store().set_time(at);
        let report = diagnose(
            &cluster.store().snapshot(),
            &Scope::everything(),
            Requests::default(),
        );
        Metrics::of(&report, at, Cost::default(), before)
    }

    fn numbers(metrics: &Metrics) -> Vec<(u64, bool)> {
        let all = metrics.stuck.values();
        all.map(|stuck| (stuck.objects, stuck.since.is_some()))
            .collect()
    }

    #[test]
    fn what_was_told_once_is_zero_for_a_while() {
        let first = metrics(&["a", "b"], 0, &Metrics::default());
        assert_eq!(numbers(&first), [(2, true)]);
        let solved = metrics(&[], 1, &first);
        assert_eq!(numbers(&solved), [(0, false)]);
        assert_eq!(numbers(&metrics(&["b"], 2, &solved)), [(1, true)]);
        assert_eq!(numbers(&metrics(&[], 15, &solved)), []);
    }

    #[test]
    fn what_is_not_followed_is_told_beside_what_is_not_read() {
        let mut metrics = metrics(&[], 0, &Metrics::default());
        assert!(metrics.unreadable.is_empty());
        metrics.lost("Pod", None);
        let lost = ("Pod".to_owned(), String::new(), "outage".to_owned());
        assert!(metrics.unreadable.contains(&lost));
    }
}
