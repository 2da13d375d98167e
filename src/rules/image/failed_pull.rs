//! The containers of a pod that wait for an image, and the message that tells why: [`all`].
//!
//! Shared by every rule of this layer. The status outranks events, which may be old; where the status holds
//! boilerplate only (kubelets before 1.32 while they back off), the newest event about the same image counts.
//! What the message means is read by [`crate::messages::pull`]; which cause that makes is for the rules.
//!
//! Sources: kubelet `images/image_manager.go`, `images/types.go`, `kuberuntime/kuberuntime_image.go` (1.19 to 1.37);
//! cri-api `pkg/errors/errors.go`.

mod sandbox_image;

use super::asked::{self, Asked, Verdict};
use super::{answers, hosts};
use crate::kubernetes::image_reference::ImageReference;
use crate::kubernetes::shell;
use crate::kubernetes::text::one_line;
use crate::messages::pull::{self, Pull, PullFailure};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::snapshot::{ContainerView, Event, Evidence, HAS_IMAGE_OR_NO_TURN, Role};
use crate::text::{Fact, Facts, Sentence, say};

/// The waiting reasons under which the kubelet reports that an image is not to be had.
const REASONS: [&str; 7] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];
/// The events that tell why a pull failed; the last is of kubelets before 1.5. `BackOff` never does.
const EVENTS: [&str; 4] = ["Failed", "InspectFailed", "ErrImageNeverPull", "FailedSync"];
/// Why a host is asked that the image does not name.
pub(super) const SENT_ELSEWHERE: Sentence = say!(
    "failed-pull.sent-elsewhere",
    "image {image} names {registry}: a mirror is set on the node, or that registry sends it on to {host}"
);
/// In place of the name of a registry, for an image whose name cannot be read.
const REGISTRY: Sentence = say!("failed-pull.unknown-registry", "the registry");
/// In place of the name of a node.
const NODE: Sentence = say!("failed-pull.unknown-node", "its node");

/// A container that waits for an image which cannot be had.
#[derive(Debug)]
pub(super) struct FailedPull<'c> {
    /// The pod.
    pub(super) case: &'c Case<'c>,
    /// The container that waits.
    pub(super) container: ContainerView<'c>,
    /// The image as the pod names it; that of an image volume when the container waits for one.
    pub(super) image: &'c str,
    /// Where the pod names it.
    pub(super) path: String,
    /// The image volume that it belongs to.
    pub(super) volume: Option<&'c str>,
    /// What the message means.
    pub(super) pull: Pull,
    /// The message, and where it stands.
    proof: Evidence,
    /// The message is that of an event that may be about another image.
    pub(super) indirect: bool,
    /// It is the image of the sandbox, which the node's runtime names and not the pod.
    pub(super) of_sandbox: bool,
    /// What its registry answered, where it was asked.
    pub(super) asked: Option<Asked<'c>>,
}

/// An image that a container needs, and where the pod names it.
struct Needed<'c> {
    image: &'c str,
    path: String,
    volume: Option<&'c str>,
}

/// Every container of the pod that waits for an image. None when the pod has ended or goes away: nothing is pulled for it.
pub(super) fn all<'c>(case: &'c Case<'c>) -> Vec<FailedPull<'c>> {
    let ended = matches!(case.pod().phase(), "Failed" | "Succeeded");
    if ended || case.pod().is_terminating() {
        return Vec::new();
    }
    let failed: Vec<_> = case
        .pod()
        .containers()
        .filter(|container| is_waiting(container) || is_told_so(case, container))
        .map(|container| failed_pull(case, container))
        .collect();
    if failed.is_empty() {
        sandbox_image::find(case).into_iter().collect()
    } else {
        failed
    }
}

/// Those whose failure is of one class.
pub(super) fn of<'c>(
    case: &'c Case<'c>,
    class: fn(PullFailure) -> bool,
) -> impl Iterator<Item = FailedPull<'c>> {
    all(case)
        .into_iter()
        .filter(move |failed| class(failed.pull.failure))
}

