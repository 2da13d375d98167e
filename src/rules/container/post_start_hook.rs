//! `post-start-hook`: a container's postStart hook fails, and so the kubelet kills the container.

use crate::messages::form::search;
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::rules::shared::crash::{Crash, crashes};
use crate::rules::shared::template::{field_path, place, role_word};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::ContainerView;
use crate::snapshot::Evidence;
use crate::text::say;

/// Seconds after which a run was not ended by a hook that fails at its start.
const SHORT: i64 = 60;

/// A container's postStart hook fails, and so the kubelet kills the container.
pub static RULE: Rule = Rule {
    cause: "post-start-hook",
    layer: Layer::Container,
    title: "the container's postStart hook fails",
    seen_as: &[
        "CrashLoopBackOff",
        "PostStartHookError",
        "FailedPostStartHook",
        "BackOff",
    ],
    explanation: include_str!("post_start_hook.md"),
    reads: &[],
    refines: &["crash-app-error", "crash-exit-zero"],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let ended = crashes(case);
    let of_container = |container: ContainerView<'_>| {
        let crash = ended
            .iter()
            .find(|crash| crash.container.name() == container.name());
        let (proof, certainty) = proof(case, &container, crash)?;
        Some(finding(case, &container, proof, certainty))
    };
    case.pod().containers().filter_map(of_container).collect()
}

/// The waiting state shows it for a moment only; after that the event does, if it is of the last run.
fn proof(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    crash: Option<&Crash<'_>>,
) -> Option<(Evidence, Certainty)> {
    let event = case.newest_event_of(container.name(), |event| {
        event.reason == "FailedPostStartHook"
    });
    if container.waiting_reason() == "PostStartHookError" {
        let message = container.waiting()?.message.as_deref().unwrap_or_default();
        let quote = format!("PostStartHookError: {message}");
        let path = format!("{}.state.waiting", container.path());
        let field = case.field(path, quote.trim_end_matches(": "));
        return Some((field, Certainty::Proven));
    }
    let (crash, event) = (crash?, event?);
    let started = crash.end.started_at.as_ref()?.0;
    let by_signal = has_hook(container) && crash.end.exit_code >= 128;
    // the kubelet drops most of these events; what goes the same way each time ends for the same reason
    let is_short = crash.lasted().is_some_and(|it| it <= SHORT);
    let again = container.status.restart_count > 1 && is_short;
    // a container that then ran for long was not killed by its hook
    let certainty = if event.since(started) || (by_signal && again) {
        Certainty::Proven
    } else if by_signal {
        Certainty::Likely
    } else {
        return None;
    };
    Some((case.event(event), certainty))
}

fn has_hook(container: &ContainerView<'_>) -> bool {
    container
        .spec
        .and_then(|spec| spec.lifecycle.as_ref())
        .is_some_and(|lifecycle| lifecycle.post_start.is_some())
}

fn finding(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    proof: Evidence,
    certainty: Certainty,
) -> Finding {
    // k8s.io/kubernetes pkg/kubelet/lifecycle/handlers.go: what a command printed stands behind its exit code
    let said = search("failed - error: {}, message:", &proof.quote);
    let said = said.map(|captures| captures.own(0));
    let is_told = said.is_some();
    let finding = Finding::new(
        case.subject(),
        say!(
            "post-start-hook.headline",
            "the postStart hook of {role} {container} fails, and the kubelet kills the container each time[: {said}]"
        ),
        proof,
    )
    .container(container.name())
    .fact("role", role_word(container.role))
    .certainty(certainty)
    .evidence(hook(case, container))
    .fact_if("said", said)
    .inspect(NextCommand::default())
    .fix([Fix::advice(
        say!("post-start-hook.correct-hook", "correct the postStart hook of {role} {container}; it runs beside the container's command, so it may not rely on that being up"),
        Who::Owner,
    )
    .of_template()]);
    if is_told {
        return finding;
    }
    finding
        .why(say!("post-start-hook.why", "newer kubelets keep the hook's output in their own log; the container's log does not hold it"))
        .inspect(case.node_log())
}

/// Quotes the hook as it is written.
fn hook(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Evidence> {
    let hook = container.spec?.lifecycle.as_ref()?.post_start.as_ref()?;
    let path = field_path(&format!("{}/lifecycle/postStart", place(case, container)?));
    Some(case.field(path, serde_json::to_string(hook).ok()?))
}
