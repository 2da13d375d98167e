//! A ResourceClaim keeps the pod from a node: it is not there, not allocated, or in use.

use super::device_claims::{self, Confirmation, bare, confirm};
use super::{claim_problem, message_only};
use crate::kubernetes::device_claims::NamedClaim;
use crate::messages::scheduler::{self, ClaimProblem, Reason};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Kind;
use crate::text::say;

/// `dra-claim`
pub static RULE: Rule = Rule {
    cause: "dra-claim",
    layer: Layer::Scheduling,
    title: "a ResourceClaim of the pod cannot be satisfied",
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "FailedResourceClaimCreation",
        "FailedPrepareDynamicResources",
    ],
    explanation: include_str!("dra_claim.md"),
    reads: &[Kind::ResourceClaim, Kind::DeviceClass],
    refines: &["scheduler-error"],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// The plugin that speaks of claims.
const PLUGIN: &str = "DynamicResources";
/// Written by the resourceclaim controller about the pod (pkg/controller/resourceclaim/controller.go, 1.26 to 1.37).
const NOT_CREATED: &str = "FailedResourceClaimCreation";
/// Seconds that the controller may take.
const CREATION: i64 = 60;

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.pod().node().is_some() || case.pod().is_gated() {
        return Vec::new();
    }
    let claims = device_claims::of_pod(case);
    let listed = |kind: &str| case.kubectl(["get", kind]);
    let finding = from_message(case, &claims)
        .or_else(|| Some((absent(case, &claims)?, listed("resourceclaims"))))
        .or_else(|| {
            Some((
                not_created(case, &claims)?,
                listed("resourceclaimtemplates"),
            ))
        });
    let Some((finding, inspect)) = finding else {
        return Vec::new();
    };
    let names = claims
        .iter()
        .map(|claim| claim.object.unwrap_or(claim.name));
    let names: Vec<String> = names.map(str::to_owned).collect();
    vec![
        finding
            .evidence(claims.iter().map(|claim| device_claims::field(case, claim)))
            .fact("claims", names)
            .inspect(inspect),
    ]
}

/// What a clause says about a claim, also inside an error of the plugin.
fn problem(reason: &Reason) -> Option<ClaimProblem> {
    match reason {
        Reason::DeviceClaim(problem) => Some(problem.clone()),
        Reason::PluginError { plugin, error, .. } if plugin == PLUGIN => {
            match scheduler::parse(error).clauses.into_iter().next()?.reason {
                Reason::DeviceClaim(problem) => Some(problem),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The words about a claim, without those about the plugin.
fn said<'m>(reason: &'m Reason, text: &'m str) -> &'m str {
    match reason {
        Reason::PluginError { error, .. } => error,
        _ => text,
    }
}

/// What the scheduler says, unless the objects show that it is out of date.
fn from_message(case: &Case<'_>, claims: &[NamedClaim<'_>]) -> Option<(Finding, String)> {
    let only = message_only::find(case, |reason| problem(reason).is_some())?;
    let problem = problem(&only.clause.reason)?;
    let confirmation = confirm(case, claims, &problem);
    if matches!(confirmation, Confirmation::Refuted) {
        return None;
    }
    let is_creation = matches!(problem, ClaimProblem::NotCreated | ClaimProblem::Missing(_));
    let finding = only.finding(case, claim_problem::headline(&problem));
    let finding = claim_problem::explained(&problem, finding);
    let inspect = claim_problem::inspect(&problem, case);
    let finding = match problem {
        ClaimProblem::Invalid => finding.fact("said", said(&only.clause.reason, &only.clause.text)),
        ClaimProblem::InUse => finding.fact_if("users", device_claims::users(case, claims)),
        ClaimProblem::Missing(claim)
        | ClaimProblem::Terminating(claim)
        | ClaimProblem::NotOwned(claim)
        | ClaimProblem::Allocating(claim) => finding.fact("claim", bare(&claim)),
        ClaimProblem::ClassMissing(class) => finding.fact("class", class),
        _ => finding,
    };
    let finding = match confirmation {
        Confirmation::Shown(evidence) => finding.certainty(Certainty::Proven).evidence(evidence),
        Confirmation::Refuted | Confirmation::Unknown => finding,
    };
    let event = case.newest_event(&[NOT_CREATED]).filter(|_| is_creation);
    Some((
        finding.evidence(event.map(|event| case.event(event))),
        inspect,
    ))
}

/// A claim that is named and not there, of which the scheduler leaves no trace (PreEnqueue since 1.34).
fn absent(case: &Case<'_>, claims: &[NamedClaim<'_>]) -> Option<Finding> {
    let refused = case.pod().condition("PodScheduled").is_some();
    let is_absent = |name: &&str| device_claims::claim(case, name).is_absent();
    let mut named = claims.iter().filter_map(|claim| claim.object);
    let name = named.find(is_absent).filter(|_| !refused)?;
    let problem = ClaimProblem::Missing(name.to_owned());
    let proof = case.absence(device_claims::object(case, name));
    let finding = Finding::new(case.subject(), claim_problem::headline(&problem), proof);
    Some(claim_problem::explained(&problem, finding).fact("claim", name))
}

/// A scheduler says nothing about a pod whose claim is not there yet (PreEnqueue since 1.34): the pod's status lacks it.
fn not_created(case: &Case<'_>, claims: &[NamedClaim<'_>]) -> Option<Finding> {
    let missing = claims
        .iter()
        .find(|claim| claim.object.is_none() && claim.template.is_some())?;
    let decided = case.pod().status().resource_claim_statuses.iter().flatten();
    // the controller writes a status without a name where it found that no claim is needed
    let needless = decided
        .into_iter()
        .any(|status| status.name == missing.name);
    let age = case.seconds_since(case.pod().created()?);
    let silent = case.pod().condition("PodScheduled").is_none();
    let event = case.newest_event(&[NOT_CREATED]);
    if needless || event.is_none() && (!silent || age <= CREATION) {
        return None;
    }
    let (proof, certainty) = match event {
        Some(event) => (case.event(event), Certainty::Likely),
        None => (device_claims::field(case, missing), Certainty::Possible),
    };
    let problem = ClaimProblem::NotCreated;
    let is_absent = |template: &str| {
        let named = format!("resource claim template \"{template}\": ");
        let message = event
            .map(|event| event.message.as_str())
            .unwrap_or_default();
        message.contains(&named) && message.ends_with("not found")
    };
    if missing.template.is_some_and(is_absent) {
        let headline = say!(
            "dra-claim.template-missing",
            "the ResourceClaimTemplate {template} does not exist"
        );
        let change = say!(
            "dra-claim.create-template",
            "create the ResourceClaimTemplate {template}, or name one that exists"
        );
        let finding = Finding::new(case.subject(), headline, proof)
            .certainty(certainty)
            .fact_if("template", missing.template)
            .fix([Fix::advice(change, Who::Owner)]);
        return Some(finding);
    }
    let finding = Finding::new(case.subject(), claim_problem::headline(&problem), proof);
    let finding = claim_problem::explained(&problem, finding)
        .certainty(certainty)
        .fact_if("template", missing.template);
    Some(finding.when(event.is_some(), |finding| {
        finding.why(say!(
            "dra-claim.creation-fails",
            "the resourceclaim controller creates it and says that it cannot; no scheduler looks at the pod before"
        ))
    }))
}
