//! `crash-app-error`: a container's program ends itself with an exit code other than 0.

use crate::text::say;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::crash::{Crash, crashes, last_words, meaning};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Role;

/// A container's program ends itself with an exit code other than 0.
pub static RULE: Rule = Rule {
    cause: "crash-app-error",
    layer: Layer::Container,
    title: "the container's program fails",
    explanation: include_str!("crash_app_error.md"),
    reads: &[],
    refines: &[],
    check: Check::Pod(check),
};

/// SIGKILL: no program chooses it.
const KILLED: i32 = 137;

fn check(case: &Case<'_>) -> Vec<Finding> {
    crashes(case)
        .iter()
        .filter(|crash| crash.end.exit_code != 0 && !crash.never_ran())
        .map(|crash| finding(case, crash))
        .collect()
}

fn finding(case: &Case<'_>, crash: &Crash<'_>) -> Finding {
    let words = last_words(crash.message());
    let headline = match (crash.end.exit_code, &words) {
        (KILLED, _) => say!("crash-app-error.text", "{role} {container} is killed by SIGKILL, and nothing read says by whom"),
        (_, Some(_)) => say!("crash-app-error.text-2", "{role} {container} exits with code {exitCode}: {lastWords}"),
        (_, None) => say!("crash-app-error.text-3", "{role} {container} exits with code {exitCode}: {meaning}"),
    };
    let again = crash.container.status.restart_count > 0;
    let why = match (crash.end.exit_code, crash.lasted(), again) {
        (KILLED, ..) => {
            say!("crash-app-error.text-4", "the runtime does not blame a memory limit; the kubelet kills so when a grace period is over, and so does a node that is out of memory")
        }
        (_, Some(_), true) => say!("crash-app-error.text-5", "its last run took {lasted}; it was restarted {restarts} times"),
        (_, Some(_), false) => say!("crash-app-error.text-6", "it ran for {lasted}"),
        (_, None, _) => "",
    };
    let fix = match words {
        Some(_) => say!("crash-app-error.text-7", "correct what its last words name"),
        None => say!("crash-app-error.text-8", "find its last words in the log, and correct what they name"),
    };
    let mut finding = crash
        .finding(case, headline)
        .fact("meaning", meaning(crash.end.exit_code))
        .why(why)
        .certainty(match crash.end.exit_code {
            KILLED => Certainty::Likely,
            _ => Certainty::Proven,
        })
        .fix([Fix::advice(fix, Who::Owner)]);
    if let Some(words) = words {
        finding = finding.fact("lastWords", words);
    }
    if crash.container.role == Role::Init {
        // behind the finding that says what it holds up
        finding.rank = 2;
    }
    finding
}