/// What a rule finds in the failures of one class. Where no pod names the image, its fixes are the node's.
pub(super) fn findings(
    case: &Case<'_>,
    class: fn(PullFailure) -> bool,
    finding: fn(&FailedPull<'_>) -> Finding,
) -> Vec<Finding> {
    of(case, class)
        .map(|failed| failed.close(finding(&failed)))
        .collect()
}

/// Whether a container waits for an image by its status. Some errors reach the status as the reason itself, text instead of a
/// word (image_manager.go returns them unwrapped), and a text of a pull can stand under any reason.
pub(super) fn is_waiting(container: &ContainerView<'_>) -> bool {
    let reason = container.waiting_reason();
    let raw = reason.contains(' ') && pull::read(reason).failure != PullFailure::Unknown;
    let message = container
        .waiting()
        .and_then(|waiting| waiting.message.as_deref());
    REASONS.contains(&reason)
        || (raw && (reason.contains("pull") || reason.contains("image")))
        || pull::is_of_pull(reason)
        || container.is_hindered() && message.is_some_and(pull::is_of_pull)
}

/// Whether the last that was said of a container, whose status tells nothing, is that its image is not to be had.
fn is_told_so(case: &Case<'_>, container: &ContainerView<'_>) -> bool {
    let Some(waiting) = container.waiting() else {
        return false;
    };
    let is_silent = waiting.message.as_deref().unwrap_or_default().is_empty()
        && !HAS_IMAGE_OR_NO_TURN.contains(&container.waiting_reason());
    let told = [&EVENTS[..], &["Pulling", "Pulled", "Created", "Started"]].concat();
    is_silent
        && case
            .newest_event_of(container.name(), |event| {
                told.contains(&event.reason.as_str())
            })
            .is_some_and(|event| {
                EVENTS.contains(&event.reason.as_str()) && pull::is_of_pull(&event.message)
            })
}

/// Whether the registry itself says that it has the repository and lacks the tag or digest. containerd reports every 404 alike.
pub(super) fn is_definite_absence(failed: &FailedPull<'_>) -> bool {
    const WORDS: [&str; 3] = ["manifest unknown", "MANIFEST_UNKNOWN", "manifest for "];
    WORDS.iter().any(|text| failed.says(text)) || failed.is_known(Verdict::NoVersion)
}

fn failed_pull<'c>(case: &'c Case<'c>, container: ContainerView<'c>) -> FailedPull<'c> {
    let waiting = container.waiting();
    let message = waiting
        .and_then(|waiting| waiting.message.as_deref())
        .unwrap_or_default();
    let (field, text) = match message {
        "" => ("reason", container.waiting_reason()),
        message => ("message", message),
    };
    let needed = needed(case, &container, message);
    let status = PullMessage {
        pull: pull::read(text),
        proof: case.field(format!("{}.state.waiting.{field}", container.path()), text),
        indirect: false,
    };
    let event = || from_events(case, &container, &needed);
    let is_silent = message.is_empty() && !is_waiting(&container);
    let better = if status.pull.boilerplate || is_silent {
        event()
    } else if status.pull.failure == PullFailure::PullQps {
        // the kubelet's own limit passes by itself and hides what stands behind it
        event().filter(|event| event.pull.failure != PullFailure::PullQps)
    } else {
        None
    };
    let message = better.unwrap_or(status);
    FailedPull {
        case,
        container,
        image: needed.image,
        path: needed.path,
        volume: needed.volume,
        pull: message.pull,
        proof: message.proof,
        indirect: message.indirect,
        of_sandbox: false,
        asked: None,
    }
    .asked()
}

/// A message about a failed pull, see [`FailedPull`].
struct PullMessage {
    pull: Pull,
    proof: Evidence,
    indirect: bool,
}

fn from_events(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    needed: &Needed<'_>,
) -> Option<PullMessage> {
    // what was said before the image was pulled is over
    let is_over = |event: &&Event| event.reason == "Pulled" && names(&event.message, needed.image);
    let messages: Vec<(&Event, Pull)> = case
        .events()
        .into_iter()
        .rev()
        .take_while(|event| !is_over(event) || is_of_another(event, container))
        .filter(|event| EVENTS.contains(&event.reason.as_str()))
        .map(|event| (event, pull::read(&event.message)))
        .filter(|(event, pull)| !pull.boilerplate && about(event, container, needed).is_some())
        .collect();
    let exact = |event: &Event| about(event, container, needed) == Some(true);
    // the newest about this image, the kubelet's own limit last
    let best = messages
        .into_iter()
        .enumerate()
        .min_by_key(|(age, (event, pull))| {
            let limited = pull.failure == PullFailure::PullQps;
            (!exact(event), limited, *age)
        });
    best.map(|(_, (event, pull))| PullMessage {
        indirect: !exact(event),
        proof: case.event(event),
        pull,
    })
}

fn is_of_another(event: &Event, container: &ContainerView<'_>) -> bool {
    let named = event.container();
    named.is_some_and(|name| name != container.name())
}

