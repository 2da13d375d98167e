//! `explain` and `causes`: the rules' own pages, found by cause, by layer, or by the word that kubectl shows.

mod words;

use crate::cli::ListFormat;
use crate::error::Failure;
use crate::kubernetes::nearest::nearest;
use crate::rules::{self, Layer, Rule, UNEXPLAINED, UNEXPLAINED_SEEN_AS};
use crate::text::{Sentence, say};
use anyhow::{Result, bail};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use words::{STEPS, general, shown_beside};

/// A cause as it is listed and explained; [`UNEXPLAINED`], which no rule carries, is one too.
#[derive(Clone, Copy)]
struct Cause {
    name: &'static str,
    layer: Option<Layer>,
    title: &'static str,
    seen_as: &'static [&'static str],
    refines: &'static [&'static str],
    page: &'static str,
}

/// [`UNEXPLAINED`] as a cause.
fn last() -> Cause {
    Cause {
        name: UNEXPLAINED,
        layer: None,
        title: say!(
            "explain.unexplained",
            "stuck, and no rule holds: shown with its raw status"
        )
        .en,
        seen_as: &UNEXPLAINED_SEEN_AS,
        refines: &[],
        page: include_str!("../rules/unexplained.md"),
    }
}

impl From<&'static Rule> for Cause {
    fn from(rule: &'static Rule) -> Self {
        Cause {
            name: rule.cause,
            layer: Some(rule.layer),
            title: rule.title,
            seen_as: rule.seen_as,
            refines: rule.refines,
            page: rule.explanation,
        }
    }
}

/// Said of a layer.
const NONE_KNOWN: Sentence = say!("explain.none-known", "no cause of this layer is known yet");

/// What happens at a layer, in general.
pub(super) fn meaning(layer: Layer) -> Sentence {
    match layer {
        Layer::Admission => say!("explain.layer.admission", "the API server takes the pod in"),
        Layer::Scheduling => say!("explain.layer.scheduling", "the scheduler finds a node"),
        Layer::Node => say!("explain.layer.node", "the node's kubelet accepts the pod"),
        Layer::Volume => say!("explain.layer.volume", "its volumes are there and mounted"),
        Layer::Network => say!("explain.layer.network", "it gets a sandbox and an address"),
        Layer::Image => say!("explain.layer.image", "its images are pulled"),
        Layer::Container => say!(
            "explain.layer.container",
            "its containers start and stay up"
        ),
        Layer::Health => say!("explain.layer.health", "its probes pass"),
        Layer::Service => say!("explain.layer.service", "Services send traffic to it"),
        Layer::Removal => say!("explain.layer.removal", "it goes away when deleted"),
    }
}

/// Every cause, in the order of layers.
fn causes() -> impl Iterator<Item = Cause> {
    rules::all().map(Cause::from).chain([last()])
}

/// What a word of the command line stands for.
enum Answer {
    One(Cause),
    /// The causes of a layer; of some none is known yet.
    Of(Layer, Vec<Cause>),
    /// The causes that are seen so.
    SeenAs(Vec<Cause>),
    /// The causes that speak of it.
    About(Vec<Cause>),
}

impl Answer {
    fn of(word: &str) -> Result<Answer> {
        let lower = word.to_ascii_lowercase();
        if let Some(cause) = causes().find(|cause| cause.name == lower) {
            return Ok(Answer::One(cause));
        }
        if let Some(layer) = layer(&lower) {
            return Ok(Answer::Of(layer, of_layer(layer)));
        }
        let found = seen_as(general(word));
        if !found.is_empty() {
            return Ok(Answer::SeenAs(found));
        }
        if STEPS.contains(&word) {
            bail!(
                Failure::new(format!(
                    "`{word}` says that a step was done, not that one failed"
                ))
                .hint("`kubectl diagnose causes` lists what goes wrong")
            );
        }
        for tells in [in_name_or_title, in_page] {
            let found = select(|cause| tells(cause, &lower));
            if !found.is_empty() {
                return Ok(Answer::About(found));
            }
        }
        bail!(unknown(word))
    }

    fn causes(&self) -> &[Cause] {
        match self {
            Answer::One(cause) => std::slice::from_ref(cause),
            Answer::Of(_, causes) | Answer::SeenAs(causes) | Answer::About(causes) => causes,
        }
    }

