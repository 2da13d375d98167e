//! Causes of the network layer: a bound pod gets no sandbox, or the sandbox no address.
//!
//! What is told of a sandbox is read in `shared::failed_sandbox`, which the image layer asks, too: a sandbox has an image of
//! its own. `runtime_handler` is about the nodes' side of a RuntimeClass, `sandbox_advice` says what is said of the failures that
//! no cause has for its own, `neighbours` whom else they hit.

pub mod cni_not_ready;
pub mod ip_exhausted;
mod neighbours;
pub mod runtime_class_missing;
mod runtime_handler;
mod sandbox_advice;
pub mod sandbox_error;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &cni_not_ready::RULE,
    &ip_exhausted::RULE,
    &runtime_class_missing::RULE,
    &sandbox_error::RULE,
];

/// How such pods are seen.
const SEEN_AS: &[&str] = &[
    "ContainerCreating",
    "PodInitializing",
    "FailedCreatePodSandBox",
    "CreatePodSandboxError",
];
