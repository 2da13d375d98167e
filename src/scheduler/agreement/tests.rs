//! Messages of several versions beside clusters that do and do not explain them.

mod peers;

use crate::scheduler::testing::{Cluster, Object, claim, node, object, pod, volume};
use crate::scheduler::{Agree, Agreement, Because, Engine};
use crate::snapshot::{Kind, Why};
use serde_json::json;

/// Three workers and a control plane: w1 is full, w2 is cordoned, w3 tainted and of another disk.
fn nodes() -> [Object; 4] {
    let taint =
        |key: &str, value: &str| json!([{"key": key, "value": value, "effect": "NoSchedule"}]);
    [
        node("cp", "4", "8Gi").set(
            "/spec/taints",
            taint("node-role.kubernetes.io/control-plane", ""),
        ),
        node("w1", "1", "1Gi"),
        node("w2", "4", "8Gi").set("/spec/unschedulable", json!(true)),
        node("w3", "4", "8Gi").set("/spec/taints", taint("team", "a")),
    ]
}

fn web(message: &str) -> Object {
    let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": "2026-01-01T00:10:00Z"});
    pod("web")
        .asks("cpu", "2")
        .asks("memory", "2Gi")
        .set("/status/conditions", json!([condition]))
}

fn examined(pod: &Object, cluster: Cluster) -> Agreement {
    let cluster = cluster.with(pod.clone()).snapshot();
    Engine::new(&cluster).examine(&pod.stuck()).agreement
}

fn agreement(message: &str) -> Agreement {
    examined(
        &web(message),
        nodes().into_iter().fold(Cluster::new(), Cluster::with),
    )
}

const NEW: &str = "0/4 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) were unschedulable, 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.";
const OLD: &str = "0/4 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) had taint {node-role.kubernetes.io/control-plane: }, that the pod didn't tolerate, 1 node(s) had taint {team: a}, that the pod didn't tolerate, 1 node(s) were unschedulable.";

#[test]
fn counts_are_compared_in_the_words_of_every_version() {
    for message in [NEW, OLD] {
        let agreement = agreement(message);
        assert_eq!(agreement.verdict, Agree::Equal, "{agreement:?}");
        assert_eq!(agreement.because, None);
        assert_eq!(agreement.computed, agreement.scheduler, "{message}");
    }
}

#[test]
fn another_taint_of_the_same_count_is_a_difference() {
    let agreement = agreement(&OLD.replace("team: a", "team: b"));
    assert_eq!(agreement.verdict, Agree::Different);
    assert!(
        agreement
            .computed
            .iter()
            .any(|count| count.reason == "node(s) had untolerated taint {team: a}")
    );
}

