//! `image-pull-slow`: a pull has been going on for long, and nothing says that it fails.

use crate::kubernetes::quantity::Quantity;
use crate::messages::pulled::{Pulled, pulled, pulling};
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{ContainerView, Event, Evidence, PodView};
use crate::text::{Fact, Seconds, Sentence, say};
use crate::triage::{PULLS, is_undated, pull};
use std::sync::Arc;

/// A pull has been going on for long, and nothing says that it fails.
pub static RULE: Rule = Rule {
    cause: "image-pull-slow",
    layer: Layer::Image,
    title: "an image has been pulled for long, without a word of a failure",
    seen_as: &["ContainerCreating", "PodInitializing", "Pending", "Pulling"],
    explanation: include_str!("image_pull_slow.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!(
        "image-pull-slow.root",
        "node {node} has been pulling {image} for long"
    )),
    check: Check::Pod(check),
};

/// In place of a node's name.
const NODE: Sentence = say!("image-pull-slow.a-node", "its node");

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pod = case.pod();
    if pod.phase() != "Pending" {
        return Vec::new();
    }
    let events = case.snapshot.events();
    let slow = pod.containers().filter_map(|one| {
        let event = pull(pod, &one, events)?;
        let since = event.last.map(|last| case.seconds_since(last))?;
        let since = (since > PULLS).then_some(since);
        let may_be_slow = since.is_some() || is_undated(pod, case.snapshot);
        may_be_slow.then(|| finding(case, &one, event, since))
    });
    slow.collect()
}

fn finding(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    event: &Event,
    since: Option<i64>,
) -> Finding {
    let image = pulling(&event.message).unwrap_or_else(|| container.image().to_owned());
    let node = case.pod().node();
    let question = format!("last pull of {image}");
    let known: Known = case
        .engine
        .shared(&question, || known(case, &image))
        .as_ref()
        .clone();
    let queue = queue(case);
    let took = known.as_ref().and_then(|(pulled, _)| pulled.seconds);
    let took = took.and_then(|seconds| i64::try_from(seconds).ok());
    let bytes = known.as_ref().and_then(|(pulled, _)| pulled.bytes);
    let finding = Finding::new(case.subject(), headline(since.is_some(), took.is_some()), case.event(event))
        .container(container.name())
        .fact("image", image.as_str())
        .fact("node", node.map_or(Fact::Word(NODE), Fact::from))
        .fact_if("since", since.map(Seconds))
        .fact_if("took", took.map(Seconds))
        .fact_if("size", bytes.map(|bytes| Fact::amount(Quantity::from_units(bytes), "memory")))
        .fact_if("queue", (queue > 0).then_some(queue))
        .evidence(known.map(|(_, evidence)| evidence))
        .certainty(match since {
            Some(_) => Certainty::Likely,
            None => Certainty::Possible,
        })
        .why(say!(
            "image-pull-slow.why",
            "the kubelet says when a pull begins and when it ends, and nothing between[; unless it is set otherwise it pulls one image after the other, and {queue} other {queue|pod|pods} of the node {queue|waits|wait} for one]"
        ))
        .fix([Fix::advice(
            say!(
                "image-pull-slow.see-speed",
                "see on the node how fast the image comes, and whether a proxy or a mirror stands between; a smaller image or a nearer registry helps"
            ),
            Who::Admin,
        )]);
    match node {
        Some(node) => finding.inspect(NextCommand::on(node, ["crictl", "pull", &image])),
        None => finding,
    }
}

fn headline(is_timed: bool, known: bool) -> Sentence {
    if !is_timed {
        return say!(
            "image-pull-slow.untimed",
            "{node} is pulling {image}, and nothing says since when, or that it fails[; elsewhere that took {took}][, of {size}]"
        );
    }
    if known {
        return say!(
            "image-pull-slow.longer",
            "{node} has been pulling {image} for {since}: elsewhere that took {took}[, of {size}]"
        );
    }
    say!(
        "image-pull-slow.headline",
        "{node} has been pulling {image} for {since}, and nothing says that it fails"
    )
}

/// The last pull of the same image that has gone well, on whatever node.
type Known = Option<(Pulled, Evidence)>;

fn known(case: &Case<'_>, image: &str) -> Known {
    let events = case.snapshot.events().iter();
    let of_image = events
        .filter(|event| event.reason == "Pulled")
        .filter_map(|event| {
            let pulled = pulled(&event.message)?;
            (pulled.image == image && pulled.seconds.is_some()).then_some((event, pulled))
        });
    let (event, pulled) = of_image.max_by_key(|(event, _)| (event.last, &*event.name))?;
    Some((pulled, case.event(event)))
}

/// How many other pods of the node wait for an image, too.
fn queue(case: &Case<'_>) -> usize {
    let events = case.snapshot.events();
    let Some(node) = case.pod().node() else {
        return 0;
    };
    let waits = |pod: &&PodView| {
        pod.containers()
            .any(|one| pull(pod, &one, events).is_some())
    };
    let question = format!("pods of {node:?} that wait for an image");
    let all: Arc<usize> = case.engine.shared(&question, || {
        let of_node = case.snapshot.store().whole_pods_on(node);
        of_node.filter(waits).count()
    });
    // this one waits as well
    all.saturating_sub(1)
}
