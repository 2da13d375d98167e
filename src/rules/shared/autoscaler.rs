//! What a HorizontalPodAutoscaler has to do with how many pods a workload has, by its own status.
//!
//! Source: pkg/controller/podautoscaler/horizontal.go, 1.37. At its minimum it has what it wants; at its maximum only where it
//! says that it would want more.

use crate::snapshot::{Autoscaler, Evidence, Kind, ObjectRef, Snapshot, WorkloadCondition};
use crate::text::{Message, Seconds, Sentence, say};
use jiff::Timestamp;

/// A sentence and what shows it.
pub(crate) type Told = (Message, Evidence);

/// That it does not give a workload the pods that its load asks for.
pub(crate) fn trouble(workload: &ObjectRef, snapshot: &Snapshot<'_>) -> Option<Told> {
    let (object, autoscaler) = of(workload, snapshot)?;
    let (sentence, condition) = condition(autoscaler)?;
    let reason = condition.reason.as_deref();
    let words = condition.message.as_deref().or(reason).unwrap_or_default();
    let path = format!("status.conditions[{}].message", condition.r#type);
    let message = Message::new(sentence)
        .fact("autoscaler", object.argument())
        .fact("most", autoscaler.most)
        .fact_if("reason", reason);
    Some((message, Evidence::of_field(object, path, words)))
}

/// That it numbers the pods of a workload otherwise than somebody else does, or has done so since then; else its trouble.
pub(crate) fn at_odds(
    workload: &ObjectRef,
    wanted: i64,
    since: Option<Timestamp>,
    snapshot: &Snapshot<'_>,
) -> Option<Told> {
    let (object, autoscaler) = of(workload, snapshot)?;
    let named = |sentence| Message::new(sentence).fact("autoscaler", object.argument());
    let most = autoscaler.most;
    if (1..wanted).contains(&most) {
        let message = named(say!(
            "autoscaler.allows-fewer",
            "{autoscaler} allows {most} {most|pod|pods} at most, and {wanted} are asked for"
        ));
        let message = message.fact("most", most).fact("wanted", wanted);
        let proof = Evidence::of_field(object, "spec.maxReplicas", most.to_string());
        return Some((message, proof));
    }
    let scaled = autoscaler.scaled.zip(since);
    if let Some((scaled, _)) = scaled.filter(|(scaled, since)| scaled >= since) {
        let message = named(say!(
            "autoscaler.rescaled",
            "{autoscaler} changed its size to {size} meanwhile, {ago} ago"
        ));
        let message = message
            .fact("size", autoscaler.desired)
            .fact("ago", Seconds(snapshot.seconds_since(scaled)));
        let proof = Evidence::of_field(object, "status.lastScaleTime", scaled.to_string());
        return Some((message, proof));
    }
    trouble(workload, snapshot)
}

/// When the newest template of a Deployment came, by its ReplicaSets.
pub(crate) fn newest_template(
    deployment: &ObjectRef,
    snapshot: &Snapshot<'_>,
) -> Option<Timestamp> {
    let owner = (deployment.kind.clone(), deployment.name.clone());
    let sets = snapshot.store().replica_sets();
    let sets = sets.seen_in(deployment.namespace.as_deref()?);
    let own = sets.filter(|(_, set)| set.controller.as_ref() == Some(&owner));
    let (_, newest) = own.max_by_key(|(_, set)| set.revision)?;
    newest.created
}

/// The one that scales this workload.
fn of<'s>(workload: &ObjectRef, snapshot: &'s Snapshot<'_>) -> Option<(ObjectRef, &'s Autoscaler)> {
    let namespace = workload.namespace.as_deref()?;
    let mut all = snapshot.store().autoscalers().seen_in(namespace);
    let target = |it: &Autoscaler| it.target == (workload.kind.clone(), workload.name.clone());
    let (name, autoscaler) = all.find(|(_, autoscaler)| target(autoscaler))?;
    let object = ObjectRef::new(Kind::HorizontalPodAutoscaler, namespace, name);
    Some((object, autoscaler))
}

fn condition(autoscaler: &Autoscaler) -> Option<(Sentence, &WorkloadCondition)> {
    let conditions = &autoscaler.conditions;
    let stands = |kind: &str, status: &str| {
        let mut all = conditions.iter();
        all.find(|it| it.r#type == kind && it.status == status)
    };
    let is = |condition: &WorkloadCondition, reason| condition.reason.as_deref() == Some(reason);
    if let Some(unable) = stands("AbleToScale", "False") {
        let sentence = say!(
            "autoscaler.unable",
            "{autoscaler} cannot set how many pods it has[ ({reason})]"
        );
        return Some((sentence, unable));
    }
    // what wants no pods is not scaled
    let blind = stands("ScalingActive", "False").filter(|it| !is(it, "ScalingDisabled"));
    if let Some(blind) = blind {
        let sentence = say!(
            "autoscaler.blind",
            "{autoscaler} does not know how many pods it needs[ ({reason})], so their number stays as it is"
        );
        return Some((sentence, blind));
    }
    let full = stands("ScalingLimited", "True").filter(|it| is(it, "TooManyReplicas"))?;
    let sentence = say!(
        "autoscaler.full",
        "{autoscaler} would give it more pods than the {most} that it allows at most"
    );
    Some((sentence, full))
}
