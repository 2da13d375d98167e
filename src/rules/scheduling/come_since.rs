//! What the scheduler missed when it last looked, and what is there by now: a claim, a device class.

use super::device_claims::bare;
use crate::kubernetes::claims::phase;
use crate::messages::scheduler::{ClaimProblem, Reason};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::retry;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::say;

/// The finding, if there is such an object.
pub(super) fn finding(case: &Case<'_>) -> Option<Finding> {
    let message = case.scheduling()?.scheduler_message.as_ref()?;
    let mut reasons = message.message.clauses.iter().map(|clause| &clause.reason);
    let object = reasons.find_map(|reason| there(case, reason))?;
    let headline = say!(
        "stale-verdict.came-since",
        "{kind} {name}, which the scheduler did not find, exists now[; it last spoke {age} ago]"
    );
    let there = case.field_of(object.clone(), "metadata.name", &object.name);
    let finding = Finding::new(case.subject(), headline, message.quote.clone())
        .certainty(Certainty::Possible)
        .evidence([there])
        .fact("kind", object.kind.as_str())
        .fact("name", object.name.as_str())
        .fact_if("age", retry::silent(case))
        .why(say!(
            "stale-verdict.came-since-why",
            "an unschedulable pod is tried again when what it waits for comes, and after five minutes at the latest"
        ))
        .fix([retry::look_again(case)])
        .inspect(case.kubectl(["get", &case.object().argument(), "-o", "wide"]));
    Some(finding)
}

/// What a reason says is not there, and is.
fn there(case: &Case<'_>, reason: &Reason) -> Option<ObjectRef> {
    let (namespace, snapshot) = (case.namespace(), case.snapshot);
    match reason {
        Reason::DeviceClaim(ClaimProblem::Missing(name)) => {
            let name = bare(name);
            snapshot.resource_claims().get(namespace, name).yes()?;
            Some(ObjectRef::new(Kind::ResourceClaim, namespace, name))
        }
        Reason::DeviceClaim(ClaimProblem::ClassMissing(class)) => {
            snapshot.device_classes().get("", class).yes()?;
            Some(ObjectRef::new(Kind::DeviceClass, "", class))
        }
        // one without a volume has its own cause
        Reason::ClaimMissing(name) => {
            let claim = snapshot.claims().get(namespace, name).yes()?;
            let is_bound = phase(claim) == "Bound";
            is_bound.then(|| ObjectRef::new(Kind::PersistentVolumeClaim, namespace, name))
        }
        _ => None,
    }
}
