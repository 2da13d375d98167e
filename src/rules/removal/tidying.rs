//! What the kubelet has left to do for a pod that is deleted, and what keeps it from that.

use super::stuck_terminating::finalizers;
use crate::kubernetes::text::one_line;
use crate::messages::sandbox;
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding, Fix, Risk, Who};
use crate::snapshot::{ContainerView, Event, Evidence, PodView, Seen};
use crate::text::{Sentence, say};
use crate::triage::creation::FRESH;

/// What a kubelet says when it does not get a pod stopped, and one before 1.25 when a volume cannot be unmounted.
const NOT_STOPPED: [&str; 3] = ["FailedKillPod", "ExceededGracePeriod", UNMOUNT];
const UNMOUNT: &str = "FailedUnMount";

/// How far the kubelet of a node that is well has come.
pub(super) enum Stage<'a> {
    /// It says that it does not get on.
    Says(&'a Event),
    /// Containers run on.
    Running(Vec<ContainerView<'a>>),
    /// All have ended.
    Ended(ContainerView<'a>),
}

/// What keeps the pod on its node; nothing where the node is not known to be well, or only finalizers can be left.
pub(super) fn on_node<'a>(case: &Case<'a>) -> Option<Stage<'a>> {
    let pod = case.pod();
    match case.snapshot.store().nodes().get("", pod.node()?) {
        Seen::No => return None,
        Seen::Yes(node) if !node.ready() => return None,
        // what the node controller does to pods of a node that is not ready
        Seen::Unknown(_) if pod.marked_not_ready().is_some() => return None,
        Seen::Yes(_) | Seen::Unknown(_) => {}
    }
    let running: Vec<_> = pod
        .containers()
        .filter(|one| one.running().is_some())
        .collect();
    let ended = pod.containers().find(|one| one.terminated().is_some());
    if let Some(event) = case.newest_event(&NOT_STOPPED) {
        let is_of_now = event
            .last
            .is_some_and(|last| case.seconds_since(last) <= FRESH);
        if is_of_now || !running.is_empty() {
            return Some(Stage::Says(event));
        }
    }
    match ended {
        _ if !running.is_empty() => Some(Stage::Running(running)),
        Some(ended) if finalizers(pod).is_empty() => Some(Stage::Ended(ended)),
        _ => None,
    }
}

pub(super) fn by_kubelet(case: &Case<'_>, stage: &Stage<'_>) -> Finding {
    let (headline, proof) = match stage {
        Stage::Says(event) if event.reason == UNMOUNT => (NOT_UNMOUNTED, case.event(event)),
        Stage::Says(event) => (NOT_KILLED, case.event(event)),
        Stage::Running(running) => (RUNS_ON, began(case, running)),
        Stage::Ended(ended) => (NOT_TIDIED, end(case, ended)),
    };
    let names = |all: &[ContainerView<'_>]| -> Vec<String> {
        all.iter().map(|one| one.name().to_owned()).collect()
    };
    let (names, said) = match stage {
        Stage::Says(event) if event.reason == UNMOUNT => (None, Some(last(&event.message))),
        Stage::Says(event) => (None, Some(innermost(&event.message))),
        Stage::Running(all) => (Some(names(all)), None),
        Stage::Ended(_) => (None, None),
    };
    let certainty = match stage {
        Stage::Says(_) => Certainty::Proven,
        Stage::Running(_) | Stage::Ended(_) => Certainty::Likely,
    };
    Finding::new(case.subject(), headline, proof)
        .certainty(certainty)
        .fact_if("containers", names)
        .fact_if("said", said)
        .fact_if("node", case.pod().node())
        .fact_if("volume", unmounted(stage))
        .fact_if("volumes", volumes(case.pod()))
        .why(match stage {
            Stage::Says(_) => None,
            Stage::Running(_) => Some(RUNS_ON_WHY),
            Stage::Ended(_) => Some(NOT_TIDIED_WHY),
        })
        .fix([mend_node(stage), delete(case)])
        .inspect(case.node_log())
}

/// What the system said, behind the path that it said it of.
fn last(message: &str) -> String {
    let said = message.rsplit_once(": ").map_or(message, |(_, said)| said);
    one_line(said).into_owned()
}

/// The volume that cannot be unmounted, by its name in the pod.
fn unmounted(stage: &Stage<'_>) -> Option<String> {
    let Stage::Says(event) = stage else {
        return None;
    };
    let (_, behind) = event.message.split_once("volume.spec.Name: \"")?;
    Some(behind.split_once('"')?.0.to_owned())
}

