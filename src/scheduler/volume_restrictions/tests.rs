//! Which disks and claims are in use, by whom, and what is not looked at.

use crate::scheduler::testing::{Cluster, Filtered, Object, claim, node, pod};
use crate::scheduler::{Filter, VolumeFailure};
use crate::snapshot::Kind;
use serde_json::{Value, json};

const DISK: &str = "node(s) had no available disk";
const CLAIM: &str = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";

fn filtered(pod: &Object, cluster: Cluster) -> Filtered {
    Filtered::of(Filter::VolumeRestrictions, pod, cluster)
}

fn nodes() -> Cluster {
    Cluster::new().all([node("n1", "4", "8Gi"), node("n2", "4", "8Gi")])
}

fn with_disk(name: &str, source: &Value) -> Object {
    let mut volume = source.clone();
    volume["name"] = json!("disk");
    pod(name).set("/spec/volumes", json!([volume]))
}

fn exclusive(name: &str) -> Object {
    claim(name, "fast").set("/spec/accessModes", json!(["ReadWriteOncePod"]))
}

#[test]
fn a_disk_is_taken_only_on_the_node_of_its_holder() {
    let disk = json!({"gcePersistentDisk": {"pdName": "data"}});
    let holder = with_disk("db", &disk).on("n1");
    let filtered = filtered(&with_disk("web", &disk), nodes().with(holder));
    assert_eq!(filtered.reasons("n1"), [DISK]);
    assert_eq!(filtered.reasons("n2"), [] as [&str; 0]);
    let VolumeFailure::Disk { disk, holder } = filtered.failure("n1") else {
        panic!("{filtered:?}");
    };
    assert_eq!(
        (disk.as_str(), holder.name.as_str()),
        ("gcePersistentDisk data", "db")
    );
}

#[test]
fn disks_of_other_kinds_or_for_reading_do_not_collide() {
    let gce = |ro| json!({"gcePersistentDisk": {"pdName": "data", "readOnly": ro}});
    for (mine, theirs, taken) in [
        (gce(true), gce(true), false),
        (gce(false), gce(true), true),
        (
            gce(false),
            json!({"awsElasticBlockStore": {"volumeID": "data"}}),
            false,
        ),
        (
            json!({"azureDisk": {"diskName": "d", "diskURI": "u"}}),
            json!({"azureDisk": {"diskName": "d", "diskURI": "u"}}),
            false,
        ),
        (json!({"emptyDir": {}}), gce(false), false),
    ] {
        let holder = with_disk("db", &theirs).on("n1");
        let filtered = filtered(&with_disk("web", &mine), nodes().with(holder));
        assert_eq!(
            filtered.reasons("n1").len(),
            usize::from(taken),
            "{mine} {theirs}"
        );
    }
}

#[test]
fn a_claim_of_one_pod_keeps_every_node_from_another() {
    let holder = pod("db").on("n2").mounts(&["data"]);
    let filtered = filtered(
        &pod("web").mounts(&["data"]),
        nodes().with(exclusive("data")).with(holder),
    );
    assert_eq!(filtered.reasons("n1"), [CLAIM]);
    assert_eq!(filtered.reasons("n2"), [CLAIM]);
    let VolumeFailure::InUse {
        claim,
        holder,
        node,
    } = filtered.failure("n1")
    else {
        panic!("{filtered:?}");
    };
    assert_eq!(
        (claim.as_str(), holder.name.as_str(), node.as_str()),
        ("data", "db", "n2")
    );
}

#[test]
fn a_claim_is_free_unless_a_bound_pod_of_its_namespace_mounts_it() {
    for (case, holder) in [
        ("no other pod", None),
        ("not bound", Some(pod("db").mounts(&["data"]))),
        (
            "ended",
            Some(pod("db").on("n1").mounts(&["data"]).phase("Succeeded")),
        ),
        (
            "another namespace",
            Some(
                pod("db")
                    .on("n1")
                    .mounts(&["data"])
                    .set("/metadata/namespace", json!("other")),
            ),
        ),
        ("another claim", Some(pod("db").on("n1").mounts(&["logs"]))),
        (
            "a node that is gone",
            Some(pod("db").on("n9").mounts(&["data"])),
        ),
    ] {
        let cluster = nodes().with(exclusive("data")).all(holder);
        assert!(
            filtered(&pod("web").mounts(&["data"]), cluster).is_nothing(),
            "{case}"
        );
    }
    let shared = nodes()
        .with(claim("data", "fast"))
        .with(pod("db").on("n1").mounts(&["data"]));
    assert!(
        filtered(&pod("web").mounts(&["data"]), shared).is_nothing(),
        "any number of pods"
    );
}

#[test]
fn a_pod_that_is_being_deleted_still_has_its_claim() {
    let holder = pod("db")
        .on("n1")
        .mounts(&["data"])
        .set("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"));
    let filtered = filtered(
        &pod("web").mounts(&["data"]),
        nodes().with(exclusive("data")).with(holder),
    );
    assert_eq!(filtered.reasons("n2"), [CLAIM]);
}

#[test]
fn the_disk_is_told_before_the_claim() {
    let volumes = json!([
        {"name": "a", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "b", "awsElasticBlockStore": {"volumeID": "vol-1"}},
    ]);
    let web = pod("web").set("/spec/volumes", volumes.clone());
    let holder = pod("db").on("n1").set("/spec/volumes", volumes);
    let filtered = filtered(&web, nodes().with(exclusive("data")).with(holder));
    assert_eq!(filtered.reasons("n1"), [DISK, CLAIM]);
    assert_eq!(filtered.reasons("n2"), [CLAIM]);
}

#[test]
fn a_pod_for_which_room_is_made_counts_only_when_the_filter_runs_at_all() {
    let coming = pod("coming")
        .mounts(&["data"])
        .set("/spec/priority", json!(9))
        .set("/status/nominatedNodeName", json!("n1"));
    let cluster = || nodes().with(exclusive("data")).with(coming.clone());
    assert!(filtered(&pod("web").mounts(&["data"]), cluster()).is_nothing());
    let with_disk = json!([
        {"name": "a", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "b", "rbd": {"monitors": ["m"], "image": "i"}},
    ]);
    let filtered = filtered(&pod("web").set("/spec/volumes", with_disk), cluster());
    assert_eq!(filtered.reasons("n1"), [CLAIM]);
    assert_eq!(filtered.reasons("n2"), [] as [&str; 0]);
}

#[test]
fn a_claim_that_is_not_there_refuses_the_pod() {
    let filtered = filtered(
        &pod("web").mounts(&["data", "logs"]),
        nodes().with(claim("logs", "fast")),
    );
    assert_eq!(
        filtered.before,
        [r#"persistentvolumeclaim "data" not found"#]
    );
}

#[test]
fn claims_of_one_pod_alone_are_not_looked_at() {
    assert_eq!(
        filtered(&pod("web").mounts_own(), nodes()).before,
        [] as [&str; 0]
    );
}

#[test]
fn a_claim_that_could_not_be_read_is_no_filter_failure() {
    let cluster = Cluster::but(&[Kind::PersistentVolumeClaim]).with(node("n1", "4", "8Gi"));
    let filtered = filtered(&pod("web").mounts(&["data"]), cluster);
    assert!(filtered.is_nothing());
    assert_eq!(filtered.unread, [Kind::PersistentVolumeClaim]);
}
