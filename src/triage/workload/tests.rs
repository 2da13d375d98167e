use super::*;
use crate::snapshot::{Retention, Why};
use crate::triage::scope::Target;
use crate::triage::{Numbers, Triage, triage};
use serde_json::{Value, json};

mod jobs;

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

    /// Whether the first of the workloads is refused what it makes.
    fn is_refused(&self) -> bool {
        let snapshot = self.0.snapshot();
        let subjects = WorkloadSubject::all(&snapshot, &Scope::everything());
        subjects.first().unwrap().refusal(&snapshot).is_some()
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

const REFUSED: &str = "FailedCreate";
const CREATED: &str = "SuccessfulCreate";

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
    assert!(!created.is_refused());
    let old = Cluster::new()
        .with(Kind::ReplicaSet, &some)
        .refused(WEB, "10:00");
    assert!(!old.is_refused(), "its condition is gone since");
    let existing = Cluster::new()
        .with(
            Kind::StatefulSet,
            &object("db", &json!({"replicas": 3}), &json!({"replicas": 1})),
        )
        .with(Kind::Pod, &pod("db-0", DB, "Running"))
        .event(DB, REFUSED, "50:00", "pods \"db-0\" is forbidden: no");
    assert!(!existing.is_refused(), "the pod is there");
    let earlier = Cluster::new().with(Kind::ReplicaSet, &set("web-1", 2, 1)).with(
        Kind::Event,
        &json!({"metadata": {"name": "a"}, "reason": REFUSED, "lastTimestamp": at("59:00"),
            "involvedObject": {"kind": "ReplicaSet", "namespace": "shop", "name": "web-1", "uid": "earlier"}}),
    );
    assert!(!earlier.is_refused(), "of a ReplicaSet of the same name");
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
        let subjects = WorkloadSubject::all(&snapshot, &Scope::everything());
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
        Some(Standing::Healthy(Because::ScaledToZero))
    );
}

#[test]
fn a_refusal_counts_at_once_where_nothing_tells_the_time() {
    let mut cluster = Cluster(Store::new(Why::NotInDump));
    cluster = cluster.with(Kind::ReplicaSet, &failing(set("web-1", 2, 0), "50:00"));
    assert_eq!(cluster.0.snapshot().clock().at.to_string(), at("50:00"));
    assert_eq!(cluster.stuck(), ["web-1"]);
}

fn until(time: &str) -> Option<Timestamp> {
    Some(at(time).parse().unwrap())
}

#[test]
fn who_lacks_some_pods_makes_them_for_a_minute_after_anything_was_done() {
    let some = set("web-1", 2, 1);
    let silent = Cluster::new().with(Kind::ReplicaSet, &some);
    assert_eq!(
        silent.stuck(),
        ["web-1"],
        "since it was made nothing was done"
    );
    let made = silent.event(WEB, CREATED, "59:30", "Created pod: web-1-x");
    let making = Standing::Progressing(
        Because::MakingPods,
        Some("2026-01-01T01:00:30Z".parse().unwrap()),
    );
    assert_eq!(made.named(Kind::Deployment, "web"), Some(making.clone()));
    let mut written = some;
    written["metadata"]["managedFields"] = json!([{"manager": "kubectl", "time": at("59:30")}]);
    let cluster = Cluster::new().with(Kind::ReplicaSet, &written);
    assert_eq!(cluster.named(Kind::Deployment, "web"), Some(making));
}

#[test]
fn counts_of_an_earlier_spec_are_waited_for_a_minute_since_the_present_one_was_written() {
    let behind = |written: &Value| {
        let mut set = set("web-1", 2, 1);
        set["metadata"]["generation"] = json!(5);
        set["metadata"]["managedFields"] = json!([{"time": written}]);
        set["status"]["observedGeneration"] = json!(4);
        Cluster::new().with(Kind::ReplicaSet, &set)
    };
    assert_eq!(behind(&json!(at("50:00"))).stuck(), ["web-1"]);
    assert_eq!(behind(&json!(at("59:30"))).stuck(), [""; 0]);
    assert_eq!(
        behind(&json!(null)).stuck(),
        [""; 0],
        "nobody knows since when"
    );
}

