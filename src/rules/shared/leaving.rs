//! Who takes nodes away, in words, and pods with them: from what pod, node and events themselves say.
//!
//! That `kubectl drain` was at work is told by nothing but its eviction, which any client of the API can ask for.

use crate::kubernetes::taints::{TaintText, untolerated};
use crate::messages::disruption::{self, Disruption, Evictor};
use crate::snapshot::{Event, Evidence, Kind, Leaving, Node, ObjectRef, PodView, Snapshot};
use crate::text::{Message, Sentence, say};
use jiff::Timestamp;

/// Seconds that an eviction may take: what evicts speaks first, and asks again while a budget refuses.
const EVICTING: i64 = 600;

/// Why a pod goes, or went, that had done nothing wrong.
pub(crate) struct Removal {
    /// As the pod says it; absent where only its node tells.
    pub(crate) disruption: Option<Disruption>,
    /// Who evicts it, where that is known.
    pub(crate) evictor: Option<Evictor>,
    /// Who takes its node away.
    pub(crate) leaving: Option<Leaving>,
    /// The taint of the node for which it has to go.
    taint: Option<String>,
    /// The node is cordoned.
    is_cordoned: bool,
    /// What shows it.
    pub(crate) proof: Vec<Evidence>,
}

impl Removal {
    /// A clause of the pod, or of its node.
    pub(crate) fn words(&self) -> Message {
        let sentence = match (self.disruption, self.leaving) {
            (None, Some(leaving)) => return words(leaving).into(),
            (Some(disruption), _) => self.sentence(disruption),
            (None, None) => EVICTED,
        };
        let known = Message::new(sentence)
            .fact_if("leaving", self.leaving.map(words))
            .fact_if("taint", self.taint.clone())
            .fact_if("cordoned", self.is_cordoned.then_some(CORDONED));
        Message::with(sentence, &[&known.args])
    }

    fn sentence(&self, disruption: Disruption) -> Sentence {
        match disruption {
            Disruption::EvictedByApi if self.leaving.is_some() => EVICTED_AS,
            Disruption::EvictedByApi if self.evictor == Some(Evictor::Descheduler) => say!(
                "removed.descheduled",
                "it was evicted by the descheduler, for a better place"
            ),
            Disruption::EvictedByApi => EVICTED,
            Disruption::Tainted => say!(
                "removed.tainted",
                "it was deleted for a NoExecute taint of its node[, {taint}][: {leaving}]"
            ),
            Disruption::DeviceTainted => say!(
                "removed.device-tainted",
                "it was deleted for a NoExecute taint of its device"
            ),
            Disruption::PreemptedByScheduler => say!(
                "removed.preempted",
                "the scheduler had it deleted to make room for a pod of higher priority"
            ),
            Disruption::PreemptedByKubelet => say!(
                "removed.preempted-by-kubelet",
                "its kubelet ended it to make room for a critical pod"
            ),
            Disruption::Shutdown | Disruption::RefusedAtShutdown => {
                say!("removed.shutdown", "its node is shut down[: {leaving}]")
            }
            Disruption::NodeGone => say!("removed.node-gone", "its node was deleted"),
            Disruption::ByKubelet => {
                say!("removed.by-kubelet", "its kubelet ends it[: {leaving}]")
            }
        }
    }
}

const EVICTED_AS: Sentence = say!("removed.evicted-as", "it was evicted: {leaving}");
const EVICTED: Sentence = say!(
    "removed.evicted",
    "it was evicted by kubectl drain or another client of the eviction API[; {cordoned}]"
);
const CORDONED: Sentence = say!("removed.cordoned", "its node is cordoned");

/// A clause of the node.
pub(crate) fn words(leaving: Leaving) -> Sentence {
    match leaving {
        Leaving::ClusterAutoscaler => say!(
            "leaving.cluster-autoscaler",
            "the cluster autoscaler takes the node away"
        ),
        Leaving::Karpenter => say!("leaving.karpenter", "Karpenter takes the node away"),
        Leaving::Reclaimed => say!("leaving.reclaimed", "the cloud reclaims the spot node"),
        Leaving::Ended => say!("leaving.ended", "the cloud ends the node's machine"),
        Leaving::ScalingGroup => say!(
            "leaving.scaling-group",
            "the Auto Scaling group ends the node's machine"
        ),
        Leaving::Maintenance => say!(
            "leaving.maintenance",
            "the cloud has maintenance of the node's machine scheduled"
        ),
        Leaving::AtRisk => say!(
            "leaving.at-risk",
            "the cloud may soon reclaim the spot node, and it is emptied before"
        ),
        Leaving::AksRemedy => say!(
            "leaving.aks-remedy",
            "AKS repairs the node, or empties it for an event of its machine"
        ),
        Leaving::GivenUp => say!("leaving.given-up", "an administrator has given the node up"),
        Leaving::Off => say!(
            "leaving.off",
            "the cloud says that the node's machine is off"
        ),
    }
}