/// Whether an event is about this image: `Some(true)` when it names it, `Some(false)` when it may be. An event of
/// this container about another image is of a time before the pod's image was changed.
fn about(event: &Event, container: &ContainerView<'_>, needed: &Needed<'_>) -> Option<bool> {
    if is_of_another(event, container) {
        return None;
    }
    if event.message.contains(&format!("\"{}\"", needed.image)) {
        return Some(true);
    }
    // a container that could not be made is also `Failed`
    let pulls = event.message.contains("pull")
        || event.message.contains("image")
        || pull::is_of_pull(&event.message);
    let names_another = event.message.contains("image \"") && event.container().is_some();
    (pulls && !names_another).then_some(false)
}

/// The image that the container waits for: of its own and of those that it mounts, the one that the status names.
fn needed<'c>(case: &'c Case<'c>, container: &ContainerView<'c>, message: &str) -> Needed<'c> {
    let own = Needed {
        image: container.image(),
        path: image_path(case, container),
        volume: None,
    };
    if names(message, own.image) {
        return own;
    }
    let mounted = mounted_images(case, container).find(|volume| names(message, volume.image));
    mounted.unwrap_or(own)
}

/// Whether a message names the image, as it is written or in full.
fn names(message: &str, image: &str) -> bool {
    let quoted = |name: &str| !name.is_empty() && message.contains(&format!("\"{name}\""));
    quoted(image)
        || ImageReference::parse(image)
            .is_ok_and(|reference| quoted(&reference.complete().to_string()))
}

fn mounted_images<'c>(
    case: &'c Case<'c>,
    container: &ContainerView<'c>,
) -> impl Iterator<Item = Needed<'c>> {
    let mounts = container
        .spec
        .and_then(|spec| spec.volume_mounts.as_deref())
        .unwrap_or_default();
    let volumes = case.pod().spec().volumes.iter().flatten().enumerate();
    volumes
        .filter(|(_, volume)| mounts.iter().any(|mount| mount.name == volume.name))
        .filter_map(|(index, volume)| {
            Some(Needed {
                image: volume.image.as_ref()?.reference.as_deref()?,
                path: format!("spec.volumes[{index}].image.reference"),
                volume: Some(&volume.name),
            })
        })
}

fn image_path(case: &Case<'_>, container: &ContainerView<'_>) -> String {
    let spec = case.pod().spec();
    let (list, containers) = match container.role {
        Role::Main => ("containers", spec.containers.as_slice()),
        Role::Init | Role::Sidecar => (
            "initContainers",
            spec.init_containers.as_deref().unwrap_or_default(),
        ),
    };
    let place = containers.iter().position(|c| c.name == container.name());
    format!("spec.{list}[{}].image", place.unwrap_or(container.index))
}