#[test]
fn a_difference_is_put_down_to_what_can_be_seen() {
    let message = NEW.replace("1 Insufficient memory, ", "");
    let stale = agreement(&message);
    assert_eq!(stale.verdict, Agree::Different);
    assert_eq!(stale.because, Some(Because::SomethingChanged));
    let [cp, w1, w2, w3] = nodes();
    let w2 = w2.set(
        "/status/conditions",
        json!([{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:11:00Z"}]),
    );
    let cluster = [cp, w1, w2, w3]
        .into_iter()
        .fold(Cluster::new(), Cluster::with);
    let changed = examined(&web(&message), cluster);
    assert_eq!(changed.because, Some(Because::NodeChanged("w2".to_owned())));
    let other = web(&message).set("/spec/schedulerName", json!("volcano"));
    let cluster = nodes().into_iter().fold(Cluster::new(), Cluster::with);
    assert_eq!(
        examined(&other, cluster).because,
        Some(Because::OtherScheduler("volcano".to_owned()))
    );
}

#[test]
fn a_node_that_would_fit_contradicts_the_message() {
    let message = "0/1 nodes are available: 1 Insufficient cpu.";
    let agreement = examined(&web(message), Cluster::new().with(node("n1", "4", "8Gi")));
    assert_eq!(agreement.verdict, Agree::Different);
    assert_eq!(
        agreement.because,
        Some(Because::NodesFeasible(vec!["n1".to_owned()]))
    );
    assert!(agreement.computed.is_empty());
}

#[test]
fn what_was_not_read_is_not_compared() {
    let all = |cluster: Cluster| nodes().into_iter().fold(cluster, Cluster::with);
    let blind = examined(&web(NEW), all(Cluster::unread()));
    assert_eq!(
        (blind.verdict, blind.because),
        (
            Agree::NotComparable,
            Some(Because::NodesNotRead(Why::Forbidden))
        )
    );
    // without the pods of other namespaces equal counts still agree, and unequal ones prove nothing
    let half = examined(&web(NEW), all(Cluster::unread().read(Kind::Node)));
    assert_eq!(half.verdict, Agree::Equal);
    let more = NEW.replace("1 Insufficient memory, ", "");
    let half = examined(&web(&more), all(Cluster::unread().read(Kind::Node)));
    assert_eq!(half.verdict, Agree::NotComparable);
    let fewer = agreement(&NEW.replace("0/4", "0/5"));
    assert_eq!(fewer.verdict, Agree::NotComparable);
    let (counted, read) = (5, 4);
    assert_eq!(fewer.because, Some(Because::OtherNodes { counted, read }));
}

#[test]
fn plugins_that_are_not_computed_are_named() {
    let devices = "1 cannot allocate all claims";
    let [cp, w1, w2, _] = nodes();
    let all = |n: Object| {
        [cp.clone(), w1.clone(), w2.clone(), n]
            .into_iter()
            .fold(Cluster::new(), Cluster::with)
    };
    let message = NEW.replace(
        "2 node(s) had untolerated",
        &format!("{devices}, 1 node(s) had untolerated"),
    );
    let fits = examined(&web(&message), all(node("w3", "4", "8Gi")));
    assert_eq!(fits.verdict, Agree::NotComparable, "{fits:?}");
    assert_eq!(
        fits.because,
        Some(Because::NotComputed {
            clauses: vec!["cannot allocate all claims".to_owned()],
            others_agree: true
        })
    );
    let full = examined(&web(&message), all(node("w3", "1", "8Gi")));
    assert_eq!(full.verdict, Agree::Different, "{full:?}");
    let profile = NEW.replace(
        "1 node(s) were unschedulable",
        "1 node(s) didn't match scheduler-enforced node affinity",
    );
    assert_eq!(agreement(&profile).verdict, Agree::NotComparable);
}

#[test]
fn sentences_about_the_pod_have_no_counts_to_compare() {
    for (message, because) in [
        (
            "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
            Because::RefusedBeforeNodes,
        ),
        (
            "Scheduling is blocked due to non-empty scheduling gates",
            Because::Gated,
        ),
        ("no nodes available to schedule pods", Because::NoNodes),
        (
            "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded",
            Because::SchedulerError,
        ),
    ] {
        let agreement = agreement(message);
        assert_eq!(
            (agreement.verdict, agreement.because),
            (Agree::NotComparable, Some(because)),
            "{message}"
        );
    }
    let silent = pod("web");
    let agreement = examined(&silent, Cluster::new());
    assert_eq!(agreement.because, Some(Because::NoMessage));
}

#[test]
fn every_version_counts_the_nodes_that_are_cut_off_in_its_own_way() {
    let pin = |name: &str| {
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}]}}})
    };
    for message in [
        "0/4 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 3 node(s) didn't satisfy plugin(s) [NodeAffinity].",
        "0/4 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.",
        "0/4 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) were unschedulable, 2 node(s) had untolerated taint(s).",
    ] {
        let daemon = web(message).set("/spec/affinity", pin("w1"));
        let cluster = nodes().into_iter().fold(Cluster::new(), Cluster::with);
        let agreement = examined(&daemon, cluster);
        assert_eq!(agreement.verdict, Agree::Equal, "{agreement:?}");
    }
    let torn = "0/4 nodes are available: pod affinity terms conflict.";
    let mut terms = pin("w1");
    let fields = terms.pointer_mut("/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields").unwrap();
    fields
        .as_array_mut()
        .unwrap()
        .push(json!({"key": "metadata.name", "operator": "In", "values": ["w2"]}));
    let plain = (1..5).map(|i| node(&format!("n{i}"), "4", "8Gi"));
    let cluster = plain.fold(Cluster::new(), Cluster::with);
    let agreement = examined(&web(torn).set("/spec/affinity", terms), cluster);
    assert_eq!(agreement.verdict, Agree::Equal, "{agreement:?}");
}

