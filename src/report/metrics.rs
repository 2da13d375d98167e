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

/// Why a kind cannot be read that could be.
const OUTAGE: &str = "outage";

/// Everything that is told in one answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// What is stuck, each object once: by the first of its causes, in the order of the report.
    pub stuck: BTreeMap<Series, Stuck>,
    /// How many objects of a kind stand how.
    pub objects: BTreeMap<(String, &'static str), usize>,
    /// What there is to put right, by cause, layer and role: one root cause may keep many objects stuck.
    pub root_causes: BTreeMap<[&'static str; 3], usize>,
    /// What cannot be read: kind, namespace (empty for all) and why.
    pub unreadable: BTreeSet<(String, String, String)>,
    /// Diagnoses that somebody has silenced.
    pub silenced: usize,
    /// Rules that failed: defects of this tool.
    pub defects: usize,
    /// When the report was made; of what stays as it was told, the report that told it.
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
            root_causes: root_causes(report),
            unreadable: BTreeSet::new(),
            silenced: report.silenced.len(),
            defects: report.defects.len(),
            at,
            cost,
        };
        let mut counted: BTreeSet<ObjectKey<'_>> = BTreeSet::new();
        for one in &report.diagnoses {
            let role = role(one.role);
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

    /// A kind that could be followed cannot be any more: one series, in place of what the report says of its reads.
    pub fn lost(&mut self, kind: &str, namespace: Option<&str>) {
        let lost = namespace.unwrap_or_default();
        let covers = |whole: &str, part: &str| whole.is_empty() || whole == part;
        let is_told = self
            .unreadable
            .iter()
            .any(|(of, namespace, why)| of == kind && why == OUTAGE && covers(namespace, lost));
        if is_told {
            return;
        }
        self.unreadable
            .retain(|(of, namespace, _)| of != kind || !covers(lost, namespace));
        self.unreadable
            .insert((kind.to_owned(), lost.to_owned(), OUTAGE.to_owned()));
    }

    /// Tells of the cluster what was told before, since what is not seen is not solved; what cannot be read, the defects
    /// and the cost are those of now.
    pub fn hold(&mut self, before: &Metrics) {
        let now = std::mem::replace(&mut self.at, before.at);
        self.stuck = before.stuck.clone();
        // the time in which it is told as zero begins when it is seen to be solved
        let stuck = self.stuck.values_mut().filter(|stuck| stuck.objects > 0);
        stuck.for_each(|stuck| stuck.seen = now);
        self.objects = before.objects.clone();
        self.root_causes = before.root_causes.clone();
        self.silenced = before.silenced;
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

fn role(role: Role) -> &'static str {
    match role {
        Role::Cause => "cause",
        Role::Contributing => "contributing",
        Role::Held => "held",
        Role::Idle => "idle",
        Role::Hint => "hint",
        Role::Consequence => "consequence",
    }
}

fn root_causes(report: &Report) -> BTreeMap<[&'static str; 3], usize> {
    let mut counted = BTreeMap::new();
    for one in &report.root_causes {
        let role = if one.ended { ENDED } else { role(one.role) };
        *counted
            .entry([one.cause, one.layer.as_str(), role])
            .or_default() += 1;
    }
    counted
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
        let too_large = ["insufficient-cpu", "scheduling", "cause"];
        assert_eq!(first.root_causes, BTreeMap::from([(too_large, 1)]));
        let solved = metrics(&[], 1, &first);
        assert_eq!(numbers(&solved), [(0, false)]);
        assert_eq!(numbers(&metrics(&["b"], 2, &solved)), [(1, true)]);
        assert_eq!(numbers(&metrics(&[], 15, &solved)), []);
    }

    #[test]
    fn a_kind_that_is_not_followed_is_told_once() {
        let of = |kind: &str, namespace: &str, why: &str| {
            (kind.to_owned(), namespace.to_owned(), why.to_owned())
        };
        let mut metrics = Metrics::default();
        metrics.unreadable.extend([
            of("Node", "", "failed"),
            of("ConfigMap", "shop", "failed"),
            of("Secret", "", "forbidden"),
        ]);
        metrics.lost("Pod", Some("shop"));
        metrics.lost("Pod", None);
        metrics.lost("Pod", Some("shop"));
        metrics.lost("Node", None);
        metrics.lost("ConfigMap", Some("shop"));
        let expected = [
            of("ConfigMap", "shop", "outage"),
            of("Node", "", "outage"),
            of("Pod", "", "outage"),
            of("Secret", "", "forbidden"),
        ];
        assert_eq!(metrics.unreadable, BTreeSet::from(expected));
    }

    #[test]
    fn what_stays_is_solved_when_that_is_seen() {
        let first = metrics(&["a"], 0, &Metrics::default());
        let mut held = metrics(&[], 60, &first);
        held.lost("Node", None);
        held.hold(&first);
        assert_eq!(numbers(&held), [(1, true)]);
        assert_eq!((held.at, &held.objects), (first.at, &first.objects));
        assert_eq!(held.root_causes, first.root_causes);
        assert_eq!(held.unreadable.len(), 1);
        let solved = metrics(&[], 61, &held);
        assert_eq!(numbers(&solved), [(0, false)]);
        assert!(solved.at > first.at && solved.objects != first.objects);
    }
}
