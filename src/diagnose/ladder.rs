//! The ladder: which layers an object has passed, and by what evidence. The first that is not passed is the one to check next.

use crate::report::{Rung, RungState};
use crate::rules::Case;
use crate::text::{Message, say};
use crate::triage::{Layer, Passage, Subject};

/// The layers of an object that is stuck at `stuck`; for an unexplained one, at the first layer not passed.
pub(super) fn ladder<'a, S: Subject<'a>>(case: &Case<'a, S>, stuck: Option<Layer>) -> Vec<Rung> {
    let is_shown = |layer: &Layer| *layer != Layer::Removal || stuck == Some(Layer::Removal);
    let mut reached = true;
    let mut rungs = Vec::new();
    for layer in S::LAYERS.iter().copied().filter(is_shown) {
        let passed = case.it.passed(case.snapshot, layer, stuck);
        let (state, by) = match (passed, stuck) {
            (_, Some(at)) if at == layer => (RungState::Stuck, None),
            (Some(by), Some(at)) if layer < at => (RungState::Passed, Some(by)),
            (None, Some(at)) if layer < at && case.it.is_before(layer) => {
                (RungState::NotReached, None)
            }
            (None, Some(at)) if layer < at => (RungState::Unknown, None),
            (Some(by), None) if reached => (RungState::Passed, Some(by)),
            (None, None) if reached => (RungState::Stuck, None),
            _ => (RungState::NotReached, None),
        };
        reached &= state == RungState::Passed;
        let message = by.as_ref().map(message);
        rungs.push(Rung {
            layer,
            state,
            by: message.as_ref().map(Message::english).unwrap_or_default(),
            message,
        });
    }
    rungs
}

/// The layer to check next: the first that is not passed.
pub(super) fn next_layer(rungs: &[Rung]) -> Layer {
    let stuck = rungs.iter().find(|rung| rung.state == RungState::Stuck);
    stuck
        .or_else(|| rungs.iter().find(|rung| rung.state != RungState::Passed))
        .map_or(Layer::Service, |rung| rung.layer)
}

fn message(passage: &Passage) -> Message {
    let node = |sentence, node: &str| Message::new(sentence).fact("node", node);
    match passage {
        Passage::Created(Some(controller)) => {
            Message::new(say!("ladder.created-by", "created by {controller}"))
                .fact("controller", controller.argument())
        }
        Passage::Created(None) => say!("ladder.created", "created").into(),
        Passage::Bound(name) => node(say!("ladder.bound", "bound to {node}"), name),
        Passage::Accepted(name, true) => node(
            say!(
                "ladder.accepted-ready",
                "accepted by the kubelet of {node}, which is Ready"
            ),
            name,
        ),
        Passage::Accepted(name, false) => node(
            say!("ladder.accepted", "accepted by the kubelet of {node}"),
            name,
        ),
        Passage::MountedBeforeSandbox => {
            say!("ladder.mounted", "mounted before the sandbox was made").into()
        }
        Passage::MountedBeforeSandboxTried => say!(
            "ladder.mounted-tried",
            "mounted before the kubelet tried to make the sandbox"
        )
        .into(),
        Passage::Address(address) => {
            Message::new(say!("ladder.address", "has the address {address}"))
                .fact("address", address.as_str())
        }
        Passage::SandboxReady => say!("ladder.sandbox-ready", "its sandbox is ready").into(),
        Passage::SandboxMade => say!("ladder.sandbox-made", "its sandbox was made").into(),
        Passage::ImagesPulled => say!("ladder.images", "every image is on the node").into(),
        Passage::ContainersStarted => {
            say!("ladder.containers-started", "every container has been up").into()
        }
        Passage::ContainersUp => say!("ladder.containers-up", "every container is up").into(),
        Passage::Ready => say!("ladder.ready", "ready").into(),
    }
}
