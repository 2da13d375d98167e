//! The image of a pod's sandbox, which the node's runtime names and no pod does: whether its pull failed, and what then helps.
//!
//! It fails for the same causes as any other image, but nothing that is written in a pod changes it: no pull Secret is used for
//! it, and no other name can be given. So the fixes are the node's.
//!
//! Sources: containerd `docs/cri/config.md` (sandbox image) and its label `io.cri-containerd.pinned`; CRI-O `crio.conf`
//! (`pause_image`); kubelet `images/image_gc_manager.go`, which leaves pinned images alone; amazon-eks-ami issue 1597.

use super::FailedPull;
use crate::messages::pull::PullFailure;
use crate::messages::sandbox::SandboxFailure;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::failed_sandbox;
use crate::snapshot::Role;
use crate::text::say;

/// The pull of the sandbox's own image fails: then no container of the pod is made at all.
pub(super) fn find<'c>(case: &'c Case<'c>) -> Option<FailedPull<'c>> {
    let failed = failed_sandbox::find(case)?;
    let container = case.pod().containers().find(|c| c.role == Role::Main)?;
    let SandboxFailure::PauseImage { image, pull } = failed.failure else {
        return None;
    };
    let event = failed.event;
    let at = event.message.find(&image)?;
    Some(FailedPull {
        case,
        container,
        image: event.message.get(at..at + image.len())?,
        path: String::new(),
        volume: None,
        pull: *pull,
        proof: case.event(event),
        indirect: false,
        of_sandbox: true,
        asked: None,
    })
}

/// What helps whatever keeps the node from pulling it.
pub(super) fn have_it() -> Fix {
    Fix::advice(
        say!(
            "failed-pull.load-sandbox-image",
            "load image {image} into the runtime of {node}: it is the sandbox image of every pod there"
        ),
        Who::Admin,
    )
}

/// A finding about it: fixes of the image or its login become those of the node. What is said of the way to the registry holds
/// for every image of the node.
pub(super) fn of_node(failed: &FailedPull<'_>, mut finding: Finding) -> Finding {
    use PullFailure as F;
    let change = match failed.pull.failure {
        F::Dns | F::Unreachable | F::Tls(_) | F::HttpVsHttps | F::ServerError | F::Timeout => {
            return finding;
        }
        F::Auth | F::RateLimited => say!(
            "failed-pull.login-of-node",
            "give the runtime of {node} a login to {registry}, or a sandbox image that needs none: no pull secret of a pod is used for it"
        ),
        F::PlatformMismatch => say!(
            "failed-pull.sandbox-image-of-platform",
            "set the runtime of {node} to a sandbox image that has a variant for the node's platform"
        ),
        F::NodeDiskFull => say!(
            "failed-pull.make-room-for-sandbox",
            "make room on the disk of {node}"
        ),
        _ => say!(
            "failed-pull.set-sandbox-image",
            "push {image} to where {node} pulls from, or set its runtime to a sandbox image that is there: sandbox in containerd's config.toml, pause_image in crio.conf"
        ),
    };
    let keep = say!(
        "failed-pull.pin-sandbox-image",
        "use a node image that holds its sandbox image, pinned: the kubelet removes others when disk is short"
    );
    // there is none that could be loaded
    let load = (failed.pull.failure != F::PlatformMismatch).then(have_it);
    let others = [change, keep].map(|change| Fix::advice(change, Who::Admin));
    finding.fixes = load.into_iter().chain(others).collect();
    finding
        .why(say!(
            "failed-pull.sandbox-image-why",
            "no pod names this image, the runtime of {node} does, and nothing of a pod is made before its sandbox"
        ))
        .inspect(failed.case.on_node(["crictl", "images"]))
}