#[test]
fn a_stateful_set_waits_for_the_pod_before() {
    let db = |policy: &str, ready: i64, available: i64| {
        let spec = json!({"replicas": 3, "podManagementPolicy": policy});
        let status = json!({"replicas": 1, "readyReplicas": ready, "availableReplicas": available});
        Cluster::new().with(Kind::StatefulSet, &object("db", &spec, &status))
    };
    let waits = Some(Standing::Progressing(Because::WaitsForReady(1), None));
    let ordered =
        |ready, available| db("OrderedReady", ready, available).named(Kind::StatefulSet, "db");
    assert_eq!(ordered(0, 0), waits);
    assert_eq!(ordered(1, 0), waits, "minReadySeconds");
    assert_eq!(db("OrderedReady", 1, 1).stuck(), ["db"]);
    assert_eq!(db("Parallel", 0, 0).stuck(), ["db"]);
    let mut going = pod("db-0", DB, "Running");
    going["metadata"]["deletionTimestamp"] = json!(at("59:59"));
    let cluster = db("OrderedReady", 1, 1).with(Kind::Pod, &going);
    let gone = Some(Standing::Progressing(Because::WaitsForGone(1), None));
    assert_eq!(cluster.named(Kind::StatefulSet, "db"), gone);
}

#[test]
fn a_deployment_that_recreates_waits_for_its_old_pods_to_go() {
    let mut old = pod("web-0-x", (Kind::ReplicaSet, "web-0"), "Running");
    old["metadata"]["deletionTimestamp"] = json!(at("59:59"));
    for (strategy, stuck) in [("Recreate", false), ("RollingUpdate", true)] {
        let spec = json!({"replicas": 2, "strategy": {"type": strategy}});
        let cluster = Cluster::new()
            .with(Kind::Deployment, &object("web", &spec, &json!({})))
            .with(Kind::ReplicaSet, &set("web-0", 0, 0))
            .with(Kind::Pod, &old);
        assert_eq!(!cluster.stuck().is_empty(), stuck, "{strategy}");
    }
}

const DEPLOYMENT: (Kind, &str) = (Kind::Deployment, "web");
const SET_REFUSED: &str = "ReplicaSetCreateError";

/// A Deployment whose pods are all there, and the ReplicaSet that made them.
fn deployment(reason: &str, since: &str) -> Cluster {
    let condition = json!({"type": "Progressing", "status": if reason == SET_REFUSED { "False" } else { "True" },
        "reason": reason, "message": "no", "lastTransitionTime": at(since)});
    let status = json!({"replicas": 2, "conditions": [condition]});
    let deployment = object("web", &json!({"replicas": 2}), &status);
    Cluster::new()
        .with(Kind::Deployment, &deployment)
        .with(Kind::ReplicaSet, &set("web-1", 2, 2))
}

#[test]
fn a_deployment_that_is_refused_its_replica_set_is_stuck_whatever_its_old_pods_do() {
    let refused = deployment(SET_REFUSED, "50:00");
    assert_eq!(refused.stuck(), ["web"]);
    assert_eq!(refused.numbers(Kind::Deployment).all, 1);
    let told = |cluster: Cluster| cluster.event(DEPLOYMENT, SET_REFUSED, "55:00", "no");
    assert_eq!(
        told(deployment("NewReplicaSetAvailable", "50:00")).stuck(),
        ["web"]
    );
    for over in [
        told(deployment("NewReplicaSetCreated", "56:00")),
        told(deployment("NewReplicaSetAvailable", "10:00")).event(
            DEPLOYMENT,
            "ScalingReplicaSet",
            "55:00",
            "Scaled up",
        ),
        deployment("NewReplicaSetAvailable", "10:00").event(DEPLOYMENT, SET_REFUSED, "20:00", "no"),
    ] {
        assert_eq!(
            over.named(Kind::Deployment, "web"),
            Some(Standing::Healthy(Because::HasPods(2)))
        );
    }
}

const REPORT: (Kind, &str) = (Kind::CronJob, "report");

