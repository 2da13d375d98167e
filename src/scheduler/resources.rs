//! NodeResourcesFit: what the pod asks against what the node's other pods leave, and the number of pods.
//!
//! Source: kube-scheduler `framework/plugins/noderesources/fit.go` (1.37), `fitsRequest`. A profile's `ignoredResources` cannot
//! be read and are not modelled.

use super::{Filter, FilterFailure, Incoming, NodeView, What};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::resources::{Amounts, is_scalar};
use crate::messages::scheduler::Reason;
use std::borrow::Cow;
use std::sync::Arc;

/// The resources that are compared first, in this order; scalar ones follow by name.
const FIRST: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// Resources of this domain ask for devices of a class, which DynamicResources decides (since 1.34).
const DEVICE_CLASS: &str = "deviceclass.resource.kubernetes.io/";

/// What the pod asks of the resources that are compared, in their order; of what it asks nothing, nothing can lack.
pub(super) fn compared(requests: &Amounts) -> Vec<(Arc<str>, Quantity)> {
    let is_compared = |resource: &str| {
        !FIRST.contains(&resource) && is_scalar(resource) && !resource.starts_with(DEVICE_CLASS)
    };
    let scalars = requests.keys().map(String::as_str);
    let scalars = scalars.filter(|resource| is_compared(resource));
    FIRST
        .into_iter()
        .chain(scalars)
        .filter_map(|resource| Some((resource.into(), *requests.get(resource)?)))
        .filter(|(_, asked)| *asked > Quantity::ZERO)
        .collect()
}

/// Everything of which too little is left.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    let asked = pod.compared.iter();
    let lacking = asked.filter_map(|(resource, asked)| lacking(node, resource, *asked));
    pod_count(node).into_iter().chain(lacking).collect()
}

/// Whether there are any, which is found without naming them.
pub(super) fn fits(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> bool {
    let (running, limit) = count(node);
    let mut asked = pod.compared.iter();
    running < limit && asked.all(|(resource, asked)| *asked <= node.free(resource))
}

/// How many pods run on the node, and how many may.
pub(super) fn count(node: &NodeView<'_>) -> (i64, i64) {
    let limit = i64::try_from(node.allocatable("pods").units()).unwrap_or(i64::MAX);
    let running = i64::try_from(node.pods().len()).unwrap_or(i64::MAX);
    (running, limit)
}

/// Counted even for a pod that asks for nothing.
fn pod_count(node: &NodeView<'_>) -> Option<FilterFailure> {
    let (running, limit) = count(node);
    (running >= limit).then(|| FilterFailure {
        filter: Filter::NodeResourcesFit,
        reason: Reason::TooManyPods.text(),
        what: What::PodCount { running, limit },
    })
}

fn lacking(node: &NodeView<'_>, resource: &Arc<str>, asked: Quantity) -> Option<FilterFailure> {
    let free = node.free(resource);
    (asked > free).then(|| FilterFailure {
        filter: Filter::NodeResourcesFit,
        reason: insufficient(resource),
        what: What::Resource {
            resource: Arc::clone(resource),
            asked,
            free,
            allocatable: node.allocatable(resource),
        },
    })
}

/// The reason of those that lack on thousands of nodes is not made anew for each.
fn insufficient(resource: &str) -> Cow<'static, str> {
    match resource {
        "cpu" => Cow::Borrowed("Insufficient cpu"),
        "memory" => Cow::Borrowed("Insufficient memory"),
        _ => Reason::InsufficientResource(resource.to_owned()).text(),
    }
}

#[cfg(test)]
mod tests {
    use crate::scheduler::testing::{Cluster, found, node, pod};
    use crate::scheduler::{View, What, run_filters};
    use serde_json::json;

    fn lacking(resource: &str) -> String {
        format!("NodeResourcesFit: Insufficient {resource}")
    }

    #[test]
    fn fits_to_the_last_milli_and_byte() {
        let n1 = node("n1", "1", "1Gi");
        for (resource, taken, asked, fits) in [
            ("cpu", "600m", "400m", true),
            ("cpu", "600m", "401m", false),
            ("cpu", "600m", "400100u", false),
            ("memory", "1Mi", "1023Mi", true),
            ("memory", "1Mi", "1072693249", false),
            ("ephemeral-storage", "1", "1", false),
            ("example.com/gpu", "0", "1", false),
            ("hugepages-2Mi", "0", "2Mi", false),
            ("gpu", "0", "1", true),
            ("cpu", "4", "0", true),
        ] {
            let other = pod("other").on("n1").asks(resource, taken);
            let said = found(&pod("web").asks(resource, asked), &n1, &[other]);
            let expected = if fits {
                vec![]
            } else {
                vec![lacking(resource)]
            };
            assert_eq!(said, expected, "{resource} {asked}");
        }
    }

    #[test]
    fn all_that_is_short_is_told_with_numbers() {
        let cluster = Cluster::new()
            .with(node("n1", "2", "1Gi"))
            .with(pod("other").on("n1").asks("cpu", "2500m"))
            .snapshot();
        let web = pod("web")
            .asks("memory", "2Gi")
            .asks("cpu", "1")
            .asks("example.com/gpu", "1")
            .pod();
        let results = run_filters(&web, &View::of(&cluster)).nodes;
        let numbers: Vec<_> = results[0]
            .failures
            .iter()
            .map(|failure| match &failure.what {
                What::Resource {
                    resource,
                    asked,
                    free,
                    allocatable,
                } => format!("{resource} {asked} {free} {allocatable}"),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            numbers,
            [
                "cpu 1 -500m 2",
                "memory 2Gi 1Gi 1Gi",
                "example.com/gpu 1 0 0"
            ]
        );
    }

    #[test]
    fn the_number_of_pods_counts_even_for_a_pod_that_asks_for_nothing() {
        let n1 = node("n1", "1", "1Gi").set("/status/allocatable/pods", json!("1"));
        assert!(found(&pod("web"), &n1, &[]).is_empty());
        assert_eq!(
            found(&pod("web"), &n1, &[pod("other").on("n1")]),
            ["NodeResourcesFit: Too many pods"]
        );
        let silent = n1.set("/status/allocatable", json!({}));
        assert_eq!(
            found(&pod("web"), &silent, &[]),
            ["NodeResourcesFit: Too many pods"]
        );
    }

    #[test]
    fn sidecars_run_beside_the_containers_and_init_containers_before_them() {
        let n1 = node("n1", "1", "1Gi");
        let web = |policy: &str| {
            pod("web").asks("cpu", "600m").set(
                "/spec/initContainers",
                json!([{"name": "i", "restartPolicy": policy, "resources": {"requests": {"cpu": "500m"}}}]),
            )
        };
        assert!(found(&web("OnFailure"), &n1, &[]).is_empty());
        assert_eq!(found(&web("Always"), &n1, &[]), [lacking("cpu")]);
        let overhead = pod("web")
            .asks("cpu", "600m")
            .set("/spec/overhead", json!({"cpu": "401m"}));
        assert_eq!(found(&overhead, &n1, &[]), [lacking("cpu")]);
    }
}
