//! `crash-segfault`: a container's program is ended by SIGSEGV, SIGABRT, SIGILL, SIGBUS or SIGFPE: by what it did itself.

use super::crash_signals::sentences;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::{
    crash::{Crash, crashes},
    last_words,
    template::Template,
};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::say;

/// A container's program is ended by a signal for what it did itself.
pub static RULE: Rule = Rule {
    cause: "crash-segfault",
    layer: Layer::Container,
    title: "the container's program crashes with SIGSEGV, SIGABRT, SIGILL, SIGBUS or SIGFPE",
    seen_as: &["CrashLoopBackOff", "Error", "BackOff", "Failed"],
    explanation: include_str!("crash_segfault.md"),
    reads: &[],
    refines: &["crash-app-error", "init-container-failing"],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    crashes(case)
        .iter()
        .filter(|crash| crash.reason() != "OOMKilled")
        .filter_map(|crash| finding(case, crash))
        .collect()
}

fn finding(case: &Case<'_>, crash: &Crash<'_>) -> Option<Finding> {
    // V8 (src/api/api.cc) says so before it aborts
    if crash.said().contains("JavaScript heap out of memory") {
        return Some(heap_limit(case, crash));
    }
    let (headline, why, change) = sentences(crash.end.exit_code, crash.end.signal)?;
    let finding = crash
        .finding(case, headline)
        .fact("image", crash.container.image())
        .fact_if("lastWords", last_words::of(crash))
        .why(why)
        .fix([Fix::advice(change, Who::Owner)]);
    Some(finding)
}

/// The limit is the runtime's own, which the kubelet does not know.
fn heap_limit(case: &Case<'_>, crash: &Crash<'_>) -> Finding {
    let headline = say!(
        "crash-segfault.node-heap",
        "{role} {container} reaches the heap limit of Node.js, and aborts itself[ after {lasted}]"
    );
    let raise = say!(
        "crash-segfault.raise-node-heap",
        "raise that limit below the memory limit of {role} {container}, or let the program use less memory"
    );
    let (owner, container) = (case.subject().argument(), crash.container.name());
    let words = ["set", "env", &owner, "-c", container];
    let value = ["NODE_OPTIONS=--max-old-space-size=MEBIBYTES"];
    let raise = Fix::advice(raise, Who::Owner);
    let raise = match Template::of(case) {
        Some(_) => raise.template(case.kubectl(words.into_iter().chain(value))),
        None => raise,
    };
    crash.finding(case, headline).fix([raise])
}
