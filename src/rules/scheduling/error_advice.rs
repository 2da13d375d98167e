//! What to do about an error of the scheduler, as far as its text tells what failed.

use crate::messages::form::contains;
use crate::rules::finding::{Finding, Fix, Who};
use crate::text::say;

/// Whether it waited in vain: `context deadline exceeded`, `timed out waiting for the condition` up to 1.24.
pub(super) fn waited(error: &str) -> bool {
    contains(error, "deadline exceeded") || contains(error, "timed out waiting")
}

/// Parts of errors of an account without the right.
const FORBIDDEN: &[&str] = &[
    "is forbidden",
    "cannot get resource",
    "cannot list resource",
];
/// Parts of errors of something that does not answer.
const UNREACHABLE: &[&str] = &[
    "connection refused",
    "no route to host",
    "i/o timeout",
    "no such host",
    "etcdserver",
];
/// Parts of errors of a webhook.
const WEBHOOK: &[&str] = &["admission webhook", "failed calling webhook"];

/// Says that the error lasts, and what would end it.
pub(super) fn advised(finding: Finding, error: &str) -> Finding {
    let is = |parts: &[&str]| parts.iter().any(|part| contains(error, part));
    let change = if is(FORBIDDEN) {
        say!(
            "scheduler-error.grant-the-right",
            "give the scheduler's account the right that the error names"
        )
    } else if is(UNREACHABLE) || waited(error) {
        say!(
            "scheduler-error.restore-connection",
            "bring back what the scheduler could not reach; then it goes on by itself"
        )
    } else if is(WEBHOOK) {
        say!(
            "scheduler-error.let-webhook-pass",
            "let the webhook that the error names pass the binding of pods"
        )
    } else {
        say!(
            "scheduler-error.clear-the-error",
            "clear what the error names; the scheduler's log holds more of it"
        )
    };
    finding
        .why(say!("scheduler-error.why", "an error is no verdict about nodes: the scheduler tries again within seconds, and fails as long as the error lasts"))
        .refers_to_quotes()
        .fix([Fix::advice(change, Who::Admin)])
}
