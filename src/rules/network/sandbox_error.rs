//! The sandbox of a bound pod cannot be made, for another reason than the known ones.

use super::{SEEN_AS, neighbours, sandbox_advice};
use crate::messages::sandbox::SandboxFailure;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::failed_sandbox::{self, FailedSandbox};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Node;
use crate::text::say;

/// `sandbox-error`
pub static RULE: Rule = Rule {
    cause: "sandbox-error",
    layer: Layer::Network,
    title: "the sandbox of the pod cannot be made",
    seen_as: SEEN_AS,
    explanation: include_str!("sandbox_error.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!(
        "sandbox-error.root",
        "no sandbox can be made on {node}: {error}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let failed = failed_sandbox::find(case);
    let failed = failed.filter(|failed| match failed.failure {
        // the sandbox's own image is a matter of the image layer, and a full disk one of the node
        SandboxFailure::PauseImage { .. } | SandboxFailure::DiskFull => false,
        // a node whose runtime is down is not ready, and that is said of the node, once for all of its pods
        SandboxFailure::RuntimeDown => node_is_well(case),
        _ => true,
    });
    failed.iter().map(finding).collect()
}

/// Whether the node is ready, as far as is known.
fn node_is_well(case: &Case<'_>) -> bool {
    let node = case.pod().node().unwrap_or_default();
    let node = case.snapshot.nodes().get("", node).yes();
    node.is_none_or(Node::ready)
}

/// Whether a node that was not read may be what is not ready.
fn may_be_the_nodes(failed: &FailedSandbox<'_>) -> bool {
    let node = failed.case.pod().node().unwrap_or_default();
    let node = failed.case.snapshot.nodes().get("", node);
    matches!(failed.failure, SandboxFailure::RuntimeDown) && node.yes().is_none()
}

fn finding(failed: &FailedSandbox<'_>) -> Finding {
    let advice = sandbox_advice::of(failed);
    let is_explained = advice.why.is_some();
    let finding = advice
        .finding(|headline| failed.finding(headline))
        .when(may_be_the_nodes(failed), |finding| {
            finding.certainty(Certainty::Likely)
        });
    if is_explained {
        finding
    } else {
        neighbours::told(failed, finding)
    }
}