#[test]
fn whatever_was_named_says_why_it_has_no_pods() {
    let zero = json!({"replicas": 0});
    let none = json!({"desiredNumberScheduled": 0});
    let cluster = Cluster::new()
        .with(Kind::ReplicaSet, &set("web-0", 0, 0))
        .with(Kind::ReplicaSet, &object("alone", &zero, &json!({})))
        .with(Kind::StatefulSet, &object("db", &zero, &json!({})))
        .with(
            Kind::ReplicationController,
            &object("old", &zero, &json!({})),
        )
        .with(Kind::DaemonSet, &object("agent", &json!({}), &none))
        .with(
            Kind::Job,
            &object("import", &json!({"suspend": true}), &json!({})),
        )
        .with(
            Kind::Job,
            &object("none", &json!({"parallelism": 0}), &json!({})),
        )
        .with(
            Kind::Deployment,
            &object("paused", &json!({"paused": true}), &json!({})),
        );
    for (kind, name, because) in [
        (Kind::ReplicaSet, "web-0", Because::ScaledToZero),
        (Kind::ReplicaSet, "alone", Because::ScaledToZero),
        (Kind::StatefulSet, "db", Because::ScaledToZero),
        (Kind::ReplicationController, "old", Because::ScaledToZero),
        (Kind::DaemonSet, "agent", Because::NoNode),
        (Kind::Job, "import", Because::Suspended),
        (Kind::Job, "none", Because::ScaledToZero),
        (Kind::Deployment, "paused", Because::Paused),
    ] {
        let said = cluster.named(kind, name);
        assert_eq!(said, Some(Standing::Healthy(because)), "{name}");
    }
}

/// Whatever the order in which its parts are seen.
#[test]
fn what_an_owner_makes_is_on_its_way_until_the_last_of_it_has_come() {
    let made = |name: &str, at: &str| {
        let mut set = set(name, 1, 0);
        set["metadata"]["creationTimestamp"] = json!(format!("2026-01-01T00:59:{at}Z"));
        set["metadata"]["generation"] = json!(1);
        set["metadata"]["managedFields"] = json!([{"time": set["metadata"]["creationTimestamp"]}]);
        set
    };
    let until = |first: &str, second: &str| {
        let cluster = Cluster::new()
            .with(Kind::ReplicaSet, &made("web-0", first))
            .with(Kind::ReplicaSet, &made("web-1", second));
        let progressing = cluster.triage().workloads.progressing;
        assert_eq!(progressing.len(), 1);
        progressing.into_values().next().flatten().unwrap()
    };
    assert_eq!(until("50", "55"), until("55", "50"));
    assert!(until("50", "55") > until("50", "50"));
    let [soon, late] = ["2026-01-01T01:00:00Z", "2026-01-01T01:01:00Z"].map(|at| at.parse().ok());
    for (one, other, expected) in [
        (soon, late, late),
        (late, soon, late),
        (None, late, None),
        (late, None, None),
    ] {
        let on_its_way = |until| Standing::Progressing(Because::MakingPods, until);
        assert_eq!(on_its_way(one).and(on_its_way(other)), on_its_way(expected));
    }
}

#[test]
fn a_daemon_set_that_was_never_counted_is_not_said_to_want_none() {
    let mut new = object("agent", &json!({}), &json!({"desiredNumberScheduled": 0}));
    new["metadata"]["generation"] = json!(1);
    new["metadata"]["managedFields"] = json!([{"time": at("00:00")}]);
    assert_eq!(
        Cluster::new().with(Kind::DaemonSet, &new).stuck(),
        ["agent"]
    );
}

#[test]
fn all_of_a_kind_is_a_scan_that_lists_nothing_that_is_well() {
    let cluster = Cluster::new().with(Kind::ReplicaSet, &set("web-0", 0, 0));
    let scope = Scope {
        targets: vec![Target::all(Kind::ReplicaSet)],
        ..Scope::default()
    };
    let triage = triage(&cluster.0.snapshot(), &scope);
    assert_eq!(triage.workloads.named, []);
}