/// Who takes a node away, since when, and what shows it.
type Mark = (Leaving, Option<Timestamp>, Evidence);

/// Of this node.
pub(crate) fn of_node(name: &str, snapshot: &Snapshot<'_>) -> Option<Mark> {
    mark(name, snapshot.nodes().get("", name).yes()?)
}

fn mark(name: &str, node: &Node) -> Option<Mark> {
    let mark = node.leaving()?;
    let node = ObjectRef::new(Kind::Node, "", name);
    let quote = Evidence::of_field(node, mark.path, mark.quote);
    Some((mark.leaving, mark.since, quote))
}

/// Who takes all of these nodes away, with the mark of the first.
pub(crate) fn of_all<'n>(
    names: impl IntoIterator<Item = &'n str>,
    snapshot: &Snapshot<'_>,
) -> Option<(Leaving, Evidence)> {
    let mut marks = names.into_iter().map(|name| of_node(name, snapshot));
    let (leaving, _, quote) = marks.next()??;
    let is_same = |mark: Option<(Leaving, _, _)>| mark.is_some_and(|(other, ..)| other == leaving);
    marks.all(is_same).then_some((leaving, quote))
}

/// Why this pod goes or went, where something read tells it.
pub(crate) fn of_pod(pod: &PodView, snapshot: &Snapshot<'_>) -> Option<Removal> {
    let status = pod.status();
    let target = pod.condition("DisruptionTarget");
    let target = target.filter(|condition| condition.status == "True");
    let reason = target.and_then(|condition| condition.reason.as_deref());
    let [of_status, message] =
        [&status.reason, &status.message].map(|text| text.as_deref().unwrap_or_default());
    let disruption = disruption::read(of_status, message, reason);
    if disruption.is_none() && !of_status.is_empty() {
        return None;
    }
    let asked = target.and_then(|condition| condition.last_transition_time.as_ref());
    let deleted = pod.pod().metadata.deletion_timestamp.as_ref();
    let at = asked.or(deleted).map(|time| time.0);
    let told = evictor(pod, at, snapshot);
    let named = pod
        .node()
        .and_then(|name| Some((name, snapshot.nodes().get("", name).yes()?)));
    let node = named.map(|(_, node)| node);
    let mark = named.and_then(|(name, node)| mark(name, node));
    // what was marked after the pod had to go was not its end
    let mark = mark.filter(|(_, since, _)| at.zip(*since).is_none_or(|(at, since)| since <= at));
    let (evictor, by_event) = told.unzip();
    let leaving = match evictor {
        Some(Evictor::ClusterAutoscaler) => Some(Leaving::ClusterAutoscaler),
        Some(Evictor::Karpenter) => Some(Leaving::Karpenter),
        Some(Evictor::Descheduler) => None,
        None => mark.as_ref().map(|(leaving, ..)| *leaving),
    };
    let disruption = disruption.or(evictor.map(|_| Disruption::EvictedByApi));
    if disruption.is_none() && leaving.is_none() {
        return None;
    }
    let by_node = mark.filter(|(known, ..)| leaving == Some(*known));
    let by_pod = target.and_then(|condition| {
        let message = condition.message.as_deref();
        let words = message.filter(|message| !message.is_empty()).or(reason)?;
        let path = "status.conditions[DisruptionTarget].message";
        Some(Evidence::of_field(pod.object(), path, words))
    });
    let by_event = by_event.map(|event| Evidence::of_event(event, snapshot));
    let tainted = node.filter(|_| disruption == Some(Disruption::Tainted));
    Some(Removal {
        disruption,
        evictor,
        leaving,
        taint: tainted.and_then(|node| taint(pod, node)),
        is_cordoned: node.is_some_and(|node| node.unschedulable),
        proof: by_pod
            .into_iter()
            .chain(by_event)
            .chain(by_node.map(|(.., mark)| mark))
            .collect(),
    })
}

/// Who says that it evicts the pod, about when that was asked for.
fn evictor<'a>(
    pod: &'a PodView,
    at: Option<Timestamp>,
    snapshot: &'a Snapshot<'_>,
) -> Option<(Evictor, &'a Event)> {
    let events = snapshot.store().events();
    let mut newest_first = events.of(&pod.object(), pod.uid()).rev();
    newest_first.find_map(|event| {
        let (at, last) = at.zip(event.last)?;
        let evictor = disruption::evictor(&event.reason, &event.component, &event.message)?;
        (at.as_second() - last.as_second() <= EVICTING).then_some((evictor, event))
    })
}

/// The taint for which the pod may not stay.
fn taint(pod: &PodView, node: &Node) -> Option<String> {
    let tolerations = pod.spec().tolerations.as_deref().unwrap_or_default();
    let mut taints = untolerated(&node.taints, tolerations);
    let taint = taints.find(|taint| taint.effect == "NoExecute");
    taint.map(|taint| TaintText(taint).to_string())
}
