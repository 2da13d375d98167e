use super::*;
use crate::snapshot::{Retention, Why};
use crate::triage::scope::Target;
use crate::triage::{Numbers, Triage, triage};
use serde_json::{Value, json};

/// What was read, an hour after the workloads were made.
struct Cluster(Store);

impl Cluster {
    fn new() -> Self {
        let mut store = Store::new(Why::NotAsked);
        store.set_time("2026-01-01T01:00:00Z".parse().unwrap());
        Cluster(store)
    }

    fn with(mut self, kind: Kind, object: &Value) -> Self {
        let json = object.to_string();
        let taken = self.0.insert(kind, json.as_bytes(), Retention::Whole);
        taken.unwrap();
        self
    }

    fn event(self, of: (Kind, &str), reason: &str, last: &str, message: &str) -> Self {
        let (kind, name) = of;
        let event = json!({"metadata": {"name": format!("{name}.{reason}.{last}"), "namespace": "shop"}, "reason": reason, "message": message,
            "involvedObject": {"kind": kind.as_str(), "namespace": "shop", "name": name, "uid": name}, "firstTimestamp": at(last), "lastTimestamp": at(last)});
        self.with(Kind::Event, &event)
    }

    fn refused(self, of: (Kind, &str), last: &str) -> Self {
        self.event(of, REFUSED, last, "exceeded quota")
    }

    fn triage(&self) -> Triage<'_> {
        static EVERYTHING: Scope = Scope {
            namespace: None,
            selector: None,
            fields: None,
            targets: Vec::new(),
            bare: false,
            exclude: BTreeSet::new(),
        };
        triage(&self.0.snapshot(), &EVERYTHING)
    }

    fn stuck(&self) -> Vec<String> {
        let stuck = self.triage().workloads.stuck;
        stuck
            .iter()
            .map(|subject| subject.name.to_owned())
            .collect()
    }

    fn numbers(&self, kind: Kind) -> Numbers {
        self.triage()
            .numbers()
            .remove(kind.as_str())
            .unwrap_or_default()
    }

    /// How a Deployment stands that was named.
    fn named(&self, kind: Kind, name: &str) -> Option<Standing> {
        let scope = Scope {
            targets: vec![Target::new(kind, name)],
            ..Scope::default()
        };
        let named = triage(&self.0.snapshot(), &scope).workloads.named;
        named.into_iter().next().map(|(_, standing)| standing)
    }
}

fn at(time: &str) -> String {
    format!("2026-01-01T00:{time}Z")
}

fn object(name: &str, spec: &Value, status: &Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": at("00:00")}, "spec": spec, "status": status})
}

fn set(name: &str, wanted: i64, existing: i64) -> Value {
    let mut set = object(
        name,
        &json!({"replicas": wanted}),
        &json!({"replicas": existing}),
    );
    set["metadata"]["ownerReferences"] =
        json!([{"kind": "Deployment", "name": "web", "controller": true}]);
    set
}

