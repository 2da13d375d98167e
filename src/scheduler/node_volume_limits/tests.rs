//! What counts against a node's limit, once, and for which driver.

use crate::scheduler::testing::{
    Cluster, Filtered, Object, claim, class, node, object, pod, volume,
};
use crate::scheduler::{Filter, VolumeFailure};
use crate::snapshot::Kind;
use serde_json::{Value, json};

const FULL: &str = "node(s) exceed max volume count";
const DRIVER: &str = "csi.example.com";

fn filtered(pod: &Object, cluster: Cluster) -> Filtered {
    Filtered::of(Filter::NodeVolumeLimits, pod, cluster)
}

/// What a kubelet says of one driver; `null` is no limit.
fn csi_node(name: &str, driver: &str, count: Value) -> Object {
    let driver = json!({"name": driver, "nodeID": name, "allocatable": {"count": count}});
    object(
        Kind::CsiNode,
        json!({"metadata": {"name": name}, "spec": {"drivers": [driver]}}),
    )
}

fn one_node(limit: i64) -> Cluster {
    Cluster::new()
        .with(node("n1", "4", "8Gi"))
        .with(csi_node("n1", DRIVER, json!(limit)))
        .with(class("fast", DRIVER, "WaitForFirstConsumer"))
}

/// A claim with its volume.
fn pair(claim_name: &str) -> [Object; 2] {
    let name = format!("pv-{claim_name}");
    [
        claim(claim_name, "fast").bound_to(&name),
        volume(&name, "fast").given_to(claim_name),
    ]
}

fn attachment(name: &str, node: &str, volume: &str) -> Object {
    let spec =
        json!({"attacher": DRIVER, "nodeName": node, "source": {"persistentVolumeName": volume}});
    object(
        Kind::VolumeAttachment,
        json!({"metadata": {"name": name}, "spec": spec}),
    )
}

fn web() -> Object {
    pod("web").mounts(&["data"])
}

#[test]
fn volumes_of_pods_on_the_node_are_counted_once() {
    for (case, others, limit, fits) in [
        ("room", vec![], 1, true),
        ("no room at all", vec![], 0, false),
        (
            "one holder",
            vec![pod("a").on("n1").mounts(&["a"])],
            1,
            false,
        ),
        (
            "one holder, room for two",
            vec![pod("a").on("n1").mounts(&["a"])],
            2,
            true,
        ),
        (
            "two pods of one claim",
            vec![
                pod("a").on("n1").mounts(&["a"]),
                pod("b").on("n1").mounts(&["a"]),
            ],
            2,
            true,
        ),
        (
            "two claims",
            vec![pod("a").on("n1").mounts(&["a", "b"])],
            2,
            false,
        ),
        ("elsewhere", vec![pod("a").on("n2").mounts(&["a"])], 1, true),
        (
            "its own claim is there already",
            vec![pod("a").on("n1").mounts(&["data"])],
            1,
            true,
        ),
        (
            "ended",
            vec![pod("a").on("n1").mounts(&["a"]).phase("Failed")],
            1,
            true,
        ),
        (
            "the claim's name in another namespace",
            vec![
                pod("a")
                    .on("n1")
                    .mounts(&["a"])
                    .set("/metadata/namespace", json!("other")),
            ],
            1,
            true,
        ),
    ] {
        let cluster = one_node(limit)
            .all(others)
            .all(pair("data"))
            .all(pair("a"))
            .all(pair("b"));
        let expected: &[&str] = if fits { &[] } else { &[FULL] };
        assert_eq!(filtered(&web(), cluster).reasons("n1"), expected, "{case}");
    }
}

#[test]
fn the_numbers_are_told() {
    let cluster = one_node(2)
        .with(pod("a").on("n1").mounts(&["a"]))
        .all(pair("a"))
        .all(pair("data"))
        .all(pair("logs"));
    let expected = VolumeFailure::AttachLimit {
        driver: DRIVER.into(),
        attached: 1,
        new: 2,
        limit: 2,
    };
    let filtered = filtered(&pod("web").mounts(&["data", "logs"]), cluster);
    assert_eq!(filtered.failure("n1"), &expected);
}

