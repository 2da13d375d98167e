//! What can be wrong with a ResourceClaim, in words.

use crate::kubernetes::shell;
use crate::messages::scheduler::ClaimProblem;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::text::{Sentence, say};

/// What is wrong.
pub(super) fn headline(problem: &ClaimProblem) -> Sentence {
    sentences(problem).0
}

/// The finding with how it comes about and what to change.
pub(super) fn explained(problem: &ClaimProblem, finding: Finding) -> Finding {
    let (_, why, change, who) = sentences(problem);
    finding
        .why(why)
        .refers_to_quotes()
        .fix([Fix::advice(change, who)])
}

/// What shows what is missing.
pub(super) fn inspect(problem: &ClaimProblem, case: &Case<'_>) -> String {
    match problem {
        ClaimProblem::ClassMissing(_) => shell::cluster(["get", "deviceclasses"]),
        ClaimProblem::NoDevice => shell::cluster(["get", "resourceslices"]),
        ClaimProblem::NotCreated => case.kubectl(["get", "resourceclaimtemplates"]),
        _ => case.kubectl(["get", "resourceclaims"]),
    }
}

/// Headline, why, change, and who makes it.
fn sentences(problem: &ClaimProblem) -> (Sentence, Sentence, Sentence, Who) {
    match problem {
        ClaimProblem::NotCreated => (
            say!(
                "dra-claim.not-created",
                "the ResourceClaim of the pod has not been created from its template[ {template}]"
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
                "{claims|ResourceClaim|ResourceClaims} {claims} {claims|is|are} in use[ by {users}], and no more pods may share {claims|it|them}"
            ),
            say!(
                "dra-claim.in-use-why",
                "a claim whose devices are not shareable serves one pod at a time, any other 256 at most"
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
                "no free device satisfies {claims|ResourceClaim|ResourceClaims} {claims} on {anywhere}"
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
                "{claims|ResourceClaim|ResourceClaims} {claims} {claims|is|are} allocated for another node, which rules out {share}"
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
                "the pod's {claims|ResourceClaim|ResourceClaims} cannot be satisfied as written: {said}"
            ),
            say!(
                "dra-claim.invalid-why",
                "the allocator refuses the request or the selector itself, whatever devices there are"
            ),
            say!(
                "dra-claim.correct-claim",
                "correct what the scheduler's message names, in the claim, its template or its DeviceClass"
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
