//! A HorizontalPodAutoscaler that does not give a workload the pods that its load asks for.
//!
//! Source: pkg/controller/podautoscaler/horizontal.go, 1.37. At its minimum it has what it wants; at its maximum only where it
//! says that it would want more.

use crate::report::Remark;
use crate::snapshot::{Autoscaler, Evidence, Kind, ObjectRef, Snapshot, WorkloadCondition};
use crate::text::{Message, Sentence, say};

/// What is said of the one that scales this workload.
pub(super) fn remark(workload: &ObjectRef, snapshot: &Snapshot<'_>) -> Option<Remark> {
    let namespace = workload.namespace.as_deref()?;
    let mut all = snapshot.store().autoscalers().seen_in(namespace);
    let target = |it: &Autoscaler| it.target == (workload.kind.clone(), workload.name.clone());
    let (name, autoscaler) = all.find(|(_, autoscaler)| target(autoscaler))?;
    let (sentence, condition) = trouble(autoscaler)?;
    let object = ObjectRef::new(Kind::HorizontalPodAutoscaler, namespace, name);
    let reason = condition.reason.as_deref();
    let words = condition.message.as_deref().or(reason).unwrap_or_default();
    let path = format!("status.conditions[{}].message", condition.r#type);
    let message = Message::new(sentence)
        .fact("autoscaler", object.argument())
        .fact("most", autoscaler.most)
        .fact_if("reason", reason);
    Some(Remark::new(
        message,
        Evidence::of_field(object, path, words),
    ))
}

fn trouble(autoscaler: &Autoscaler) -> Option<(Sentence, &WorkloadCondition)> {
    let conditions = &autoscaler.conditions;
    let stands = |kind: &str, status: &str| {
        let mut all = conditions.iter();
        all.find(|it| it.r#type == kind && it.status == status)
    };
    let is = |condition: &WorkloadCondition, reason| condition.reason.as_deref() == Some(reason);
    if let Some(unable) = stands("AbleToScale", "False") {
        let sentence = say!(
            "remark.autoscaler-unable",
            "{autoscaler} cannot set how many pods it has[ ({reason})]"
        );
        return Some((sentence, unable));
    }
    // what wants no pods is not scaled
    let blind = stands("ScalingActive", "False").filter(|it| !is(it, "ScalingDisabled"));
    if let Some(blind) = blind {
        let sentence = say!(
            "remark.autoscaler-blind",
            "{autoscaler} does not know how many pods it needs[ ({reason})], so their number stays as it is"
        );
        return Some((sentence, blind));
    }
    let full = stands("ScalingLimited", "True").filter(|it| is(it, "TooManyReplicas"))?;
    let sentence = say!(
        "remark.autoscaler-full",
        "{autoscaler} would give it more pods than the {most} that it allows at most"
    );
    Some((sentence, full))
}