#[test]
fn what_is_found_before_any_node_is_looked_at_comes_before_every_filter() {
    let pin = |name: &str| json!({"key": "metadata.name", "operator": "In", "values": [name]});
    let torn = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{"matchFields": [pin("w1"), pin("w3")]}],
    }}});
    let web = web(
        "0/4 nodes are available: pod affinity terms conflict. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
    );
    // w2 is cordoned and w3 tainted, which nobody came to see
    let agreement = examined(
        &web.set("/spec/affinity", torn),
        nodes().into_iter().fold(Cluster::new(), Cluster::with),
    );
    assert_eq!(agreement.verdict, Agree::Equal, "{agreement:?}");
}

/// Three nodes, of which each fails for the pod's volumes in its own way.
fn storage() -> Cluster {
    let zoned = |name: &str, zone: &str| node(name, "4", "8Gi").label("zone", zone);
    let limits = ["n1", "n2", "n3"].map(|name| {
        let count = if name == "n2" { 0 } else { 9 };
        let driver =
            json!({"name": "csi.example.com", "nodeID": name, "allocatable": {"count": count}});
        let meta = json!({"name": name});
        object(
            Kind::CsiNode,
            json!({"metadata": meta, "spec": {"drivers": [driver]}}),
        )
    });
    let pv = volume("pv", "fast")
        .given_to("data")
        .reached_from("zone", "a");
    Cluster::new()
        .all([zoned("n1", "b"), zoned("n2", "b"), zoned("n3", "b")])
        .all(limits)
        .all([claim("data", "fast").bound_to("pv"), pv])
}

fn on_storage(message: &str, cluster: Cluster) -> Agreement {
    examined(&web(message).mounts(&["data"]), cluster)
}

#[test]
fn what_volumes_stand_against_is_compared_in_the_words_of_every_version() {
    for words in [
        "node(s) didn't match PersistentVolume's node affinity",
        "node(s) had volume node affinity conflict",
    ] {
        let message =
            format!("0/3 nodes are available: 1 node(s) exceed max volume count, 2 {words}.");
        let agreement = on_storage(&message, storage());
        assert_eq!(agreement.verdict, Agree::Equal, "{agreement:?}");
        assert_eq!(agreement.computed, agreement.scheduler);
    }
    let other = "0/3 nodes are available: 3 node(s) had volume node affinity conflict.";
    assert_eq!(on_storage(other, storage()).verdict, Agree::Different);
}

#[test]
fn a_claim_that_refuses_the_pod_is_compared_as_a_sentence() {
    let message = r#"0/3 nodes are available: persistentvolumeclaim "data" not found."#;
    let cluster = Cluster::new().with(node("n1", "4", "8Gi"));
    let agreement = on_storage(message, cluster);
    assert_eq!(agreement.verdict, Agree::Equal, "{agreement:?}");
    assert_eq!(agreement.computed, agreement.scheduler);
    let bound = on_storage(message, storage());
    assert_eq!(
        bound.verdict,
        Agree::NotComparable,
        "there is such a claim now"
    );
}

#[test]
fn without_the_volumes_nothing_is_claimed_of_them() {
    let message =
        "0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity.";
    let cluster = Cluster::but(&[Kind::PersistentVolume])
        .all([node("n1", "4", "8Gi"), claim("data", "fast").bound_to("pv")]);
    let agreement = on_storage(message, cluster);
    assert_eq!(agreement.verdict, Agree::NotComparable);
    let Some(Because::FilterNotComputed(unread)) = agreement.because else {
        panic!("{agreement:?}");
    };
    assert_eq!(unread.gap.kind, Kind::PersistentVolume);
}
