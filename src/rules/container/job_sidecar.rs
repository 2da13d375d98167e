//! `job-sidecar`: the work of a Job's pod is done, and another container keeps the pod from completing.

use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{ContainerView, Kind, Role};
use crate::text::say;

/// The work of a Job's pod is done, and another container keeps the pod from completing.
pub static RULE: Rule = Rule {
    cause: "job-sidecar",
    layer: Layer::Container,
    title: "a container of a Job's pod has ended well, and another one runs on",
    seen_as: &["NotReady", "Running", "ContainersNotReady"],
    explanation: include_str!("job_sidecar.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    finding(case).into_iter().collect()
}

fn finding(case: &Case<'_>) -> Option<Finding> {
    let pod = case.pod();
    let of_job = pod
        .controller()
        .is_some_and(|(kind, _)| kind == Kind::Job.as_str());
    if !of_job || pod.phase() != "Running" || pod.is_terminating() {
        return None;
    }
    let main = || pod.containers().filter(|one| one.role == Role::Main);
    let (ended, others): (Vec<_>, Vec<_>) = main().partition(|one| one.terminated().is_some());
    let has_succeeded = |one: &ContainerView<'_>| {
        let end = one.terminated();
        end.is_some_and(|end| end.exit_code == 0) && !pod.restarts(one)
    };
    let run_on = others
        .iter()
        .all(|one| one.running().is_some() && one.status.ready);
    if others.is_empty() || !run_on || ended.is_empty() || !ended.iter().all(has_succeeded) {
        return None;
    }
    let quote = |one: &ContainerView<'_>, state: &str, quote: &str| {
        case.field(format!("{}.state.{state}", one.path()), quote)
    };
    let mut ends = ended
        .iter()
        .map(|one| quote(one, "terminated", "exitCode 0"));
    let proof = ends.next()?;
    let since = |one: &ContainerView<'_>| {
        let start = one.running()?.started_at.as_ref()?;
        Some(quote(one, "running", &format!("startedAt {}", start.0)))
    };
    let names = |all: &[ContainerView<'_>]| -> Vec<String> {
        all.iter().map(|one| one.name().to_owned()).collect()
    };
    let headline = say!(
        "job-sidecar.headline",
        "{ended|container|containers} {ended} ended with exit code 0, and {running} still {running|runs|run}: the Job completes only when all have ended"
    );
    let as_sidecar = say!(
        "job-sidecar.make-sidecar",
        "if {running} only {running|serves|serve} {ended}, make {running|it an init container|them init containers} with restartPolicy Always, which the kubelet ends with the work"
    );
    let finding = Finding::new(case.subject(), headline, proof)
        .certainty(Certainty::Likely)
        .fact("ended", names(&ended))
        .fact("running", names(&others))
        .evidence(ends)
        .evidence(others.iter().filter_map(since))
        .why(say!(
            "job-sidecar.why",
            "nothing in the pod's spec tells a helper from the work: a program that serves until it is told to stop keeps the pod running for ever"
        ))
        .fix([Fix::advice(as_sidecar, Who::Owner).of_template()])
        .fix([Fix::advice(
            say!(
                "job-sidecar.end-it",
                "let {running} end when {ended} {ended|has|have}"
            ),
            Who::Owner,
        )])
        .inspect(case.kubectl(["logs", &case.object().argument(), "-c", others.first()?.name()]));
    Some(finding)
}
