//! `crash-segfault`: a container's program is ended by SIGSEGV or SIGABRT.

use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::{
    crash::{Crash, crashes},
    last_words,
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
                "{role} {container} crashes with SIGABRT: its program gave itself up"
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
