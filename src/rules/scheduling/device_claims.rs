//! The ResourceClaims of a pod, and whether they are as the scheduler says.
//!
//! Source: kube-scheduler `framework/plugins/dynamicresources` (1.37). Which device fits is written in expressions that only the
//! scheduler evaluates, so nothing here tells whether there is one.

use crate::kubernetes::device_claims::{NamedClaim, named};
use crate::messages::scheduler::ClaimProblem;
use crate::rules::Case;
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, ObjectRef, ResourceClaim, Seen};

/// The most users of a claim that are quoted.
const USERS: usize = 3;

/// The field with which the pod names a claim.
pub(super) fn field(case: &Case<'_>, claim: &NamedClaim<'_>) -> Evidence {
    let path = format!("spec.resourceClaims[{}]", claim.name);
    case.field(path, describe(claim))
}

/// `ResourceClaim gpu-x7k (ResourceClaimTemplate gpu)`
fn describe(claim: &NamedClaim<'_>) -> String {
    match (claim.object, claim.template) {
        (Some(object), None) => format!("ResourceClaim {object}"),
        (Some(object), Some(template)) => {
            format!("ResourceClaim {object} (ResourceClaimTemplate {template})")
        }
        (None, Some(template)) => format!("ResourceClaimTemplate {template}"),
        (None, None) => claim.name.to_owned(),
    }
}

/// The claims that the pod names.
pub(super) fn of_pod<'a>(case: &Case<'a>) -> Vec<NamedClaim<'a>> {
    named(case.pod().spec(), Some(case.pod().status())).collect()
}

/// What the objects that were read say of the scheduler's message.
pub(super) enum Confirmation {
    /// It holds, and this shows it.
    Shown(Vec<Evidence>),
    /// It is out of date.
    Refuted,
    /// They were not read, or tell nothing about it.
    Unknown,
}

/// A name without the namespace and the quotation marks that some texts put around it.
pub(super) fn bare(name: &str) -> &str {
    let name = name.trim_matches('"');
    name.rsplit('/').next().unwrap_or(name)
}

/// Compares the objects with what the scheduler says.
pub(super) fn confirm(
    case: &Case<'_>,
    claims: &[NamedClaim<'_>],
    problem: &ClaimProblem,
) -> Confirmation {
    match problem {
        ClaimProblem::Missing(name) => match claim(case, bare(name)) {
            Seen::No => Confirmation::Shown(vec![case.absence(object(case, bare(name)))]),
            Seen::Yes(_) => Confirmation::Refuted,
            Seen::Unknown(_) => Confirmation::Unknown,
        },
        ClaimProblem::Terminating(name) => when(case, bare(name), |claim| {
            claim
                .terminating
                .then(|| ("metadata.deletionTimestamp", "being deleted".to_owned()))
        }),
        ClaimProblem::NotOwned(name) => when(case, bare(name), |claim| {
            let other = claim.made_for.as_deref() != case.pod().uid();
            let maker = claim
                .made_for
                .clone()
                .unwrap_or_else(|| "nobody".to_owned());
            other.then_some(("metadata.ownerReferences[controller].uid", maker))
        }),
        ClaimProblem::ClassMissing(class) => match case.snapshot.device_classes().get("", class) {
            Seen::No => Confirmation::Shown(vec![case.absence(ObjectRef::new(
                Kind::DeviceClass,
                "",
                class,
            ))]),
            Seen::Yes(_) => Confirmation::Refuted,
            Seen::Unknown(_) => Confirmation::Unknown,
        },
        ClaimProblem::InUse => in_use(case, claims),
        ClaimProblem::NotCreated
        | ClaimProblem::Allocating(_)
        | ClaimProblem::NoDevice
        | ClaimProblem::OtherNode
        | ClaimProblem::Invalid
        | ClaimProblem::Timeout => Confirmation::Unknown,
    }
}

/// A ResourceClaim of the pod's namespace.
pub(super) fn claim<'a>(case: &Case<'a>, name: &str) -> Seen<'a, &'a ResourceClaim> {
    case.snapshot.resource_claims().get(case.namespace(), name)
}

/// The claim as an object.
pub(super) fn object(case: &Case<'_>, name: &str) -> ObjectRef {
    ObjectRef::new(Kind::ResourceClaim, case.namespace(), name)
}

/// What a field of the claim shows, if the claim was read.
fn when(
    case: &Case<'_>,
    name: &str,
    shows: impl Fn(&ResourceClaim) -> Option<(&'static str, String)>,
) -> Confirmation {
    match claim(case, name) {
        Seen::Yes(claim) => match shows(claim) {
            Some((path, quote)) => {
                Confirmation::Shown(vec![case.field_of(object(case, name), path, quote)])
            }
            None => Confirmation::Refuted,
        },
        Seen::No => Confirmation::Refuted,
        Seen::Unknown(_) => Confirmation::Unknown,
    }
}

/// Who has them, as far as they were read.
pub(super) fn users(case: &Case<'_>, claims: &[NamedClaim<'_>]) -> Option<Vec<String>> {
    let names = claims.iter().filter_map(|claim| claim.object);
    let read = names.filter_map(|name| claim(case, name).yes());
    let users = read.flat_map(|claim| &claim.reserved_for);
    let others = users.filter(|user| Some(user.uid.as_str()) != case.pod().uid());
    let name = |resource: &str, name: &str| match resource {
        "pods" => format!("pod {name}"),
        _ => format!("{resource} {name}"),
    };
    let users: Vec<String> = others
        .take(USERS)
        .map(|user| name(&user.resource, &user.name))
        .collect();
    (!users.is_empty()).then_some(users)
}

/// Who has the claims that the pod may not share.
fn in_use(case: &Case<'_>, claims: &[NamedClaim<'_>]) -> Confirmation {
    let names = claims.iter().filter_map(|claim| claim.object);
    let read: Vec<(&str, &ResourceClaim)> = names
        .filter_map(|name| Some((name, claim(case, name).yes()?)))
        .collect();
    let mut users = Vec::new();
    for (name, claim) in &read {
        let others = claim
            .reserved_for
            .iter()
            .filter(|user| Some(user.uid.as_str()) != case.pod().uid());
        users.extend(others.take(USERS).map(|user| {
            let path = "status.reservedFor";
            let quote = format!("{} {}", user.resource, user.name);
            case.field_of(object(case, name), path, quote)
        }));
    }
    match (users.is_empty(), read.len() == claims.len()) {
        (false, _) => Confirmation::Shown(users),
        (true, true) => Confirmation::Refuted,
        (true, false) => Confirmation::Unknown,
    }
}
