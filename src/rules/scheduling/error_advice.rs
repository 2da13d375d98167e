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

/// A right that an account lacks.
pub(super) struct Lacking<'e> {
    pub(super) account: &'e str,
    pub(super) verb: &'e str,
    pub(super) resource: &'e str,
}

/// `User "A" cannot create resource "pods/binding"` (apiserver `pkg/endpoints/handlers/responsewriters/errors.go`, 1.37).
pub(super) fn lacking(error: &str) -> Option<Lacking<'_>> {
    let (_, rest) = error.split_once("User \"")?;
    let (account, rest) = rest.split_once("\" cannot ")?;
    let (verb, rest) = rest.split_once(" resource \"")?;
    let (resource, _) = rest.split_once('"')?;
    Some(Lacking {
        account,
        verb,
        resource,
    })
}

/// The most characters of an error that a headline gives.
const SAID: usize = 100;

/// What of an error a headline gives.
fn said(error: &str) -> Option<String> {
    match lacking(error) {
        Some(it) => {
            let account = it.account.rsplit(':').next().unwrap_or(it.account);
            Some(format!("{account} cannot {} {}", it.verb, it.resource))
        }
        None => (!error.is_empty() && error.chars().count() <= SAID).then(|| error.to_owned()),
    }
}

/// Says that the error lasts, and what would end it.
pub(super) fn advised(finding: Finding, error: &str) -> Finding {
    let is = |parts: &[&str]| parts.iter().any(|part| contains(error, part));
    let change = if is(FORBIDDEN) {
        say!(
            "scheduler-error.grant-the-right",
            "give the scheduler's account the right that the error names[: {right}]"
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
    let right = lacking(error).map(|it| format!("{} {}", it.verb, it.resource));
    finding
        .fact("error", error)
        .fact_if("said", said(error))
        .fact_if("right", right)
        .why(say!("scheduler-error.why", "an error is no verdict about nodes: the scheduler tries again within seconds, and fails as long as the error lasts"))
        .refers_to_quotes()
        .fix([Fix::advice(change, Who::Admin)])
}