impl FailedPull<'_> {
    /// With what its registry answered, which knows better what is there than what was said to the node.
    fn asked(mut self) -> Self {
        self.asked = asked::of(&self);
        if let Some(asked) = &self.asked {
            self.pull.failure = asked.failure(self.pull.failure);
        }
        self
    }

    /// The image's parts, when it is a valid reference.
    pub(super) fn reference(&self) -> Option<ImageReference> {
        ImageReference::parse(self.image).ok()
    }

    /// The host that was dialled, as far as the message tells; the image's registry otherwise.
    pub(super) fn host(&self) -> Option<String> {
        self.pull.host.clone().or_else(|| self.registry())
    }

    /// The registry that the image names.
    pub(super) fn registry(&self) -> Option<String> {
        self.reference().map(|reference| reference.registry)
    }

    /// Whether the host that was dialled is such a one.
    pub(super) fn host_is(&self, kind: fn(&str) -> bool) -> bool {
        self.host().is_some_and(|host| kind(&host))
    }

    /// Whether the image's registry is Docker Hub.
    pub(super) fn is_of_docker_hub(&self) -> bool {
        self.registry()
            .is_some_and(|registry| hosts::is_docker_hub(&registry))
    }

    /// Whether a host was dialled that the image does not name: a mirror, a token server, or where the registry sent the node.
    pub(super) fn was_sent_elsewhere(&self) -> bool {
        let elsewhere = |host: &str| {
            self.registry()
                .is_some_and(|registry| !hosts::belongs_to(host, &registry))
        };
        self.pull.host.as_deref().is_some_and(elsewhere)
    }

    /// Whether the registry, asked, says so much of the image.
    pub(super) fn is_known(&self, verdict: Verdict) -> bool {
        let asked = self.asked.as_ref().filter(|asked| asked.is_of_node);
        asked.is_some_and(|asked| asked.verdict == verdict)
    }

    /// Whether the message holds this piece, whatever its capitals.
    pub(super) fn says(&self, piece: &str) -> bool {
        crate::messages::form::contains(&self.proof.quote, piece)
    }

    /// The registry, the host that was dialled and the node, in words where they are not known.
    pub(super) fn places(&self) -> Facts {
        let node = self.case.pod().node().map(str::to_owned);
        Facts(
            [
                ("registry", known_or(self.registry(), REGISTRY)),
                ("host", known_or(self.host(), REGISTRY)),
                ("node", known_or(node, NODE)),
            ]
            .into(),
        )
    }

    /// The finding with what every rule of this layer tells: image, host, node, the message, and the answers about the image.
    pub(super) fn finding(&self, headline: Sentence) -> Finding {
        let mut finding = Finding::new(self.case.subject(), headline, self.proof.clone());
        let answers = answers::of(self);
        let left_over = answers
            .name
            .left_over
            .clone()
            .filter(|_| answers.name.valid);
        finding.image = Some(Box::new(answers));
        finding.facts = self.places();
        let finding = if self.of_sandbox {
            finding.fix([sandbox_image::have_it()])
        } else {
            let of_pod = finding.container(self.container.name());
            of_pod.fact("namespace", self.case.namespace())
        };
        finding
            .fact("image", self.image)
            .fact("message", one_line(&self.pull.quote).into_owned())
            .fact_if("volume", self.volume)
            .fix(left_over.map(fill_in))
            .evidence(self.volume.map(|_| self.case.field(&self.path, self.image)))
            .when(self.indirect, |finding| {
                finding.certainty(Certainty::Likely)
            })
            .evidence(self.asked.as_ref().and_then(|asked| asked.evidence(self)))
            .inspect(self.case.on_node(["crictl", "pull", self.image]))
    }

    /// The finding as its rule wrote it, or with the fixes of a node where the node's runtime names the image.
    pub(super) fn close(&self, finding: Finding) -> Finding {
        if self.of_sandbox {
            sandbox_image::of_node(self, finding)
        } else {
            finding
        }
    }

    /// Asks the registry about the image, from anywhere and without the node's runtime.
    pub(super) fn skopeo(&self, words: &[&str], image: &str) -> NextCommand {
        let image = format!("docker://{image}");
        let words = ["skopeo"].iter().chain(words).copied();
        shell::command(words.chain([image.as_str()])).into()
    }

    /// Asks the registry from the node, which shows each step on the way there.
    pub(super) fn curl(&self, scheme: &str) -> NextCommand {
        let url = format!("{scheme}://{}/v2/", self.server());
        self.case.on_node(["curl", "-v", &url])
    }

    /// The same by a proxy.
    pub(super) fn curl_by(&self, proxy: &str) -> NextCommand {
        let proxy = format!("http://{proxy}");
        let url = format!("https://{}/v2/", self.server());
        self.case.on_node(["curl", "-v", "-x", &proxy, &url])
    }

    /// The same for the very image, where the registry that it names was asked.
    pub(super) fn curl_manifest(&self) -> NextCommand {
        let reference = self.reference().filter(|_| !self.was_sent_elsewhere());
        let Some(reference) = reference else {
            return self.curl("https");
        };
        let version = reference.digest.or(reference.tag);
        let version = version.as_deref().unwrap_or("latest");
        let (server, repository) = (self.server(), reference.repository);
        let url = format!("https://{server}/v2/{repository}/manifests/{version}");
        self.case.on_node(["curl", "-v", &url])
    }

    /// The host to ask: Docker Hub serves images under another name than its own.
    fn server(&self) -> String {
        match self.host() {
            Some(host) if host == "docker.io" => "registry-1.docker.io".to_owned(),
            host => host.unwrap_or_else(|| "HOST".to_owned()),
        }
    }
}

/// What helps where a name holds what stands for a missing value.
fn fill_in(part: String) -> Fix {
    let change = say!(
        "failed-pull.fill-in",
        "render the template: whatever made this manifest wrote \"{part}\" where a value was missing"
    );
    Fix::advice(change, Who::Owner).fact("part", part)
}

fn known_or(name: Option<String>, word: Sentence) -> Fact {
    name.map_or_else(|| word.into(), Fact::from)
}

#[cfg(test)]
mod tests;