#[test]
fn attachments_that_no_pod_uses_any_more_count_too() {
    for (case, attachments, fits) in [
        ("left over", vec![attachment("x", "n1", "pv-a")], false),
        ("another node's", vec![attachment("x", "n2", "pv-a")], true),
        (
            "of a volume that is gone",
            vec![attachment("x", "n1", "pv-z")],
            true,
        ),
    ] {
        let cluster = one_node(1)
            .all(attachments)
            .all(pair("data"))
            .all(pair("a"));
        assert_eq!(filtered(&web(), cluster).is_nothing(), fits, "{case}");
    }
    let cluster = one_node(2)
        .with(pod("a").on("n1").mounts(&["a"]))
        .with(attachment("x", "n1", "pv-a"))
        .all(pair("data"))
        .all(pair("a"));
    assert!(
        filtered(&web(), cluster).is_nothing(),
        "a pod's volume and its attachment are one"
    );
}

#[test]
fn the_pods_own_volume_may_be_on_its_way_to_the_node() {
    let cluster = one_node(1)
        .with(attachment("x", "n1", "pv-data"))
        .all(pair("data"));
    let filtered = filtered(&web(), cluster);
    assert_eq!(
        filtered.reasons("n1"),
        [FULL],
        "the scheduler counts it twice"
    );
}

#[test]
fn a_claim_without_a_volume_counts_for_its_class() {
    for (provisioner, driver, fits) in [
        (DRIVER, DRIVER, false),
        ("other.example.com", DRIVER, true),
        ("kubernetes.io/aws-ebs", "ebs.csi.aws.com", false),
        (
            "kubernetes.io/vsphere-volume",
            "csi.vsphere.vmware.com",
            true,
        ),
    ] {
        let cluster = Cluster::new()
            .with(node("n1", "4", "8Gi"))
            .with(csi_node("n1", driver, json!(0)))
            .with(class("fast", provisioner, "WaitForFirstConsumer"))
            .with(claim("data", "fast"));
        assert_eq!(
            filtered(&web(), cluster).is_nothing(),
            fits,
            "{provisioner}"
        );
    }
    for data in [claim("data", ""), claim("data", "gone")] {
        assert!(
            filtered(&web(), one_node(0).with(data)).is_nothing(),
            "not counted"
        );
    }
}

#[test]
fn a_volume_of_a_replaced_plugin_counts_for_its_driver() {
    let ebs = volume("pv", "fast").set("/spec/csi", json!(null)).set(
        "/spec/awsElasticBlockStore",
        json!({"volumeID": "aws://a/vol-1"}),
    );
    let inline = json!([{"name": "d", "awsElasticBlockStore": {"volumeID": "vol-1"}}]);
    let cluster = |limit: i64| {
        Cluster::new()
            .with(node("n1", "4", "8Gi"))
            .with(csi_node("n1", "ebs.csi.aws.com", json!(limit)))
            .with(claim("data", "fast").bound_to("pv"))
            .with(ebs.clone().given_to("data"))
    };
    assert_eq!(filtered(&web(), cluster(0)).reasons("n1"), [FULL]);
    let same = pod("a").on("n1").set("/spec/volumes", inline.clone());
    assert!(
        filtered(&web(), cluster(1).with(same)).is_nothing(),
        "the same volume"
    );
    let disk = pod("b").set("/spec/volumes", inline);
    assert_eq!(
        filtered(&disk, cluster(0)).reasons("n1"),
        [FULL],
        "a disk named in the pod"
    );
    let silent = Cluster::new().with(node("n1", "4", "8Gi")).with(csi_node(
        "n2",
        "ebs.csi.aws.com",
        json!(0),
    ));
    assert!(
        filtered(&disk, silent).is_nothing(),
        "a kubelet that does not speak of csi"
    );
}