/// What the runtime or the network plugin said, out of the kubelet's and gRPC's frames.
fn innermost(message: &str) -> String {
    let said = message
        .rsplit_once("desc = ")
        .map_or(message, |(_, said)| said);
    let said = said.trim_end_matches(['"', ']', ' ']);
    one_line(sandbox::innermost(said)).into_owned()
}

fn began(case: &Case<'_>, running: &[ContainerView<'_>]) -> Evidence {
    let first = running.first();
    let path = first.map(ContainerView::path).unwrap_or_default();
    let began = first.and_then(|one| one.running()?.started_at.as_ref());
    let began = began.map_or_else(|| "running".to_owned(), |time| time.0.to_string());
    case.field(format!("{path}.state.running.startedAt"), began)
}

fn end(case: &Case<'_>, ended: &ContainerView<'_>) -> Evidence {
    let code = ended.terminated().map_or(0, |end| end.exit_code);
    let path = format!("{}.state.terminated.exitCode", ended.path());
    case.field(path, code.to_string())
}

const NOT_KILLED: Sentence = say!(
    "stuck-terminating.not-killed",
    "the kubelet of {node} does not get it stopped: {said}[; {removed}][; {heldUp}]"
);
const NOT_UNMOUNTED: Sentence = say!(
    "stuck-terminating.not-unmounted",
    "the kubelet of {node} does not get volume[ {volume}] unmounted: {said}[; {removed}][; {heldUp}]"
);
const RUNS_ON: Sentence = say!(
    "stuck-terminating.runs-on",
    "{containers|container|containers} {containers} {containers|runs|run} on at {node}[, {since} after the grace period was over][; {removed}][; {heldUp}]"
);
const RUNS_ON_WHY: Sentence = say!(
    "stuck-terminating.runs-on-why",
    "then a kubelet kills what is left: a process that waits for a disk or a network share cannot be killed, or the container runtime does not answer"
);
const NOT_TIDIED: Sentence = say!(
    "stuck-terminating.not-tidied",
    "its containers have ended, and the kubelet of {node} has not let go of it[ for {since}][; {removed}][; {heldUp}]"
);
const NOT_TIDIED_WHY: Sentence = say!(
    "stuck-terminating.not-tidied-why",
    "before that it unmounts the volumes[ ({volumes})] and takes the sandbox with its network away; its log names which of them fails"
);

/// The volumes that something has to be mounted for, by name.
fn volumes(pod: &PodView) -> Option<Vec<String>> {
    let mounted = pod.spec().volumes.iter().flatten().filter(|volume| {
        volume.persistent_volume_claim.is_some()
            || volume.ephemeral.is_some()
            || volume.nfs.is_some()
            || volume.csi.is_some()
    });
    let names: Vec<String> = mounted.map(|volume| volume.name.clone()).collect();
    (!names.is_empty()).then_some(names)
}

fn mend_node(stage: &Stage<'_>) -> Fix {
    let change = match stage {
        Stage::Running(_) => say!(
            "stuck-terminating.restart-runtime",
            "on {node}: see what the process waits for (state D in ps) and whether the container runtime answers; restart that, else the machine"
        ),
        Stage::Says(_) => say!(
            "stuck-terminating.mend-node",
            "put that right on {node}; its kubelet tries again by itself"
        ),
        Stage::Ended(_) => say!(
            "stuck-terminating.read-log",
            "see in the log of {node}'s kubelet what fails, unmounting or removing the sandbox, and put that right; it tries again by itself"
        ),
    };
    Fix::advice(change, Who::Admin)
}

fn delete(case: &Case<'_>) -> Fix {
    let change = say!(
        "stuck-terminating.force",
        "only if its processes are certainly gone: delete the pod by force; what the kubelet has not tidied up stays on {node}[, and {kept|finalizer|finalizers} {kept} {kept|keeps|keep} the pod until {kept|it is|they are} taken away, too]"
    );
    let words = |pod: &str| ["delete", pod, "--grace-period=0", "--force"].map(str::to_owned);
    let pod = case.object();
    let fix = if case.pod().controller().is_some() {
        Fix::advice(change, Who::Admin).template(case.kubectl(words("pod/POD")))
    } else {
        let command = case.kubectl(words(&pod.argument()));
        Fix::command(change, Who::Admin, pod, command)
    };
    fix.risk(Risk::Destroys)
}