    /// In Markdown. Of what leads to one cause its page is shown.
    fn page(&self, word: &str) -> String {
        match self {
            Answer::Of(layer, causes) => {
                let meaning = meaning(*layer).en;
                if causes.is_empty() {
                    format!("# {layer}\n\n{meaning}; {}\n", NONE_KNOWN.en)
                } else {
                    format!("# {layer}\n\n{meaning}\n\n{}", items(causes))
                }
            }
            _ => match self.causes() {
                [cause] => page(cause),
                causes => format!(
                    "# {word}\n\n{}:\n\n{}",
                    if matches!(self, Answer::SeenAs(_)) {
                        say!("explain.seen-with", "is seen with").en
                    } else {
                        say!("explain.spoken-of", "is spoken of in").en
                    },
                    items(causes)
                ),
            },
        }
    }
}

/// The causes that are seen with exactly this word, or with what it is shown beside.
fn seen_as(word: &str) -> Vec<Cause> {
    let beside = shown_beside(word);
    let is_it = |known: &str| known.eq_ignore_ascii_case(word) || beside.contains(&known);
    select(|cause| cause.seen_as.iter().any(|known| is_it(known)))
}

fn select(wanted: impl Fn(&Cause) -> bool) -> Vec<Cause> {
    causes().filter(wanted).collect()
}

fn layer(word: &str) -> Option<Layer> {
    Layer::ALL.into_iter().find(|layer| layer.as_str() == word)
}

fn of_layer(layer: Layer) -> Vec<Cause> {
    select(|cause| cause.layer == Some(layer))
}

fn in_name_or_title(cause: &Cause, lower: &str) -> bool {
    has_word(cause.name, lower) || has_word(cause.title, lower)
}

fn in_page(cause: &Cause, lower: &str) -> bool {
    has_word(cause.page, lower)
}

/// Whether a text has these words, as whole ones; an `s` for more of them does not count.
fn has_word(text: &str, lower: &str) -> bool {
    let lower = lower.strip_suffix('s').unwrap_or(lower);
    let text = text.to_ascii_lowercase();
    let is_end = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    text.match_indices(lower).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + lower.len()..).unwrap_or_default();
        let after = after.strip_prefix('s').unwrap_or(after);
        is_end(before) && is_end(after.chars().next())
    }) && !lower.is_empty()
}

fn unknown(word: &str) -> Failure {
    let failure = Failure::new(format!(
        "`{word}` is not a cause, a layer, or a word that is known here"
    ));
    match nearest(word, words()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`kubectl diagnose causes` lists them"),
    }
}

/// Everything that `explain` knows by its name: causes, layers, and what kubectl and events say.
fn words() -> impl Iterator<Item = &'static str> {
    let mut seen_as: Vec<&str> = causes().flat_map(|cause| cause.seen_as).copied().collect();
    seen_as.sort_unstable();
    seen_as.dedup();
    let layers = Layer::ALL.into_iter().map(Layer::as_str);
    causes()
        .map(|cause| cause.name)
        .chain(layers)
        .chain(seen_as)
}

/// The same with what each means, for completion.
pub fn offers() -> impl Iterator<Item = (&'static str, String)> {
    words().map(|word| {
        let cause = causes().find(|cause| cause.name == word);
        let title = match (cause, layer(word)) {
            (Some(cause), _) => cause.title.to_owned(),
            (None, Some(layer)) => format!("layer: {}", meaning(layer).en),
            (None, None) => say!("explain.word", "a word of kubectl or of events")
                .en
                .to_owned(),
        };
        (word, title)
    })
}

/// What there is to say about causes, layers, and words that kubectl shows, in Markdown.
///
/// # Errors
/// When a word is none of these; the nearest one is offered.
pub fn explain(words: &[String]) -> Result<String> {
    let pages: Result<Vec<String>> = words
        .iter()
        .map(|word| Ok(Answer::of(word)?.page(word)))
        .collect();
    Ok(pages?.join("\n"))
}

/// The same for scripts: the causes, each once.
///
/// # Errors
/// As [`explain`].
pub fn explain_json(words: &[String]) -> Result<String> {
    let mut found: Vec<Cause> = Vec::new();
    for word in words {
        for cause in Answer::of(word)?.causes() {
            if found.iter().all(|known| known.name != cause.name) {
                found.push(*cause);
            }
        }
    }
    let rows = found.iter().map(|cause| {
        let mut row = row(cause);
        row.insert("refines".to_owned(), json!(cause.refines));
        row.insert("page".to_owned(), json!(cause.page));
        row
    });
    Ok(format!("{:#}\n", json!(rows.collect::<Vec<_>>())))
}

