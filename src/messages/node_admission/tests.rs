use super::*;
use proptest::prelude::*;

fn words(text: &str) -> String {
    text.to_owned()
}

#[test]
fn too_little_of_a_resource() {
    let cpu = "Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 7200, capacity: 8000";
    let amounts = |requested, used, capacity, of: fn(i64) -> Quantity| {
        Some(Amounts {
            requested: of(requested),
            used: of(used),
            capacity: of(capacity),
        })
    };
    assert_eq!(
        read("OutOfcpu", cpu),
        Some(Rejection::Resource {
            resource: words("cpu"),
            amounts: amounts(2000, 7200, 8000, Quantity::from_milli),
        })
    );
    let before =
        "Pod Node didn't have enough resource: nvidia.com/gpu, requested: 1, used: 0, capacity: 0";
    assert_eq!(
        read("OutOfnvidia.com/gpu", before),
        Some(Rejection::Resource {
            resource: words("nvidia.com/gpu"),
            amounts: amounts(1, 0, 0, Quantity::from_units),
        })
    );
    assert_eq!(
        read("OutOfpods", ""),
        Some(Rejection::Resource {
            resource: words("pods"),
            amounts: None
        })
    );
}

#[test]
fn devices_and_cpus() {
    let error = |inner: &str| format!("Allocate failed due to {inner}, which is unexpected");
    let gpu = || words("nvidia.com/gpu");
    for (inner, expected) in [
        (
            "no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu",
            Rejection::DevicesUnhealthy { resource: gpu() },
        ),
        (
            "cannot allocate unregistered device nvidia.com/gpu",
            Rejection::DevicesUnregistered { resource: gpu() },
        ),
        (
            "requested number of devices unavailable for nvidia.com/gpu. Requested: 2, Available: 1",
            Rejection::DevicesTaken {
                resource: gpu(),
                requested: words("2"),
                available: words("1"),
            },
        ),
        (
            "rpc error: code = Unavailable desc = error reading from server: EOF",
            Rejection::DevicePlugin,
        ),
        (
            "not enough cpus available to satisfy request: requested=4, available=2",
            Rejection::Cpus {
                requested: words("4"),
                available: words("2"),
            },
        ),
        (
            "[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available",
            Rejection::Numa,
        ),
        ("the moon", Rejection::Unknown),
    ] {
        let found = read("UnexpectedAdmissionError", &error(inner));
        assert_eq!(found, Some(expected), "{inner}");
    }
}

#[test]
fn the_other_checks() {
    for (reason, message, expected) in [
        (
            "NodeAffinity",
            "Pod Predicate NodeAffinity failed",
            Rejection::NodeAffinity,
        ),
        (
            "SysctlForbidden",
            "Pod was rejected: forbidden sysctl: \"kernel.msgmax\" not allowlisted",
            Rejection::Sysctl {
                name: Some(words("kernel.msgmax")),
            },
        ),
        (
            "AppArmor",
            "Cannot enforce AppArmor: AppArmor is not enabled on the host",
            Rejection::NoAppArmor,
        ),
        (
            "AppArmor",
            "Cannot enforce AppArmor: profile \"k8s-deny\" is not loaded",
            Rejection::AppArmorProfile {
                profile: Some(words("k8s-deny")),
            },
        ),
        (
            "PodFeatureUnsupported",
            "Pod was rejected: Pod requires node features that are not available: UserNamespaces",
            Rejection::Unsupported {
                feature: words("UserNamespaces"),
            },
        ),
        (
            "SomethingNew",
            "Pod was rejected: of late",
            Rejection::Unknown,
        ),
    ] {
        assert_eq!(read(reason, message), Some(expected), "{reason}");
    }
}

#[test]
fn what_is_no_refusal() {
    for (reason, message) in [
        (
            "Evicted",
            "Pod was rejected: The node had condition: [DiskPressure].",
        ),
        (
            "NodeShutdown",
            "Pod was rejected: Pod was rejected as the node is shutting down.",
        ),
        (
            "DeadlineExceeded",
            "Pod was active on the node longer than the specified deadline",
        ),
        ("", "Pod died"),
        ("Error", ""),
    ] {
        assert_eq!(read(reason, message), None, "{reason}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_it(reason in "\\PC{0,20}", text in "\\PC{0,80}") {
        let _ = read(&reason, &text);
        let _ = read("OutOfcpu", &format!("Node didn't have enough resource: {text}"));
        let _ = read("UnexpectedAdmissionError", &text);
    }
}
