//! A RuntimeClass whose handler the runtime of the pod's node does not have. That the object exists proves nothing of a node.
//!
//! Sources: containerd `internal/cri/server/sandbox_run.go`, CRI-O `server/sandbox_run_linux.go`; node
//! status.runtimeHandlers (1.30).

use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::failed_sandbox::FailedSandbox;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, say};

pub(super) fn missing(failed: &FailedSandbox<'_>, handler: &str) -> Finding {
    let case = failed.case;
    let name = case.pod().node().unwrap_or_default();
    let class = case.pod().spec().runtime_class_name.as_deref();
    let node = case.snapshot.nodes().get("", name).yes();
    let handlers = node.and_then(|node| node.runtime_handlers.as_deref());
    let is_there = handlers.is_some_and(|all| all.iter().any(|one| one == handler));
    let headline = if is_there {
        say!(
            "runtime-class-missing.handler-by-now",
            "runtime handler {handler} was missing on {node}, which has it by now"
        )
    } else {
        say!(
            "runtime-class-missing.no-handler",
            "the runtime of {node} has no handler {handler}[, which RuntimeClass {class} names]"
        )
    };
    let trouble = say!(
        "runtime-class-missing.trouble-handler",
        "no runtime handler {handler}"
    );
    let quote = handlers.map(|handlers| {
        let names = handlers.iter().filter(|name| !name.is_empty());
        let names: Vec<&str> = names.map(String::as_str).collect();
        let object = ObjectRef::new(Kind::Node, "", name);
        case.field_of(object, "status.runtimeHandlers", names.join(", "))
    });
    let of_class = class.and_then(|class| {
        let read = case.snapshot.runtime_classes().get("", class).yes()?;
        let object = ObjectRef::new(Kind::RuntimeClass, "", class);
        Some(case.field_of(object, "handler", &read.handler))
    });
    let finding = failed
        .finding(headline)
        .fact("handler", handler)
        .fact_if("class", class)
        .fact("trouble", Message::new(trouble).fact("handler", handler))
        .evidence(of_class)
        .evidence(quote)
        .inspect(case.on_node(["crictl", "info"]));
    if is_there {
        return finding;
    }
    finding.fix([
        Fix::advice(
            say!(
                "runtime-class-missing.set-up-handler",
                "set handler {handler} up in the runtime of {node}: in containerd's config.toml or crio.conf, and restart it"
            ),
            Who::Admin,
        ),
        Fix::advice(
            say!(
                "runtime-class-missing.select-nodes",
                "let such pods go only to nodes that have it: scheduling.nodeSelector in the RuntimeClass"
            ),
            Who::Admin,
        ),
    ])
}