fn page(cause: &Cause) -> String {
    let mut page = format!("# {}\n\n{}", cause.name, cause.title);
    if let Some(layer) = cause.layer {
        let _ = write!(page, "; layer: {layer}");
        if !cause.seen_as.is_empty() {
            let _ = write!(page, "; seen as: {}", cause.seen_as.join(", "));
        }
    }
    let _ = write!(page, "\n\n{}\n", cause.page.trim_end());
    if !cause.refines.is_empty() {
        let _ = write!(page, "\nMore specific than: {}\n", cause.refines.join(", "));
    }
    page
}

fn items(causes: &[Cause]) -> String {
    causes.iter().fold(String::new(), |mut out, cause| {
        let _ = writeln!(out, "- `{}`: {}", cause.name, cause.title);
        out
    })
}

fn row(cause: &Cause) -> Map<String, Value> {
    let fields = [
        ("cause", json!(cause.name)),
        ("layer", json!(cause.layer)),
        ("title", json!(cause.title)),
        ("seenAs", json!(cause.seen_as)),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    fields.into_iter().collect()
}

/// The names of all causes, in the order of layers.
pub fn names() -> impl Iterator<Item = &'static str> {
    causes().map(|cause| cause.name)
}

/// The list of causes, or of those of some layers.
///
/// # Errors
/// When a word is no layer; the nearest one is offered.
pub fn list(layers: &[String], format: ListFormat) -> Result<String> {
    let mut wanted = Vec::new();
    for word in layers {
        let Some(layer) = layer(&word.to_ascii_lowercase()) else {
            let all = Layer::ALL.map(Layer::as_str);
            let failure = Failure::new(format!("`{word}` is not a layer"));
            bail!(match nearest(word, all) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint(format!("layers are {}", all.join(", "))),
            });
        };
        wanted.push(layer);
    }
    let is_wanted = |cause: &Cause| {
        let layer = cause.layer;
        wanted.is_empty() || layer.is_some_and(|layer| wanted.contains(&layer))
    };
    let causes = select(is_wanted);
    Ok(match format {
        ListFormat::Name => causes
            .iter()
            .fold(String::new(), |out, cause| out + cause.name + "\n"),
        ListFormat::Json => {
            let rows: Vec<_> = causes.iter().map(row).collect();
            format!("{:#}\n", json!(rows))
        }
        ListFormat::Text => text(&causes, &wanted),
    })
}

