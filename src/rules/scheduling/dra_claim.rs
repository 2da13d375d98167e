//! A ResourceClaim keeps the pod from a node: it is not there, not allocated, or in use.

use super::device_claims::{self, Confirmation, bare, confirm};
use super::message_only;
use crate::kubernetes::device_claims::NamedClaim;
use crate::messages::scheduler::{self, ClaimProblem, Reason};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Kind;
use crate::text::{Sentence, say};

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
    let finding = from_message(case, &claims)
        .or_else(|| absent(case, &claims))
        .or_else(|| not_created(case, &claims));
    let Some(finding) = finding else {
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
            .inspect(case.kubectl(["get", "resourceclaims"])),
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

/// What the scheduler says, unless the objects show that it is out of date.
fn from_message(case: &Case<'_>, claims: &[NamedClaim<'_>]) -> Option<Finding> {
    let only = message_only::find(case, |reason| problem(reason).is_some())?;
    let problem = problem(&only.clause.reason)?;
    let confirmation = confirm(case, claims, &problem);
    if matches!(confirmation, Confirmation::Refuted) {
        return None;
    }
    let (headline, why, change, who) = sentences(&problem);
    let is_creation = matches!(problem, ClaimProblem::NotCreated | ClaimProblem::Missing(_));
    let finding = only
        .finding(case, headline)
        .why(why)
        .refers_to_quotes()
        .fix([Fix::advice(change, who)]);
    let finding = match problem {
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
    Some(finding.evidence(event.map(|event| case.event(event))))
}

/// Headline, why, change, and who makes it.
fn sentences(problem: &ClaimProblem) -> (Sentence, Sentence, Sentence, Who) {
    match problem {
        ClaimProblem::NotCreated => (
            say!(
                "dra-claim.not-created",
                "the ResourceClaim of the pod has not been created from its template"
            ),
            say!(
                "dra-claim.not-created-why",
                "the resourceclaim controller creates it; its event on the pod, which is kept for an hour, says why it has not"
            ),
            say!(
                "dra-claim.check-template",
                "look whether the ResourceClaimTemplate[ {template}] exists in the pod's namespace"
            ),
            Who::Owner,
        ),
        ClaimProblem::Missing(_) => (
            say!(
                "dra-claim.missing",
                "the ResourceClaim {claim} does not exist"
            ),
            say!(
                "dra-claim.missing-why",
                "a claim that is named, rather than made from a template, has to be there before the pod"
            ),
            say!(
                "dra-claim.create-claim",
                "create the ResourceClaim {claim}, or name one that exists"
            ),
            Who::Owner,
        ),
        ClaimProblem::Terminating(_) => (
            say!(
                "dra-claim.terminating",
                "the ResourceClaim {claim} is being deleted"
            ),
            say!(
                "dra-claim.terminating-why",
                "a claim that is being deleted takes no new pod; it goes once nobody uses it"
            ),
            say!(
                "dra-claim.create-claim-anew",
                "wait until {claim} is gone and create it anew, or name another"
            ),
            Who::Owner,
        ),
        ClaimProblem::NotOwned(_) => (
            say!(
                "dra-claim.not-owned",
                "the ResourceClaim {claim} belongs to another pod"
            ),
            say!(
                "dra-claim.not-owned-why",
                "a claim of this name was not made for this pod, most often for an earlier one of its name"
            ),
            say!(
                "dra-claim.delete-claim",
                "delete the ResourceClaim {claim}, if nothing uses it, so that it is made anew"
            ),
            Who::Owner,
        ),
        ClaimProblem::InUse => (
            say!(
                "dra-claim.in-use",
                "a ResourceClaim of the pod is in use, and no more pods may share it"
            ),
            say!(
                "dra-claim.in-use-why",
                "a claim serves a limited number of pods at a time, 256 at most"
            ),
            say!(
                "dra-claim.use-a-template",
                "let the other pods end, or give the pod a claim of its own by a template"
            ),
            Who::Owner,
        ),
        ClaimProblem::Allocating(_) => (
            say!(
                "dra-claim.allocating",
                "the ResourceClaim {claim} is being allocated for another pod"
            ),
            say!(
                "dra-claim.allocating-why",
                "that takes seconds; where it stays so, the binding of the other pod hangs"
            ),
            say!(
                "dra-claim.inspect-other-pods",
                "look at the other pods that name {claim}"
            ),
            Who::Owner,
        ),
        ClaimProblem::ClassMissing(_) => (
            say!(
                "dra-claim.class-missing",
                "the DeviceClass {class} does not exist"
            ),
            say!(
                "dra-claim.class-missing-why",
                "a claim asks for devices by a class, which the driver's installation brings"
            ),
            say!(
                "dra-claim.install-driver",
                "install the driver that brings {class}, or name a class that exists"
            ),
            Who::Admin,
        ),
        ClaimProblem::NoDevice => (
            say!(
                "dra-claim.no-device",
                "no free device satisfies the pod's ResourceClaims on {anywhere}"
            ),
            say!(
                "dra-claim.no-device-why",
                "the devices there are taken, or none has what the selectors of the claim or its class ask for"
            ),
            say!(
                "dra-claim.compare-devices",
                "compare the claim's requests with the devices in the ResourceSlices of these nodes, and with the claims that hold them"
            ),
            Who::Owner,
        ),
        ClaimProblem::OtherNode => (
            say!(
                "dra-claim.other-node",
                "a ResourceClaim of the pod is allocated for another node, which closes {share}"
            ),
            say!(
                "dra-claim.other-node-why",
                "once its devices are chosen, a claim binds every pod that names it to where they are"
            ),
            say!(
                "dra-claim.go-to-the-claim",
                "let the pod go where the claim is, or give it a claim of its own by a template"
            ),
            Who::Owner,
        ),
        ClaimProblem::Invalid => (
            say!(
                "dra-claim.invalid",
                "a ResourceClaim of the pod cannot be satisfied as it is written"
            ),
            say!(
                "dra-claim.invalid-why",
                "the allocator refuses the request or the selector itself, whatever devices there are"
            ),
            say!(
                "dra-claim.correct-claim",
                "mend what the scheduler's message names in the claim, its template or its DeviceClass"
            ),
            Who::Owner,
        ),
        ClaimProblem::Timeout => (
            say!(
                "dra-claim.timeout",
                "the devices of the pod's ResourceClaims were not ready in time"
            ),
            say!(
                "dra-claim.timeout-why",
                "the scheduler gives up and tries again; a driver that has to prepare devices may be slow or down"
            ),
            say!(
                "dra-claim.inspect-driver",
                "look at the driver's controller and at the claim's status"
            ),
            Who::Admin,
        ),
    }
}

/// A claim that is named and not there, of which the scheduler leaves no trace (PreEnqueue since 1.34).
fn absent(case: &Case<'_>, claims: &[NamedClaim<'_>]) -> Option<Finding> {
    let refused = case.pod().condition("PodScheduled").is_some();
    let is_absent = |name: &&str| device_claims::claim(case, name).is_absent();
    let mut named = claims.iter().filter_map(|claim| claim.object);
    let name = named.find(is_absent).filter(|_| !refused)?;
    let (headline, why, change, who) = sentences(&ClaimProblem::Missing(name.to_owned()));
    let proof = case.absence(device_claims::object(case, name));
    Some(
        Finding::new(case.subject(), headline, proof)
            .fact("claim", name)
            .why(why)
            .fix([Fix::advice(change, who)]),
    )
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
    let (headline, why, change, who) = sentences(&ClaimProblem::NotCreated);
    let (proof, why, certainty) = match event {
        Some(event) => (
            case.event(event),
            say!(
                "dra-claim.creation-fails",
                "the resourceclaim controller creates it and says that it cannot; no scheduler looks at the pod before"
            ),
            Certainty::Likely,
        ),
        None => (
            device_claims::field(case, missing),
            why,
            Certainty::Possible,
        ),
    };
    Some(
        Finding::new(case.subject(), headline, proof)
            .certainty(certainty)
            .why(why)
            .refers_to_quotes()
            .fact_if("template", missing.template)
            .fix([Fix::advice(change, who)]),
    )
}