#[test]
fn volumes_that_nobody_attaches_do_not_count() {
    let local = volume("pv", "fast")
        .set("/spec/csi", json!(null))
        .set("/spec/local", json!({"path": "/mnt"}));
    let cluster = one_node(0)
        .with(claim("data", "fast").bound_to("pv"))
        .with(local);
    assert!(filtered(&web(), cluster).is_nothing());
    let secrets = json!([{"name": "s", "csi": {"driver": DRIVER}}]);
    assert!(filtered(&pod("web").set("/spec/volumes", secrets), one_node(0)).is_nothing());
}

#[test]
fn a_node_without_a_limit_takes_any_number() {
    let cluster = Cluster::new()
        .with(node("n1", "4", "8Gi"))
        .with(csi_node("n1", DRIVER, json!(null)))
        .all(pair("data"));
    assert!(filtered(&web(), cluster).is_nothing());
}

#[test]
fn a_driver_may_demand_to_be_on_the_node() {
    let driver = |demands: bool| {
        let spec = json!({"preventPodSchedulingIfMissing": demands});
        object(
            Kind::CsiDriver,
            json!({"metadata": {"name": DRIVER}, "spec": spec}),
        )
    };
    for (demands, on_node, fits) in [
        (true, Some(DRIVER), true),
        (true, Some("other.example.com"), false),
        (true, None, false),
        (false, None, true),
    ] {
        let csi = on_node.map(|name| csi_node("n1", name, json!(null)));
        let cluster = Cluster::new()
            .with(node("n1", "4", "8Gi"))
            .with(driver(demands))
            .all(csi)
            .all(pair("data"));
        let filtered = filtered(&web(), cluster);
        let words = format!("{DRIVER} CSI driver is not installed on the node");
        let expected: &[&str] = if fits { &[] } else { &[&words] };
        assert_eq!(filtered.reasons("n1"), expected, "{demands} {on_node:?}");
    }
}

#[test]
fn what_could_not_be_read_is_no_filter_failure() {
    let with_limit = [csi_node("n1", DRIVER, json!(0))];
    for (kind, limited, expected) in [
        (
            Kind::PersistentVolumeClaim,
            true,
            &[Kind::PersistentVolumeClaim][..],
        ),
        (Kind::CsiNode, false, &[Kind::CsiNode]),
        (Kind::CsiDriver, false, &[Kind::CsiDriver]),
        (Kind::VolumeAttachment, false, &[]),
        (Kind::StorageClass, false, &[Kind::StorageClass]),
    ] {
        let unread = kind == Kind::PersistentVolumeClaim || kind == Kind::StorageClass;
        let claim = match kind {
            Kind::StorageClass => vec![claim("data", "fast")],
            _ if unread => vec![],
            _ => pair("data").to_vec(),
        };
        let cluster = Cluster::but(&[kind])
            .with(node("n1", "4", "8Gi"))
            .all(with_limit.iter().filter(|_| limited).cloned())
            .all(claim);
        let filtered = filtered(&web(), cluster);
        assert!(filtered.is_nothing(), "{kind}");
        assert_eq!(filtered.unread, expected, "{kind}");
    }
}

#[test]
fn attachments_that_could_not_be_read_make_the_count_too_low() {
    let cluster = Cluster::but(&[Kind::VolumeAttachment])
        .with(node("n1", "4", "8Gi"))
        .with(csi_node("n1", DRIVER, json!(1)))
        .with(pod("a").on("n1").mounts(&["a"]))
        .all(pair("a"))
        .all(pair("data"));
    let filtered = filtered(&web(), cluster);
    assert_eq!(filtered.unread, [Kind::VolumeAttachment]);
    assert_eq!(
        filtered.reasons("n1"),
        [FULL],
        "what is known is enough already"
    );
}