fn text(causes: &[Cause], wanted: &[Layer]) -> String {
    let width = names().map(str::len).max().unwrap_or_default();
    let mut out = String::new();
    let layers = Layer::ALL.into_iter().map(Some).chain([None]);
    for layer in layers {
        let mut causes = causes
            .iter()
            .filter(|cause| cause.layer == layer)
            .peekable();
        if causes.peek().is_none() {
            if let Some(layer) = layer.filter(|layer| wanted.contains(layer)) {
                let _ = writeln!(out, "{layer}\n  {}", NONE_KNOWN.en);
            }
            continue;
        }
        let _ = writeln!(out, "{}", layer.map_or("any", Layer::as_str));
        for cause in causes {
            let _ = writeln!(out, "  {:width$}  {}", cause.name, cause.title);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(word: &str) -> Vec<&'static str> {
        let answer = Answer::of(word).unwrap_or_else(|error| panic!("{word}: {error}"));
        answer.causes().iter().map(|cause| cause.name).collect()
    }

    /// What kubectl shows: the pod's phases and reasons, what the API server's printer makes of them, and what a kubelet
    /// writes of containers (pkg/kubelet/images/types.go, kuberuntime/kuberuntime_container.go, kubelet_pods.go, 1.37).
    const STATUS: &str = "Pending Running Failed Unknown Terminating NotReady SchedulingGated Completed \
        ContainerCreating PodInitializing Init:0/2 Init:Error Init:CrashLoopBackOff Init:ImagePullBackOff \
        CrashLoopBackOff ImagePullBackOff ErrImagePull ErrImageNeverPull InvalidImageName ImageInspectError \
        RegistryUnavailable SignatureValidationFailed CreateContainerConfigError CreateContainerError \
        PreCreateHookError PreStartHookError PostStartHookError RunContainerError Error OOMKilled StartError \
        ContainerCannotRun ContainerStatusUnknown ExitCode:3 Signal:9 Evicted NodeLost NodeAffinity NodeShutdown \
        Terminated DeadlineExceeded UnexpectedAdmissionError OutOfcpu OutOfmemory OutOfpods";

    /// States of containers and conditions of pods, as `kubectl describe` shows them.
    const DESCRIBED: &str = "Waiting Running Terminated PodScheduled PodReadyToStartContainers Initialized \
        ContainersReady Ready DisruptionTarget";

    /// Reasons of events that tell of something wrong (pkg/kubelet/events/event.go and the controllers', 1.37).
    const EVENTS: &str = "Unschedulable FailedScheduling FailedCreate FailedMount FailedAttachVolume FailedMapVolume \
        FailedDetachVolume VolumeResizeFailed BackOff Unhealthy Killing FailedCreatePodSandBox FailedPodSandBoxStatus \
        FailedSync FailedKillPod ExceededGracePeriod FailedPostStartHook FailedPreStopHook InspectFailed \
        NetworkNotReady NotTriggerScaleUp ProvisioningFailed FailedBinding WaitForFirstConsumer \
        ExternalProvisioning Preempted NodeNotReady TaintManagerEviction ProgressDeadlineExceeded ReplicaFailure \
        BackoffLimitExceeded FailedDaemonPod";

    /// What a kubelet writes of a pod that it does not take (pkg/kubelet/lifecycle/predicate.go, 1.37).
    const REFUSED: &str = "AppArmor InvalidNodeInfo NodeAffinity NodePorts OutOfcpu OutOfephemeral-storage OutOfmemory \
        OutOfpods PodOSNotSupported PodOSSelectorNodeLabelDoesNotMatch SysctlForbidden UnexpectedAdmissionError";

    /// What people call things.
    const OTHER: &str = "quota probe readiness taint image dns storageclass affinity";

    #[test]
    fn what_kubectl_and_events_say_is_known_by_itself_and_not_looked_up_in_pages() {
        let words = [STATUS, DESCRIBED, EVENTS, REFUSED].map(str::split_whitespace);
        for word in words.into_iter().flatten() {
            let answer = Answer::of(word).unwrap_or_else(|error| panic!("{word}: {error}"));
            let is_exact = matches!(answer, Answer::SeenAs(_) | Answer::One(_));
            let causes = answer.causes().iter().map(|cause| cause.name);
            assert!(is_exact, "{word}: {:?}", causes.collect::<Vec<_>>());
        }
        for word in OTHER.split_whitespace() {
            assert!(!found(word).is_empty(), "{word}");
        }
    }

    #[test]
    fn a_step_that_was_done_has_no_cause() {
        for word in ["Pulled", "Created", "Scheduled"] {
            let said = Answer::of(word).err().map(|error| error.to_string());
            assert!(
                said.is_some_and(|said| said.contains("a step was done")),
                "{word}"
            );
        }
        assert!(found("created").contains(&"quota-exceeded"));
    }

    #[test]
    fn words_lead_to_their_causes() {
        for (word, cause) in [
            ("Init:CrashLoopBackOff", "init-container-failing"),
            ("imagepullbackoff", "registry-dns"),
            ("ExitCode:3", "crash-app-error"),
            ("Terminated", "oom-killed"),
            ("Terminated", "node-shutdown"),
            ("FailedKillPod", "stuck-terminating"),
            ("Waiting", "missing-configmap"),
            ("Ready", "readiness-failing"),
            ("quota", "quota-exceeded"),
            ("probe", "liveness-failing"),
            ("probes", "readiness-failing"),
        ] {
            assert!(found(word).contains(&cause), "{word}: {:?}", found(word));
        }
        assert!(found("admission").contains(&"quota-exceeded"));
        assert_eq!(found("network").first(), Some(&"cni-not-ready"));
        assert!(found("removal").contains(&"stuck-terminating"));
        assert!(Answer::of("frobnicate").is_err());
    }

    #[test]
    fn one_cause_is_its_page_and_several_are_a_list() {
        let page = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            explain(&words).unwrap()
        };
        assert!(page(&["InvalidImageName"]).starts_with("# image-name-invalid\n"));
        assert!(page(&["Pending"]).contains("- `insufficient-cpu`: "));
        let both = page(&["pvc-missing", "network"]);
        assert!(
            both.contains("# pvc-missing") && both.contains("# network"),
            "{both}"
        );
    }
}
