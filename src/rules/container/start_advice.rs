//! What to change where a runtime refuses to start a container, for those of its errors that tell.

use crate::messages::start::{MountProblem, StartFailure};
use crate::rules::finding::{Fix, Who};
use crate::text::say;

/// Nothing where the error may have several reasons.
pub(super) fn advice(failure: &StartFailure) -> Option<Fix> {
    let (change, who) = match failure {
        StartFailure::Mount {
            problem: MountProblem::NotADirectory,
            ..
        } => (
            say!(
                "runtime-error.mount-like-onto-like",
                "mount a file onto a file (subPath names one key) or a directory onto a directory"
            ),
            Who::Owner,
        ),
        StartFailure::Mount {
            problem: MountProblem::ReadOnly,
            ..
        } => (
            say!(
                "runtime-error.make-in-image",
                "make {destination} in the image, or mount a volume above it"
            ),
            Who::Owner,
        ),
        StartFailure::WorkingDirectory { .. } => (
            say!(
                "runtime-error.set-working-dir",
                "set workingDir of {role} {container} to a directory that its user may enter"
            ),
            Who::Owner,
        ),
        StartFailure::RuntimeMissing { .. } => (
            say!(
                "runtime-error.install-runtime",
                "install the runtime on the node"
            ),
            Who::Admin,
        ),
        StartFailure::OtherWindows => (
            say!(
                "runtime-error.match-windows",
                "use the tag of image {image} that is made for the node's build of Windows, or keep the pod to nodes of the image's: nodeSelector node.kubernetes.io/windows-build"
            ),
            Who::Owner,
        ),
        StartFailure::Gpu => (
            say!(
                "runtime-error.match-gpu-driver",
                "match the node's GPU driver with what the image asks for"
            ),
            Who::Admin,
        ),
        _ => return None,
    };
    Some(Fix::advice(change, who).when(who == Who::Owner, Fix::of_template))
}
