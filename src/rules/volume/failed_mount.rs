//! The volumes of a bound pod that are not attached or mounted, and the event that tells why: [`all`].
//!
//! Shared by every rule about volumes of a pod that has a node. The status says ContainerCreating and no more, so all is known
//! from events, which may be old: what a later step has outrun is left out (`triage::creation`), and what a later list of
//! unmounted volumes no longer names. That list itself is no cause: it stands for one only where nothing else is told.
//!
//! Sources: kubelet `volumemanager/volume_manager.go` WaitForAttachAndMount (the list, every two minutes and three seconds);
//! client-go `tools/record/events_cache.go` (an object's 26th event within a short time is dropped, then one in five minutes
//! passes).

use crate::kubernetes::claims::{phase, volume_name};
use crate::kubernetes::text::one_line;
use crate::messages::mount::{self, Mount, MountFailure};
use crate::messages::quote;
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::claims::{self, ClaimOfPod};
use crate::snapshot::Event;
use crate::text::{Message, Sentence, say};
use crate::triage::creation;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// How such pods are seen.
pub(super) const SEEN_AS: &[&str] = &[
    "ContainerCreating",
    "PodInitializing",
    "Pending",
    "FailedMount",
    "FailedMapVolume",
];

/// A volume that is not attached or mounted.
#[derive(Debug)]
pub(super) struct FailedMount<'c> {
    /// The pod.
    pub(super) case: &'c Case<'c>,
    /// What the event means.
    pub(super) mount: Mount,
    /// The event.
    pub(super) event: &'c Event,
    /// The volume as the pod names it, as far as that is known.
    pub(super) volume: Option<&'c str>,
    /// The claim that it is of.
    pub(super) claim: Option<ClaimOfPod<'c>>,
    /// Whether what it tells may be over without a trace.
    may_be_over: bool,
}

/// What is told of each volume: the most telling of what is current, the newest of those. None where the pod is through.
pub(super) fn all<'c>(case: &'c Case<'c>) -> Vec<FailedMount<'c>> {
    let events = creation::of_volumes(case.snapshot.store().events(), case.pod());
    let claims = claims::of_pod(case);
    let mut found: Vec<FailedMount<'c>> = Vec::new();
    let list = Listed::newest(&events);
    for event in events {
        let failed = read(case, event, &claims, list.as_ref());
        let Some(failed) = failed else { continue };
        let known = found.iter_mut().find(|other| other.is_about(&failed));
        match known {
            Some(known) if weakness(&failed) < weakness(known) => *known = failed,
            Some(_) => {}
            None => found.push(failed),
        }
    }
    let least = found.iter().map(weakness).min();
    // what passes by itself is no news beside what does not
    found.retain(|failed| Some(weakness(failed)) == least || weakness(failed) == 0);
    found
}

/// Those whose failure is of one class.
pub(super) fn of<'c>(
    case: &'c Case<'c>,
    class: impl Fn(&MountFailure) -> bool,
) -> impl Iterator<Item = FailedMount<'c>> {
    let all = all(case).into_iter();
    all.filter(move |failed| class(&failed.mount.failure))
}

/// The kubelet's last list of volumes that are not mounted.
struct Listed<'e> {
    event: &'e Event,
    unmounted: Vec<String>,
}

impl<'e> Listed<'e> {
    fn newest(newest_first: &[&'e Event]) -> Option<Self> {
        newest_first.iter().find_map(|event| {
            let unmounted = mount::unmounted(&event.message)?;
            Some(Listed { event, unmounted })
        })
    }

    fn names(&self, volume: &str) -> bool {
        self.unmounted.iter().any(|name| name == volume)
    }
}

fn read<'c>(
    case: &'c Case<'c>,
    event: &'c Event,
    claims: &[ClaimOfPod<'c>],
    list: Option<&Listed<'_>>,
) -> Option<FailedMount<'c>> {
    let mut mount = mount::read(&event.message);
    let named = mount.volume.as_deref();
    let mut own = case.pod().volume_names();
    let claim = named.and_then(|name| claim_of(claims, name));
    let volume = own
        .find(|volume| named == Some(volume))
        .or(claim.map(|claim| claim.volume));
    let later = list.filter(|list| list.event.last > event.last);
    let is_listed = later.map(|list| volume.is_none_or(|name| list.names(name)));
    if is_listed == Some(false) {
        return None;
    }
    let shown = if is_listed == Some(true) {
        later.and_then(|list| list.event.last)
    } else {
        event.last
    };
    let refused = refused(&mount.failure, event, claims);
    let is_unread = refused.iter().any(|claim| claim.seen.is_unknown());
    let are_usable = || {
        refused
            .iter()
            .all(|claim| claim.seen.yes().is_some_and(is_usable))
    };
    if let (Some(first), true) = (refused.first(), are_usable()) {
        let name = Some(first.name.clone());
        mount.failure = MountFailure::NotYet { name };
    }
    let was_shown_long_ago = shown.is_some_and(|last| case.seconds_since(last) > creation::FRESH);
    Some(FailedMount {
        case,
        event,
        volume,
        claim: claim.cloned(),
        may_be_over: was_shown_long_ago || is_unread,
        mount,
    })
}