fn failing(mut set: Value, since: &str) -> Value {
    set["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "no", "lastTransitionTime": at(since)}]);
    set
}

fn pod(name: &str, owner: (Kind, &str), phase: &str) -> Value {
    let (kind, of) = owner;
    json!({"metadata": {"name": name, "namespace": "shop", "ownerReferences": [{"kind": kind.as_str(), "name": of, "controller": true}]},
        "spec": {"nodeName": "n", "containers": []}, "status": {"phase": phase}})
}

const WEB: (Kind, &str) = (Kind::ReplicaSet, "web-1");
const DB: (Kind, &str) = (Kind::StatefulSet, "db");

#[test]
fn who_was_refused_a_pod_and_lacks_it_is_stuck() {
    let refused = |set: &Value| {
        Cluster::new()
            .with(Kind::ReplicaSet, set)
            .refused(WEB, "50:00")
    };
    assert_eq!(refused(&set("web-1", 2, 1)).stuck(), ["web-1"]);
    assert_eq!(refused(&set("web-1", 2, 2)).stuck(), [""; 0]);
    assert_eq!(refused(&set("web-1", 0, 0)).stuck(), [""; 0]);
    let condition = failing(set("web-1", 2, 1), "00:10");
    let cluster = Cluster::new().with(Kind::ReplicaSet, &condition);
    assert_eq!(cluster.stuck(), ["web-1"]);
    assert_eq!(cluster.numbers(Kind::Deployment).stuck, 1);
}

#[test]
fn a_refusal_that_is_over_is_none() {
    let some = set("web-1", 2, 1);
    let created = Cluster::new()
        .with(Kind::ReplicaSet, &some)
        .refused(WEB, "50:00")
        .event(WEB, CREATED, "51:00", "Created pod: web-1-x");
    assert_eq!(created.stuck(), [""; 0]);
    let old = Cluster::new()
        .with(Kind::ReplicaSet, &some)
        .refused(WEB, "10:00");
    assert_eq!(old.stuck(), [""; 0], "its condition is gone since");
    let existing = Cluster::new()
        .with(
            Kind::StatefulSet,
            &object("db", &json!({"replicas": 3}), &json!({"replicas": 1})),
        )
        .with(Kind::Pod, &pod("db-0", DB, "Running"))
        .event(DB, REFUSED, "50:00", "pods \"db-0\" is forbidden: no");
    assert_eq!(existing.stuck(), [""; 0], "the pod is there");
    let earlier = Cluster::new().with(Kind::ReplicaSet, &set("web-1", 2, 1)).with(
        Kind::Event,
        &json!({"metadata": {"name": "a"}, "reason": REFUSED, "lastTimestamp": at("59:00"),
            "involvedObject": {"kind": "ReplicaSet", "namespace": "shop", "name": "web-1", "uid": "earlier"}}),
    );
    assert_eq!(earlier.stuck(), [""; 0], "of a ReplicaSet of the same name");
}

#[test]
fn the_newer_of_event_and_condition_counts() {
    for (refused, since, expected) in [
        ("50:00", "00:10", "exceeded quota"),
        ("05:00", "50:00", "no"),
    ] {
        let cluster = Cluster::new()
            .with(Kind::ReplicaSet, &failing(set("web-1", 2, 0), since))
            .refused(WEB, refused);
        let snapshot = cluster.0.snapshot();
        let subjects = WorkloadSubject::all(snapshot.store(), &Scope::everything());
        let refusal = subjects.first().unwrap().refusal(&snapshot);
        assert_eq!(refusal.unwrap().message(), expected);
    }
}

#[test]
fn a_first_refusal_may_pass() {
    let cluster = Cluster::new()
        .with(Kind::ReplicaSet, &set("web-1", 2, 0))
        .event(WEB, REFUSED, "59:57", "no service account");
    let until = "2026-01-01T01:00:02Z".parse().unwrap();
    assert_eq!(
        cluster.named(Kind::Deployment, "web"),
        Some(Standing::Progressing(Because::MakingPods, Some(until)))
    );
}

#[test]
fn counts_are_those_of_the_present_spec_and_of_pods_that_were_read() {
    let mut behind = set("web-1", 2, 0);
    behind["metadata"]["generation"] = json!(5);
    behind["status"]["observedGeneration"] = json!(4);
    let behind = Cluster::new()
        .with(Kind::ReplicaSet, &behind)
        .refused(WEB, "50:00");
    assert_eq!(behind.stuck(), [""; 0]);
    let read = Cluster::new()
        .with(Kind::ReplicaSet, &set("web-1", 1, 0))
        .with(Kind::Pod, &pod("web-1-x", WEB, "Pending"))
        .refused(WEB, "50:00");
    assert_eq!(read.stuck(), [""; 0]);
}

#[test]
fn without_any_pod_it_is_stuck_though_nothing_says_why() {
    assert_eq!(
        Cluster::new()
            .with(Kind::ReplicaSet, &set("web-1", 2, 0))
            .stuck(),
        ["web-1"]
    );
    assert_eq!(
        Cluster::new()
            .with(Kind::ReplicaSet, &set("web-1", 2, 1))
            .stuck(),
        [""; 0]
    );
    let deployment = object("web", &json!({"replicas": 2}), &json!({}));
    let alone = Cluster::new().with(Kind::Deployment, &deployment);
    assert_eq!(alone.stuck(), ["web"]);
    let mut paused = deployment;
    paused["spec"]["paused"] = json!(true);
    assert_eq!(
        Cluster::new().with(Kind::Deployment, &paused).stuck(),
        [""; 0]
    );
    let mut deleted = set("web-1", 2, 0);
    deleted["metadata"]["deletionTimestamp"] = json!(at("59:00"));
    assert_eq!(
        Cluster::new().with(Kind::ReplicaSet, &deleted).stuck(),
        [""; 0]
    );
}

#[test]
fn a_job_waits_between_its_attempts_and_ends() {
    let job = |spec: Value, status: Value| {
        Cluster::new().with(Kind::Job, &object("import", &spec, &status))
    };
    let ended = |kind: &str| json!({"conditions": [{"type": kind, "status": "True"}]});
    assert_eq!(job(json!({}), json!({})).stuck(), ["import"]);
    assert_eq!(job(json!({}), json!({"failed": 1})).stuck(), [""; 0]);
    assert_eq!(job(json!({"suspend": true}), json!({})).stuck(), [""; 0]);
    let uncounted = job(json!({}), json!({}));
    let uncounted = uncounted.with(Kind::Pod, &pod("import-x", (Kind::Job, "import"), "Failed"));
    assert_eq!(uncounted.stuck(), [""; 0]);
    assert_eq!(
        job(json!({}), ended("Complete")).named(Kind::Job, "import"),
        Some(Standing::Healthy(Because::Completed))
    );
    assert_eq!(
        job(json!({}), ended("Failed")).named(Kind::Job, "import"),
        Some(Standing::Ended(Because::JobFailed))
    );
}

#[test]
fn a_daemon_set_counts_nodes() {
    let status = json!({"desiredNumberScheduled": 3, "currentNumberScheduled": 2});
    let cluster = Cluster::new()
        .with(Kind::DaemonSet, &object("agent", &json!({}), &status))
        .refused((Kind::DaemonSet, "agent"), "10:00");
    assert_eq!(cluster.stuck(), ["agent"]);
}

#[test]
fn a_deployment_counts_once_and_stands_as_its_worst_revision() {
    let deployment = object("web", &json!({"replicas": 3}), &json!({"replicas": 3}));
    let cluster = Cluster::new()
        .with(Kind::Deployment, &deployment)
        .with(Kind::ReplicaSet, &set("web-0", 0, 0))
        .with(Kind::ReplicaSet, &set("web-1", 2, 2))
        .with(Kind::ReplicaSet, &set("web-2", 1, 1));
    assert_eq!(
        cluster.named(Kind::Deployment, "web"),
        Some(Standing::Healthy(Because::HasPods(3)))
    );
    assert_eq!(
        cluster.numbers(Kind::Deployment),
        Numbers {
            all: 1,
            ..Numbers::default()
        }
    );
    assert_eq!(cluster.numbers(Kind::ReplicaSet), Numbers::default());
    let worse = cluster.refused((Kind::ReplicaSet, "web-2"), "50:00");
    let worse = worse.with(Kind::ReplicaSet, &set("web-2", 1, 0));
    assert_eq!(worse.numbers(Kind::Deployment).stuck, 1);
    let halted = Cluster::new()
        .with(
            Kind::Deployment,
            &object("web", &json!({"replicas": 0}), &json!({})),
        )
        .with(Kind::ReplicaSet, &set("web-0", 0, 0));
    assert_eq!(
        halted.named(Kind::Deployment, "web"),
        Some(Standing::Healthy(Because::Halted))
    );
}

#[test]
fn a_refusal_counts_at_once_where_nothing_tells_the_time() {
    let mut cluster = Cluster(Store::new(Why::NotInDump));
    cluster = cluster.with(Kind::ReplicaSet, &failing(set("web-1", 2, 0), "50:00"));
    assert_eq!(cluster.0.snapshot().clock().at.to_string(), at("50:00"));
    assert_eq!(cluster.stuck(), ["web-1"]);
}
