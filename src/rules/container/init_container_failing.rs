//! `init-container-failing`: an init container does not end well, and so nothing behind it starts.
//!
//! Where one is known why it ends so, that is the finding: each such cause refines this one.

use super::program_words;
use crate::messages::start::{ExitMeaning, exit_code};
use crate::rules::finding::{Finding, Fix, Risk, Who};
use crate::rules::shared::crash::{Crash, crashes, meaning};
use crate::rules::shared::last_words;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{ContainerView, Role};
use crate::text::{Sentence, say};

/// An init container does not end well, and so nothing behind it starts.
pub static RULE: Rule = Rule {
    cause: "init-container-failing",
    layer: Layer::Container,
    title: "an init container fails, and the containers behind it do not start",
    seen_as: &[
        "CrashLoopBackOff",
        "Error",
        "BackOff",
        "Failed",
        "ContainersNotInitialized",
    ],
    explanation: include_str!("init_container_failing.md"),
    reads: &[],
    refines: &["crash-app-error"],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    crashes(case)
        .iter()
        .filter(|crash| crash.container.role == Role::Init && crash.end.exit_code != 0)
        .map(|crash| finding(case, crash))
        .collect()
}

fn finding(case: &Case<'_>, crash: &Crash<'_>) -> Finding {
    // behind a sandbox that was made anew they wait again, whatever they did before
    let (running, waiting): (Vec<_>, Vec<_>) = behind(case, crash)
        .into_iter()
        .partition(|container| container.running().is_some());
    let names = |containers: &[ContainerView<'_>]| -> Vec<String> {
        let names = containers.iter().map(ContainerView::name);
        names.map(str::to_owned).collect()
    };
    let telling = exit_code(crash.end.exit_code) != ExitMeaning::Program;
    let finding = crash
        .finding(case, headline(case, !running.is_empty()))
        .fact_if("meaning", telling.then(|| meaning(crash.end.exit_code)))
        .fact_if("waiting", (!waiting.is_empty()).then(|| names(&waiting)));
    if running.is_empty() {
        let finding = program_words::told(case, crash, finding, last_words::of(crash));
        return finding.why(say!(
            "init-container-failing.why",
            "[exit code {exitCode}: {meaning}; ]init containers run one after the other, and each has to end with exit code 0"
        ));
    }
    again(case, finding)
        .fact("running", names(&running))
        .fact_if("lastWords", last_words::of(crash))
}

/// The containers that start only after the failing one has succeeded.
fn behind<'a>(case: &Case<'a>, crash: &Crash<'a>) -> Vec<ContainerView<'a>> {
    case.pod()
        .containers()
        .skip_while(|container| container.name() != crash.container.name())
        .skip(1)
        .collect()
}

fn headline(case: &Case<'_>, again: bool) -> Sentence {
    if case.pod().phase() == "Failed" {
        say!(
            "init-container-failing.pod-failed",
            "init container {container} fails with exit code {exitCode}, and the pod with it[: {lastWords}]"
        )
    } else if again
        && case
            .pod()
            .condition("Ready")
            .is_some_and(|it| it.status == "True")
    {
        say!(
            "init-container-failing.again-ready",
            "init container {container} had succeeded, was run again, and fails with exit code {exitCode}, while the pod is ready and serves[: {lastWords}]"
        )
    } else if again {
        say!(
            "init-container-failing.again",
            "init container {container} had succeeded, was run again, and fails with exit code {exitCode}[ and holds up {waiting}][: {lastWords}]"
        )
    } else {
        say!(
            "init-container-failing.headline",
            "init container {container} fails with exit code {exitCode}[ and holds up {waiting}][: {lastWords}][; {found}]"
        )
    }
}

/// Containers behind it run, so neither is the pod new nor its sandbox: the kubelet ran the init container again since it no
/// longer found the one that had ended. Newer kubelets take that for ended well (pkg/kubelet/kuberuntime).
fn again(case: &Case<'_>, finding: Finding) -> Finding {
    let keep = say!(
        "init-container-failing.keep-the-ended",
        "let nothing remove ended containers on the node, as docker system prune does"
    );
    let remove = case.kubectl(["delete", &case.object().argument()]);
    let anew = Fix::command(
        say!(
            "init-container-failing.delete-pod",
            "delete the pod: its successor starts anew"
        ),
        Who::Owner,
        case.object(),
        remove,
    );
    let is_made_again = case.subject() != case.object();
    finding
        .why(say!(
            "init-container-failing.why-again",
            "{running} {running|runs|run} and {running|does|do} not wait for it; the kubelet runs an init container again where it no longer finds the ended one"
        ))
        .fix([Fix::advice(keep, Who::Admin)])
        .fix(is_made_again.then(|| anew.risk(Risk::Destroys)))
}