/// The claims whose own state the event is about.
fn refused<'a, 'c>(
    failure: &MountFailure,
    event: &Event,
    claims: &'a [ClaimOfPod<'c>],
) -> Vec<&'a ClaimOfPod<'c>> {
    if !matches!(
        failure,
        MountFailure::Claim | MountFailure::ClaimMissing { .. }
    ) {
        return Vec::new();
    }
    let listed = mount::unprocessed(&event.message);
    let is_listed = |claim: &&ClaimOfPod<'_>| listed.iter().any(|name| name == claim.volume);
    claims.iter().filter(is_listed).collect()
}

/// Whether a kubelet can use the claim: it says at once what it reads too early, and looks again
/// (`volumemanager/volume_manager.go` verifyVolumesMountedFunc; `populator` getPVCExtractPV, 1.37).
fn is_usable(claim: &PersistentVolumeClaim) -> bool {
    let stays = claim.metadata.deletion_timestamp.is_none();
    stays && phase(claim) == "Bound" && volume_name(claim).is_some()
}

/// An event names a claim's volume by the PersistentVolume. Where claims were not read, the only one is meant.
fn claim_of<'a, 'c>(claims: &'a [ClaimOfPod<'c>], name: &str) -> Option<&'a ClaimOfPod<'c>> {
    let of_volume = |claim: &&ClaimOfPod<'_>| {
        claim.volume == name || claim.seen.yes().and_then(volume_name) == Some(name)
    };
    let known = claims.iter().find(of_volume);
    known.or(match claims {
        [only] if only.seen.is_unknown() => Some(only),
        _ => None,
    })
}

/// What says less than others about the same volume.
fn weakness(failed: &FailedMount<'_>) -> u8 {
    match failed.mount.failure {
        MountFailure::Boilerplate { .. } => 3,
        MountFailure::NotYet { .. } => 2,
        MountFailure::NotAttached => 1,
        _ => 0,
    }
}

/// The finding with the volume that it is about.
pub(super) fn about(finding: Finding, volume: Option<&str>) -> Finding {
    const NAMED: Sentence = say!("failed-mount.volume", "volume {volume}");
    match volume {
        Some(name) => finding
            .fact("what", Message::new(NAMED).fact("volume", name))
            .volume(name),
        None => finding.fact(
            "what",
            say!("failed-mount.some-volume", "a volume of the pod"),
        ),
    }
}

impl FailedMount<'_> {
    /// Whether both are about the same volume. What names none is about any.
    fn is_about(&self, other: &FailedMount<'_>) -> bool {
        let is_list = |one: &Self| matches!(one.mount.failure, MountFailure::Boilerplate { .. });
        match (&self.mount.volume, &other.mount.volume) {
            (Some(one), Some(another)) => {
                one == another || self.volume.is_some() && self.volume == other.volume
            }
            (None, None) => self.mount.failure == other.mount.failure || is_list(self),
            _ => false,
        }
    }

    /// The volume, in the words of the pod where they are known.
    pub(super) fn name(&self) -> Option<&str> {
        self.volume.or(self.mount.volume.as_deref())
    }

    /// The PersistentVolume: as the event names it, where that is no volume of the pod, or as the claim does.
    pub(super) fn persistent(&self) -> Option<&str> {
        let claimed = self.claim.as_ref().and_then(|claim| claim.seen.yes());
        let named = self.mount.volume.as_deref();
        claimed
            .and_then(volume_name)
            .or(named.filter(|name| self.volume != Some(name)))
    }

    /// Whether the controller that attaches volumes tells it, rather than the kubelet.
    pub(super) fn of_attach(&self) -> bool {
        let step = self.mount.step.as_deref().unwrap_or_default();
        self.event.reason == "FailedAttachVolume" || step.starts_with("AttachVolume.")
    }

    /// A finding with what every rule about such volumes tells.
    pub(super) fn finding(&self, headline: Sentence) -> Finding {
        let case = self.case;
        let printed = mount::command(self.said()).map(|(_, output)| output);
        let message = printed.unwrap_or_else(|| one_line(quote::gist(self.said())).into_owned());
        let finding = Finding::new(case.subject(), headline, case.event(self.event))
            .fact_if("node", case.pod().node())
            .fact_if(
                "claim",
                self.claim.as_ref().map(|claim| claim.name.as_str()),
            )
            .fact("message", message.trim_end_matches('.'))
            .fact("namespace", case.namespace())
            .fact("error", self.error())
            .when(self.may_be_over, |finding| {
                finding.certainty(Certainty::Likely)
            });
        about(finding, self.name())
    }

    /// The message without the step and the volume.
    pub(super) fn said(&self) -> &str {
        let message = self.event.message.as_str();
        message.split_once(" : ").map_or(message, |(_, said)| said)
    }

    /// The error as others have it too: without what is of this pod alone, such as where its volume is to be mounted.
    pub(super) fn error(&self) -> String {
        if let Some((source, output)) = mount::command(self.said()) {
            return [source, &output].join(" ");
        }
        let error = quote::without_ids(self.said());
        let uid = self.case.pod().uid().filter(|uid| !uid.is_empty());
        let error = uid.map_or(error.clone(), |uid| error.replace(uid, "…"));
        one_line(&error).into_owned()
    }
}
