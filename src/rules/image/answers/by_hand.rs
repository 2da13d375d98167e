//! Can it be pulled by hand? The commands that try: on the node that failed, by what its runtime is, and on any other machine.
//!
//! `crictl` asks the runtime as the kubelet does. `ctr` reads no registry configuration unless it is told where that is, and
//! takes complete names only (containerd `cmd/ctr/commands/resolver.go`, `docs/hosts.md`).

use super::super::failed_pull::FailedPull;
use super::super::hosts::{self, Cloud};
use super::NameAnswer;
use crate::kubernetes::image_reference::ImageReference;
use crate::kubernetes::shell;
use crate::messages::pull::PullFailure;
use serde::Serialize;

/// Commands that pull the image, or ask for it; nothing of it was run. Words in capitals are to be filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ByHand {
    /// The node that failed; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Its runtime: `containerd://2.1.4`; absent where the node was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// On that node, the nearest to what the kubelet does first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on_node: Vec<String>,
    /// On any machine that reaches the registry, the cloud's own first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub anywhere: Vec<String>,
}

/// What a login looks like in a command.
const LOGIN: &str = "USER:TOKEN";

/// Answers it. Of a name that cannot be read the nearest that can be is tried.
pub(super) fn answer(failed: &FailedPull<'_>, name: &NameAnswer) -> ByHand {
    let case = failed.case;
    let node = case.pod().node().map(str::to_owned);
    let read = node
        .as_deref()
        .map(|node| case.snapshot.nodes().get("", node));
    let runtime = read.and_then(|node| node.yes()?.runtime.as_ref());
    let runtime = runtime.map(ToString::to_string);
    let image = match (name.valid, &name.nearest) {
        (true, _) => Some(failed.image),
        (false, nearest) => nearest.as_deref(),
    };
    let reference = image.and_then(|image| ImageReference::parse(image).ok());
    let (Some(image), Some(reference)) = (image, reference) else {
        return ByHand {
            node,
            runtime,
            on_node: Vec::new(),
            anywhere: Vec::new(),
        };
    };
    let with_login = failed.pull.failure == PullFailure::Auth && !failed.of_sandbox;
    ByHand {
        on_node: match &node {
            Some(_) => on_node(runtime.as_deref(), image, &reference, with_login),
            None => Vec::new(),
        },
        anywhere: anywhere(image, &reference, with_login),
        node,
        runtime,
    }
}

fn on_node(
    runtime: Option<&str>,
    image: &str,
    reference: &ImageReference,
    with_login: bool,
) -> Vec<String> {
    let login: &[&str] = if with_login { &["--creds", LOGIN] } else { &[] };
    let crictl = words(&["crictl", "pull"], login, image);
    let scheme = runtime.and_then(|runtime| runtime.split("://").next());
    match scheme {
        Some("docker") => vec![words(&["docker", "pull"], &[], image)],
        Some("cri-o") => vec![crictl, words(&["podman", "pull"], login, image)],
        Some("containerd") => {
            let login: &[&str] = if with_login { &["--user", LOGIN] } else { &[] };
            let ctr = ["ctr", "-n", "k8s.io", "images", "pull"];
            let hosts: &[&str] = &["--hosts-dir", "/etc/containerd/certs.d"];
            let ctr = words(
                &ctr,
                &[hosts, login].concat(),
                &reference.clone().complete().to_string(),
            );
            let nerdctl = words(&["nerdctl", "-n", "k8s.io", "pull"], &[], image);
            vec![crictl, ctr, nerdctl]
        }
        _ => vec![crictl],
    }
}

fn anywhere(image: &str, reference: &ImageReference, with_login: bool) -> Vec<String> {
    let login: &[&str] = if with_login { &["--creds", LOGIN] } else { &[] };
    let skopeo = words(
        &["skopeo", "inspect"],
        login,
        &format!("docker://{}", without_second(reference)),
    );
    let own = hosts::cloud(&reference.registry).and_then(|cloud| of_cloud(cloud, reference));
    let others = [
        skopeo,
        words(&["crane", "manifest"], &[], image),
        words(&["docker", "pull"], &[], image),
    ];
    own.into_iter().chain(others).collect()
}

/// What a cloud's own tool says of the repository.
fn of_cloud(cloud: Cloud, reference: &ImageReference) -> Option<String> {
    let ImageReference {
        registry,
        repository,
        ..
    } = reference;
    match cloud {
        Cloud::Amazon => {
            // <account>.dkr.ecr.<region>.amazonaws.com
            let mut labels = registry.split('.');
            let account = labels.next()?;
            let region = labels.nth(2)?;
            let wanted = match (&reference.digest, &reference.tag) {
                (Some(digest), _) => format!("imageDigest={digest}"),
                (None, tag) => format!("imageTag={}", tag.as_deref().unwrap_or("latest")),
            };
            let words = ["aws", "ecr", "describe-images", "--region", region];
            let rest = ["--registry-id", account, "--repository-name", repository];
            let rest = rest.into_iter().chain(["--image-ids", &wanted]);
            Some(shell::command(words.into_iter().chain(rest)))
        }
        Cloud::Azure => {
            let name = registry.split('.').next()?;
            let words = ["az", "acr", "repository", "show-tags", "--name", name];
            Some(shell::command(
                words.into_iter().chain(["--repository", repository]),
            ))
        }
        Cloud::Google => {
            let image = format!("{registry}/{repository}");
            let words = ["gcloud", "artifacts", "docker", "images", "list"];
            Some(shell::command(
                words.into_iter().chain([&*image, "--include-tags"]),
            ))
        }
    }
}

/// containers/image takes a tag or a digest, never both (docker/reference `docker://` transport).
fn without_second(reference: &ImageReference) -> String {
    let mut reference = reference.clone();
    if reference.digest.is_some() {
        reference.tag = None;
    }
    reference.to_string()
}

fn words(command: &[&str], options: &[&str], image: &str) -> String {
    shell::command(command.iter().chain(options).copied().chain([image]))
}
