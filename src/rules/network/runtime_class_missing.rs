//! The pod asks for a RuntimeClass that does not exist, or whose handler its node's runtime does not have.
//!
//! Sources: kubelet `runtimeclass/runtimeclass_manager.go`; containerd `internal/cri/server/sandbox_run.go`, CRI-O
//! `server/sandbox_run_linux.go`; node status.runtimeHandlers (1.30). That the object exists proves nothing of a node.

use super::{SEEN_AS, runtime_handler};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::messages::admission::Denial;
use crate::messages::sandbox::SandboxFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::failed_sandbox::{self, FailedSandbox};
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::rules::shared::template::Template;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Fact, Message, Sentence, say};
use crate::triage::Subject;
use serde_json::json;

/// `runtime-class-missing`
pub static RULE: Rule = Rule {
    cause: "runtime-class-missing",
    layer: Layer::Network,
    title: "the RuntimeClass of the pod, or its handler on the node, does not exist",
    seen_as: SEEN_AS,
    explanation: include_str!("runtime_class_missing.md"),
    reads: &[Kind::RuntimeClass, Kind::Node],
    refines: &["sandbox-error"],
    root: Root::Facts(say!(
        "runtime-class-missing.root",
        "pods cannot be made: {trouble}"
    )),
    check: Check::PodOrWorkload {
        pod: check,
        workload: refused,
    },
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let failed = failed_sandbox::find(case);
    let finding = failed.and_then(|failed| match &failed.failure {
        SandboxFailure::RuntimeClassMissing { name } => Some(no_class(&failed, name)),
        SandboxFailure::HandlerMissing { handler } => {
            Some(runtime_handler::missing(&failed, handler))
        }
        _ => None,
    });
    finding.into_iter().collect()
}

/// The admission plugin refuses a pod whose class it does not find (plugin/pkg/admission/runtimeclass, 1.37).
fn refused(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let refused = Refused::of(case.it, case.snapshot);
    let finding = refused.and_then(|refused| match &refused.denial {
        Denial::RuntimeClassMissing { name } => {
            let begin = |headline| refused.finding(case, case.subject(), headline);
            Some(class_finding(case, name, begin))
        }
        _ => None,
    });
    finding.into_iter().collect()
}

fn no_class(failed: &FailedSandbox<'_>, name: &str) -> Finding {
    let finding = class_finding(failed.case, name, |headline| failed.finding(headline));
    let rename = |near: &Fact| match near {
        Fact::Name(near) => Some(rename(failed.case, name, near)),
        _ => None,
    };
    let rename = finding.facts.0.get("nearest").and_then(rename);
    let mut finding = finding;
    finding.fixes.splice(0..0, rename);
    finding
}

/// The finding about a RuntimeClass that does not exist, which `begin` starts with its headline.
fn class_finding<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    name: &str,
    begin: impl FnOnce(Sentence) -> Finding,
) -> Finding {
    let object = ObjectRef::new(Kind::RuntimeClass, "", name);
    let classes = case.snapshot.runtime_classes();
    let seen = classes.get("", name);
    let is_there = seen.yes().is_some();
    let headline = if is_there {
        say!(
            "runtime-class-missing.by-now",
            "RuntimeClass {class} did not exist, and does by now"
        )
    } else {
        say!(
            "runtime-class-missing.headline",
            "RuntimeClass {class} does not exist[; {nearest} does]"
        )
    };
    let trouble = say!(
        "runtime-class-missing.no-class",
        "RuntimeClass {class} does not exist"
    );
    let near = nearest(name, classes.seen().map(|((_, name), _)| name.as_str()));
    let near = near.filter(|_| !is_there).map(str::to_owned);
    let make = Fix::advice(
        say!(
            "runtime-class-missing.make-class",
            "create RuntimeClass {class} with the handler that the nodes' runtime has, or leave runtimeClassName out"
        ),
        Who::Admin,
    );
    begin(headline)
        .fact("class", name)
        .fact("trouble", Message::new(trouble).fact("class", name))
        .fact_if("nearest", near)
        .evidence(seen.is_absent().then(|| case.absence(object)))
        .inspect(shell::cluster(["get", "runtimeclasses"]))
        .fix((!is_there).then_some(make))
}

fn rename(case: &Case<'_>, name: &str, near: &str) -> Fix {
    let change = say!(
        "runtime-class-missing.name-nearest",
        "if {nearest} is meant, name that RuntimeClass"
    );
    match Template::of(case) {
        Some(template) => template.replace(change, "runtimeClassName", &json!(name), &json!(near)),
        None => Fix::advice(change, Who::Owner),
    }
}
