//! `exec-format`: the file that a container runs is for another CPU, or is a script without a first line `#!`.

use crate::text::say;
use super::start_failure::{StartError, start_errors};
use crate::messages::start::StartFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::{Kind, ObjectRef};

/// The label with the node's CPU (pkg/kubelet/kubelet_node_status.go).
const ARCH: &str = "kubernetes.io/arch";

/// The file that a container runs is for another CPU, or is a script without a first line `#!`.
pub static RULE: Rule = Rule {
    cause: "exec-format",
    layer: Layer::Container,
    title: "the container's command is built for another CPU, or is a script without `#!`",
    explanation: include_str!("exec_format.md"),
    reads: &[Kind::Node],
    refines: &["runtime-error", "crash-app-error", "container-create-error"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    start_errors(case)
        .iter()
        .filter_map(|error| match &error.failure {
            StartFailure::ExecFormat { what } => Some(finding(case, error, what.as_deref())),
            _ => None,
        })
        .collect()
}

fn finding(case: &Case<'_>, error: &StartError<'_>, what: Option<&str>) -> Finding {
    let node = case.pod().node().unwrap_or_default();
    let cpu = case
        .snapshot
        .nodes()
        .get("", node)
        .yes()
        .and_then(|node| node.labels.get(ARCH));
    let script = what.is_some_and(|file| file.ends_with(".sh"));
    let headline = match (script, what, cpu) {
        (true, ..) => say!("exec-format.text", "{role} {container} runs script {what}, which has no first line `#!`"),
        (_, Some(_), Some(_)) => {
            say!("exec-format.text-2", "{role} {container} runs {what}, which is not built for the node's CPU {cpu}, or is a script without `#!`")
        }
        (_, _, Some(_)) => {
            say!("exec-format.text-3", "{role} {container} runs a file that is not built for the node's CPU {cpu}, or a script without `#!`")
        }
        _ => {
            say!("exec-format.text-4", "{role} {container} runs a file that is not built for the node's CPU, or a script without `#!`")
        }
    };
    let mut finding = error.finding(case, headline);
    if let Some(what) = what {
        finding = finding.fact("what", what);
    }
    if let Some(cpu) = cpu {
        let object = ObjectRef::new(Kind::Node, "", node);
        finding = finding.fact("cpu", cpu.as_str()).evidence([case.field_of(
            object,
            format!("metadata.labels[{ARCH}]"),
            cpu.as_str(),
        )]);
    }
    if !script {
        finding = finding.fix([Fix::advice(
            say!("exec-format.fix", "build image {image} for the node's CPU, or keep the pod on nodes of the image's CPU: nodeSelector kubernetes.io/arch"),
            Who::Owner,
        )]);
    }
    finding.fix([Fix::advice(
        say!("exec-format.fix-2", "begin the script with its interpreter, such as `#!/bin/sh`, without a blank line or byte order mark before it"),
        Who::Owner,
    )])
}
