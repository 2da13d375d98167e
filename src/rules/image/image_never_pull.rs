//! `image-never-pull`: pull policy Never, and the image is not on the node.

use super::failed_pull::{self, FailedPull};
use super::image_edit;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-never-pull",
    layer: Layer::Image,
    title: "an image is not on the node, and the pod forbids to pull it",
    seen_as: &["ErrImageNeverPull", "Failed", "BackOff"],
    explanation: include_str!("image_never_pull.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!(
        "image-never-pull.root",
        "image {image} is not on the node and is never pulled"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::all(case)
        .iter()
        .filter(|failed| {
            failed.pull.failure == PullFailure::NeverPull
                || failed.container.waiting_reason() == "ErrImageNeverPull"
        })
        .map(finding)
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let pull = image_edit::set_pull_policy(
        failed,
        say!(
            "image-never-pull.let-it-be-pulled",
            "let it be pulled: imagePullPolicy IfNotPresent, if {registry} has the image"
        ),
        "IfNotPresent",
    );
    let load = Fix::advice(
        say!(
            "image-never-pull.load-on-nodes",
            "load the image into the runtime of every node that may run the pod, as by kind load docker-image, minikube image load or ctr -n k8s.io images import"
        ),
        Who::Admin,
    );
    failed
        .finding(say!("image-never-pull.headline", "image {image} is not on {node}, and imagePullPolicy Never forbids to pull it"))
        .why(say!("image-never-pull.why", "it counts only if the runtime of that node has it, under this very name: an image in another machine's or another runtime's store does not"))
        .evidence(policy(failed))
        .fix([load, pull])
        .inspect(failed.case.on_node(["crictl", "images"]))
}

fn policy(failed: &FailedPull<'_>) -> Option<Evidence> {
    let policy = failed.container.spec?.image_pull_policy.as_deref()?;
    let container = failed.path.strip_suffix(".image")?;
    Some(
        failed
            .case
            .field(format!("{container}.imagePullPolicy"), policy),
    )
}
