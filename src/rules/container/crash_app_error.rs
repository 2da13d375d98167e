//! `crash-app-error`: a container's program ends itself with an exit code other than 0.

use super::{probe_suspected, program_words};
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::crash::{Crash, crashes, meaning};
use crate::rules::shared::last_words;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Kind, Role};
use crate::text::{Sentence, say};

/// A container's program ends itself with an exit code other than 0.
pub static RULE: Rule = Rule {
    cause: "crash-app-error",
    layer: Layer::Container,
    title: "the container's program fails",
    seen_as: &[
        "CrashLoopBackOff",
        "Error",
        "BackOff",
        "Running",
        "Failed",
        "BackoffLimitExceeded",
        "ContainersNotReady",
        "ProgressDeadlineExceeded",
    ],
    explanation: include_str!("crash_app_error.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// SIGKILL: no program chooses it.
const KILLED: i32 = 137;
/// SIGTERM, where the program leaves it to end it, or ends so itself when it gets it.
const TERMINATED: i32 = 143;

fn check(case: &Case<'_>) -> Vec<Finding> {
    crashes(case)
        .iter()
        .filter(|crash| crash.end.exit_code != 0 && !crash.never_ran())
        .map(|crash| finding(case, crash))
        .collect()
}

fn finding(case: &Case<'_>, crash: &Crash<'_>) -> Finding {
    let code = crash.end.exit_code;
    let last_words = last_words::of(crash);
    let suspected = probe_suspected::probe(case, crash);
    let headline = match suspected {
        Some(_) => say!(
            "crash-app-error.or-probe",
            "{role} {container} ends with code {exitCode} after {lasted}[: {lastWords}]; that is by itself, or by its {probe} probe"
        ),
        None => headline(code, last_words.is_some()),
    };
    let mut finding = crash
        .finding(case, headline)
        .fact("meaning", meaning(code))
        .fact_if("probe", suspected);
    finding = program_words::told(case, crash, finding, last_words);
    if suspected.is_some() {
        finding.certainty = Certainty::Likely;
        finding = finding.why(if probe_suspected::dropped(case) {
            say!(
                "crash-app-error.why-probe-dropped",
                "the run took as long as the {probe} probe gives it; of a pod of which it tells much the kubelet drops most events, so that none may tell who ended it: the kubelet's log does"
            )
        } else {
            say!(
                "crash-app-error.why-probe",
                "the run took as long as the {probe} probe gives it, and no event tells who ended it: watch the next end with kubectl get events"
            )
        });
    } else if code == KILLED {
        finding.certainty = Certainty::Likely;
        finding = finding.why(say!(
            "crash-app-error.why-killed",
            "the runtime does not blame a memory limit; the kubelet kills so when a grace period is over, and so does a node that is out of memory"
        ));
    } else if code == TERMINATED {
        finding.certainty = Certainty::Likely;
        finding = finding.why(by_whom(case, crash));
    } else if let Some(others) = running_on(case, crash) {
        finding = finding.fact("others", others).why(say!(
            "crash-app-error.why-not-told",
            "the Job learns of it only when all containers of the pod have ended, and {others} still {others|runs|run}: what only serves the others is an init container with restartPolicy Always, which ends with them"
        ));
    }
    finding
}

/// What keeps a Job's pod running after the end of a container that is not started again.
fn running_on(case: &Case<'_>, crash: &Crash<'_>) -> Option<Vec<String>> {
    let pod = case.pod();
    let (kind, _) = pod.controller()?;
    let is_over = crash.container.terminated().is_some() && !pod.restarts(&crash.container);
    let others = pod
        .containers()
        .filter(|one| one.role == Role::Main && one.running().is_some());
    let others: Vec<String> = others.map(|one| one.name().to_owned()).collect();
    (kind == Kind::Job.as_str() && is_over && !others.is_empty()).then_some(others)
}

/// The kubelet tells of each container that it stops: where its events of this one were kept and none does, it was another.
fn by_whom(case: &Case<'_>, crash: &Crash<'_>) -> Sentence {
    if probe_suspected::kept(case, crash) && !probe_suspected::told(case, crash) {
        say!(
            "crash-app-error.why-terminated-inside",
            "no event says that the kubelet stopped it: what sent the signal runs in the pod, like a supervisor, a script, or a container that shares its processes"
        )
    } else {
        say!(
            "crash-app-error.why-terminated",
            "the kubelet sends it for a failed probe, a deletion or an eviction, which events tell for an hour at most; what runs in the pod can send it, too"
        )
    }
}

fn headline(code: i32, has_last_words: bool) -> Sentence {
    match code {
        KILLED => say!(
            "crash-app-error.killed",
            "{role} {container} is killed by SIGKILL, and nothing read says by whom"
        ),
        TERMINATED if !has_last_words => say!(
            "crash-app-error.terminated",
            "{role} {container} is ended by SIGTERM[ after {lasted}], and nothing read says by whom"
        ),
        _ if has_last_words => say!(
            "crash-app-error.last-words",
            "{role} {container} exits with code {exitCode}[ after {lasted}]: {lastWords}[; {found}]"
        ),
        _ => say!(
            "crash-app-error.code",
            "{role} {container} exits with code {exitCode}[ after {lasted}]: {meaning}"
        ),
    }
}
