//! `exec-format`: the file that a container runs is for another CPU, or is a script without a first line `#!`.

use super::start_failure::{StartError, start_errors};
use crate::messages::start::StartFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::say;

/// The label with the node's CPU (pkg/kubelet/kubelet_node_status.go).
const ARCH: &str = "kubernetes.io/arch";

/// The file that a container runs is for another CPU, or is a script without a first line `#!`.
pub static RULE: Rule = Rule {
    cause: "exec-format",
    layer: Layer::Container,
    title: "the container's command is built for another CPU, or is a script without `#!`",
    seen_as: &[
        "RunContainerError",
        "CrashLoopBackOff",
        "StartError",
        "Error",
        "Failed",
        "BackOff",
    ],
    explanation: include_str!("exec_format.md"),
    reads: &[Kind::Node],
    refines: &[
        "runtime-error",
        "crash-app-error",
        "container-create-error",
        "init-container-failing",
    ],
    root: Root::Facts(say!(
        "exec-format.root",
        "image {image} has a program for another processor, or none"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    start_errors(case)
        .iter()
        .filter_map(|error| match &error.failure {
            StartFailure::ExecFormat { what } => Some(finding(case, error, what.as_deref())),
            StartFailure::CpuTooOld { level } => Some(too_old(case, error, level)),
            _ => None,
        })
        .collect()
}

/// The family of the CPU is right, and it is too old.
fn too_old(case: &Case<'_>, error: &StartError<'_>, level: &str) -> Finding {
    let headline = say!(
        "exec-format.cpu-level",
        "{role} {container} needs a CPU of level {level}; that of node {node} is older, or its virtual machine hides what it can"
    );
    let older = say!(
        "exec-format.older-image",
        "use an image that is built for older CPUs, or keep the pod to nodes whose CPU is of level {level}"
    );
    let model = say!(
        "exec-format.cpu-model",
        "if the node is a virtual machine, give it the CPU of its host: hypervisors show an older model unless they are told"
    );
    error
        .finding(case, headline)
        .fact("level", level)
        .fact("node", case.pod().node().unwrap_or_default())
        .fix([
            Fix::advice(older, Who::Owner),
            Fix::advice(model, Who::Admin),
        ])
}

fn finding(case: &Case<'_>, error: &StartError<'_>, what: Option<&str>) -> Finding {
    let node = case.pod().node().unwrap_or_default();
    let object = case.snapshot.nodes().get("", node).yes();
    let cpu = object.and_then(|node| node.labels.get(ARCH));
    let is_script = what.is_some_and(|file| file.ends_with(".sh"));
    let headline = if is_script {
        say!(
            "exec-format.script",
            "{role} {container} runs script {what}, which has no first line `#!`, or one whose interpreter is not built for the node's CPU[ {cpu}]"
        )
    } else if what.is_some() {
        say!(
            "exec-format.named",
            "{role} {container} runs {what}, which is not built for the node's CPU[ {cpu}], or is a script without `#!`"
        )
    } else {
        say!(
            "exec-format.headline",
            "{role} {container} runs a file that is not built for the node's CPU[ {cpu}], or a script without `#!`"
        )
    };
    let label = cpu.map(|cpu| {
        let object = ObjectRef::new(Kind::Node, "", node);
        case.field_of(object, format!("metadata.labels[{ARCH}]"), cpu)
    });
    let rebuild = Fix::advice(
        say!(
            "exec-format.build-for-cpu",
            "build image {image} for the node's CPU, or keep the pod on nodes of the image's CPU: nodeSelector kubernetes.io/arch"
        ),
        Who::Owner,
    );
    let name = Fix::advice(
        say!(
            "exec-format.name-interpreter",
            "begin the script with its interpreter, such as `#!/bin/sh`, without a blank line or byte order mark before it"
        ),
        Who::Owner,
    );
    let fixes = if is_script {
        [name, rebuild]
    } else {
        [rebuild, name]
    };
    error
        .finding(case, headline)
        .fact_if("what", what)
        .fact_if("cpu", cpu)
        .evidence(label)
        .inspect(match what.filter(|_| is_script) {
            Some(script) => case.in_image(error.container.image(), ["head", "-n", "1", script]),
            None => case.image_config(error.container.image()),
        })
        .fix(fixes)
}
