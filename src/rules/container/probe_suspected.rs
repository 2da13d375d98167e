//! Whether a probe may have had a container killed of whose end no event tells.
//!
//! Of a probe's kill the status keeps an exit code alone: that of the signal, or what the program makes of SIGTERM. Runs as
//! long as the probe gives are the other trace.

use crate::messages::probe::{self, ProbeKind};
use crate::rules::Case;
use crate::rules::shared::crash::Crash;
use crate::snapshot::Event;
use crate::text::{Sentence, say};
use crate::triage::fits;
use k8s_openapi::api::core::v1::Probe;

/// Exit codes that a kill leaves: SIGKILL, SIGTERM, and runtimes that end with 2 when they are told to.
const CODES: [i32; 3] = [137, 143, 2];
/// Events that show that of this container events were kept.
const KEPT: [&str; 4] = ["Started", "Created", "BackOff", "Pulled"];
/// Of how many events of a pod the kubelet keeps each; behind these it lets one in five minutes through
/// (client-go tools/record/events_cache.go defaultSpamBurst).
const BURST: u32 = 25;

/// The probe that the end fits: which it is. None where events were kept, which would tell.
pub(super) fn probe(case: &Case<'_>, crash: &Crash<'_>) -> Option<Sentence> {
    if !CODES.contains(&crash.end.exit_code) || crash.reason() == "OOMKilled" {
        return None;
    }
    let spec = crash.container.spec?;
    if told(case, crash) || kept(case, crash) {
        return None;
    }
    let lasted = crash.lasted()?;
    let fitting = |probe: &Option<Probe>| {
        probe
            .as_ref()
            .is_some_and(|it| fits(case.pod(), it, lasted))
    };
    if fitting(&spec.startup_probe) {
        return Some(say!("probe-suspected.startup", "startup"));
    }
    let waits = spec.startup_probe.is_some();
    (!waits && fitting(&spec.liveness_probe))
        .then_some(say!("probe-suspected.liveness", "liveness"))
}

/// Whether an event tells of a probe that kills and failed, or of the kubelet stopping the container.
pub(super) fn told(case: &Case<'_>, crash: &Crash<'_>) -> bool {
    has_event(case, crash, |event| match &*event.reason {
        "Killing" => true,
        "Unhealthy" => probe::read(&event.message).kind != Some(ProbeKind::Readiness),
        _ => false,
    })
}

/// Whether the kubelet's events of this container were kept: among them those would be that tell who ended it.
pub(super) fn kept(case: &Case<'_>, crash: &Crash<'_>) -> bool {
    let is_kept = |event: &Event| KEPT.contains(&&*event.reason);
    has_event(case, crash, is_kept) && !dropped(case)
}

/// Whether the kubelet has told so much of the pod that it may have dropped who ended its containers. What it tells of each
/// start comes behind the first end, which was told by then.
pub(super) fn dropped(case: &Case<'_>) -> bool {
    let events = case.events().into_iter();
    let before = events.filter(|it| &*it.component == "kubelet" && !KEPT.contains(&&*it.reason));
    before.fold(0_u32, |sum, it| sum.saturating_add(it.count.max(1))) >= BURST
}

fn has_event(case: &Case<'_>, crash: &Crash<'_>, tells: impl Fn(&Event) -> bool) -> bool {
    let name = Some(crash.container.name());
    let events = case.events();
    let mut of_container = events.iter().filter(|event| event.container() == name);
    of_container.any(|event| tells(event))
}
