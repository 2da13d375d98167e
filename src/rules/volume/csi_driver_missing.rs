//! The CSI driver of a volume is not registered with the kubelet of the pod's node.
//!
//! Sources: kubelet `volume/csi/csi_client.go` and `pluginmanager` (1.37): a driver's node plugin registers over a socket in
//! plugins_registry, and the kubelet then writes it into the node's CSINode. A CSIDriver object proves nothing of any node.

use super::failed_mount::{self, FailedMount, SEEN_AS};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::messages::form::contains;
use crate::messages::mount::MountFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::node_agent::{self, mounts};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef, PodView, Seen};
use crate::text::{Sentence, say};

/// `csi-driver-missing`
pub static RULE: Rule = Rule {
    cause: "csi-driver-missing",
    layer: Layer::Volume,
    title: "the CSI driver of a volume is not on the pod's node",
    seen_as: SEEN_AS,
    explanation: include_str!("csi_driver_missing.md"),
    reads: &[Kind::CsiNode, Kind::CsiDriver],
    refines: &["volume-attach", "volume-mount"],
    root: Root::Facts(say!(
        "csi-driver-missing.root",
        "CSI driver {driver} is not registered on {node}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let all = failed_mount::all(case);
    let found = all.iter().filter_map(|failed| match &failed.mount.failure {
        MountFailure::CsiDriverMissing { driver } => Some(finding(failed, driver)),
        // of inline volumes the kubelet looks for the object before it looks for the driver
        MountFailure::ModeUnsupported { driver }
            if contains(failed.said(), "no CSIDriver object") =>
        {
            Some(without_object(failed, driver))
        }
        _ => None,
    });
    found.collect()
}

fn finding(failed: &FailedMount<'_>, driver: &str) -> Finding {
    let case = failed.case;
    let node = case.pod().node().unwrap_or_default();
    let registered = case.snapshot.csi_nodes().get("", node);
    let drivers = registered.yes().map(|node| &node.drivers);
    let object = ObjectRef::new(Kind::CsiNode, "", node);
    let names = drivers.map(|drivers| drivers.keys().cloned().collect::<Vec<String>>());
    let quote = match (&names, registered) {
        (Some(names), _) if names.is_empty() => Some(case.field_of(object, "spec.drivers", "[]")),
        (Some(names), _) => Some(case.field_of(object, "spec.drivers", names.join(", "))),
        (None, Seen::No) => Some(case.absence(object)),
        (None, _) => None,
    };
    let is_registered = drivers.is_some_and(|drivers| drivers.contains_key(driver));
    let finding = failed
        .finding(if is_registered { BY_NOW } else { HEADLINE })
        .fact("driver", driver)
        .evidence(quote)
        .inspect(shell::cluster(["get", "csinodes", node, "-o", "yaml"]));
    if is_registered {
        return finding.why(say!(
            "csi-driver-missing.by-now-why",
            "the kubelet tries again by itself, at most two minutes apart"
        ));
    }
    let near = names.iter().flatten().map(String::as_str);
    let near = nearest(driver, near).map(str::to_owned);
    let finding = finding.fact_if("nearest", near);
    match node_agent::sick(case, |pod| serves(pod, driver)) {
        Some(agent) => agent.told(case, finding).why(say!(
            "csi-driver-missing.sick-why",
            "its node plugin there, pod {agent}, is {agentStatus}"
        )),
        None => unplugged(case, finding, driver),
    }
}

const HEADLINE: Sentence = say!(
    "csi-driver-missing.headline",
    "CSI driver {driver} is not registered on {node}, and {what} needs it[; {nearest} is]"
);
const BY_NOW: Sentence = say!(
    "csi-driver-missing.by-now",
    "{what} waited for CSI driver {driver}, which is registered on {node} by now"
);

/// Whether it is a node plugin of the driver: it has to do with the kubelet's folders, and names the driver.
fn serves(pod: &PodView, driver: &str) -> bool {
    let names = |text: &String| text.contains(driver);
    let mut containers = pod.spec().containers.iter();
    let is_named = containers.any(|container| {
        let words = container.args.iter().chain(&container.command).flatten();
        let mut values = container.env.iter().flatten();
        words.into_iter().any(names)
            || values.any(|variable| variable.value.as_ref().is_some_and(names))
    });
    let kubelet = |path: &str| path.contains("/plugins_registry") || path.contains("/plugins/");
    mounts(pod, kubelet) && (is_named || mounts(pod, |path| path.contains(driver)))
}

/// Nothing is known of a node plugin there.
fn unplugged(case: &Case<'_>, finding: Finding, driver: &str) -> Finding {
    let absent = absent_driver(case, driver);
    let change = say!(
        "csi-driver-missing.run-plugin",
        "see that the node plugin of {driver} runs on {node}: its DaemonSet has to select the node and tolerate its taints, and to use the kubelet's own root folder"
    );
    let install = say!(
        "csi-driver-missing.install",
        "install the driver {driver}, or correct the name where the volume or its class says it"
    );
    let why = say!(
        "csi-driver-missing.not-installed-why",
        "there is no CSIDriver of that name, and nearly every driver has one: it is not installed, or has another name by now"
    );
    let is_absent = absent.is_some();
    finding
        .evidence(absent)
        .when(is_absent, |finding| finding.why(why))
        .fix([Fix::advice(
            if is_absent { install } else { change },
            Who::Admin,
        )])
}

fn absent_driver(case: &Case<'_>, driver: &str) -> Option<Evidence> {
    let seen = case.snapshot.csi_drivers().get("", driver);
    let object = ObjectRef::new(Kind::CsiDriver, "", driver);
    seen.is_absent().then(|| case.absence(object))
}

fn without_object(failed: &FailedMount<'_>, driver: &str) -> Finding {
    let finding = failed
        .finding(say!(
            "csi-driver-missing.no-object",
            "{what} needs CSI driver {driver}, which is not installed: there is no CSIDriver of that name"
        ))
        .fact("driver", driver)
        .inspect(shell::cluster(["get", "csidrivers"]));
    let near = failed.case.snapshot.csi_drivers().seen();
    let near = nearest(driver, near.map(|((_, name), _)| name.as_str())).map(str::to_owned);
    finding.fact_if("nearest", near).fix([Fix::advice(
        say!(
            "csi-driver-missing.install-or-name",
            "install the driver {driver}[, or name {nearest} if that is meant]"
        ),
        Who::Admin,
    )])
}
