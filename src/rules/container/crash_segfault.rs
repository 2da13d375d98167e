//! `crash-segfault`: a container's program is ended by SIGSEGV or SIGABRT.

use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::{
    crash::{Crash, crashes},
    last_words,
    template::Template,
};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::say;

/// A container's program is ended by SIGSEGV or SIGABRT.
pub static RULE: Rule = Rule {
    cause: "crash-segfault",
    layer: Layer::Container,
    title: "the container's program crashes with SIGSEGV or SIGABRT",
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
    // 128 + n, or the signal itself where the runtime gives it
    let (headline, why) = match (crash.end.exit_code, crash.end.signal) {
        (139, _) | (_, Some(11)) => (
            say!(
                "crash-segfault.sigsegv",
                "{role} {container} crashes with SIGSEGV: its program reads or writes memory that it does not have"
            ),
            say!(
                "crash-segfault.why-sigsegv",
                "a defect of the program or of a library, or a program built for another C library or CPU than the image's or the node's"
            ),
        ),
        (134, _) | (_, Some(6)) => (
            say!(
                "crash-segfault.sigabrt",
                "{role} {container} crashes with SIGABRT: its program aborted itself"
            ),
            say!(
                "crash-segfault.why-sigabrt",
                "a failed assertion, damaged memory, or a runtime's own heap limit (Node.js and the JVM end so)"
            ),
        ),
        _ => return None,
    };
    let finding = crash
        .finding(case, headline)
        .fact("image", crash.container.image())
        .fact_if("lastWords", last_words::of(crash))
        .why(why)
        .fix([Fix::advice(
            say!(
                "crash-segfault.try-another-version",
                "try the image's version before or after {image}, and give its authors the log and a core dump"
            ),
            Who::Owner,
        )]);
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
