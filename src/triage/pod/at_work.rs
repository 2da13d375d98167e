//! For how long an init container or a pull may be at work until its pod needs an explanation.
//!
//! Nobody knows how long a migration or a large image takes. What waits for another service is another matter, and the command
//! may tell.

use super::{Because, Clock, Standing, within};
use crate::messages::awaited::{self, Awaited, Variable};
use crate::snapshot::{ContainerView, Event, Events, PodView, Role};
use jiff::Timestamp;

/// Seconds for which an init container may wait for something else.
const WAITS: i64 = 180;
/// Seconds after which one that never ends is no accident of a look.
const ENDLESS: i64 = 60;
/// Seconds for which one may be at work that does not say at what.
const WORKS: i64 = 1800;
/// How many times longer for a Job, which is there for long work.
const OF_A_JOB: i64 = 4;
/// Seconds for which an image may be pulled without a word.
pub const PULLS: i64 = 300;

/// How a value begins that a dump does not give away.
const MASK: &str = "masked-";

/// For what an init container waits, as far as its command tells.
pub fn awaits(container: &ContainerView<'_>) -> Vec<Awaited> {
    let Some(spec) = container.spec else {
        return Vec::new();
    };
    let own = spec.command.iter().flatten().map(String::as_str);
    let image = spec
        .image
        .as_deref()
        .filter(|_| own.clone().next().is_none());
    let tool = image.and_then(awaited::entrypoint);
    let args = spec.args.iter().flatten().map(String::as_str);
    let words = tool.into_iter().chain(own).chain(args);
    let env = |name: &str| {
        let mut all = spec.env.iter().flatten();
        match all.find(|one| one.name == name) {
            Some(one) => match one.value.as_ref().filter(|it| !it.starts_with(MASK)) {
                Some(value) => Variable::Is(value.clone()),
                None => Variable::Unknown,
            },
            None if spec.env_from.iter().flatten().next().is_some() => Variable::Unknown,
            None => Variable::Unset,
        }
    };
    awaited::read(words, env)
}

/// The seconds after which an init container that still runs needs an explanation.
pub fn init_budget(pod: &PodView, container: &ContainerView<'_>) -> i64 {
    let budget = match awaits(container).as_slice() {
        [] => WORKS,
        [Awaited::Forever] => ENDLESS,
        _ => WAITS,
    };
    let is_of_job = pod.controller().is_some_and(|(kind, _)| kind == "Job");
    budget * if is_of_job { OF_A_JOB } else { 1 }
}

/// How a pod stands whose init container runs.
pub(super) fn init(
    pod: &PodView,
    container: &ContainerView<'_>,
    started: Option<Timestamp>,
    clock: Clock,
) -> Standing {
    let because = Because::InitContainer(container.name().to_owned());
    // one that is run again holds nothing up
    let is_past = |one: ContainerView<'_>| one.role == Role::Main && one.running().is_some();
    if pod.containers().any(is_past) {
        return Standing::Progressing(because, None);
    }
    within(because, started, init_budget(pod, container), clock)
}

/// The pull that is going on for a container, as far as events tell: it waits, and nothing was said of it since.
pub fn pull<'e>(
    pod: &'e PodView,
    container: &ContainerView<'_>,
    events: &'e Events,
) -> Option<&'e Event> {
    let reason = container.waiting().map(|_| container.waiting_reason());
    if !matches!(reason, Some("" | "ContainerCreating" | "PodInitializing")) {
        return None;
    }
    let of_pod = events.of(&pod.object(), pod.uid()).rev();
    let mut of_container = of_pod.filter(|event| event.container() == Some(container.name()));
    let newest = of_container.next()?;
    (newest.reason == "Pulling").then_some(newest)
}

/// Since when the last of the pod's images that are being pulled is.
pub(super) fn pulls_since(pod: &PodView, events: &Events) -> Option<Timestamp> {
    let pulls = pod
        .containers()
        .filter_map(|one| pull(pod, &one, events)?.last);
    pulls.max()
}
