//! No address is left for the pod: the node's range, the subnet or the machine's network interfaces are used up.
//!
//! Sources: host-local `backend/allocator` and its folder /var/lib/cni/networks; AWS VPC CNI `docs/troubleshooting.md`; Calico
//! `libcalico-go/lib/ipam`; Azure CNI `cns`.

use super::{SEEN_AS, neighbours};
use crate::messages::form::contains;
use crate::messages::sandbox::SandboxFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::failed_sandbox::{self, FailedSandbox};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::PodRecord;
use crate::text::{Sentence, say};

/// `ip-exhausted`
pub static RULE: Rule = Rule {
    cause: "ip-exhausted",
    layer: Layer::Network,
    title: "no IP address is left for the pod",
    seen_as: SEEN_AS,
    explanation: include_str!("ip_exhausted.md"),
    reads: &[],
    refines: &["sandbox-error"],
    root: Root::Facts(say!(
        "ip-exhausted.root",
        "no IP address is left for pods on {node}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let failed = failed_sandbox::find(case);
    let finding = failed.and_then(|failed| match &failed.failure {
        SandboxFailure::IpExhausted { range } => Some(finding(&failed, range.as_ref())),
        _ => None,
    });
    finding.into_iter().collect()
}

fn finding(failed: &FailedSandbox<'_>, range: Option<&(String, String)>) -> Finding {
    let headline = match range {
        Some(_) => say!(
            "ip-exhausted.of-range",
            "no IP address is left for pods on {node}: all of {first}-{last} are taken"
        ),
        None => say!(
            "ip-exhausted.headline",
            "no IP address is left for pods on {node}: {message}"
        ),
    };
    let finding = failed
        .finding(headline)
        .fact_if("first", range.map(|(first, _)| first.as_str()))
        .fact_if("last", range.map(|(_, last)| last.as_str()));
    let leaked = range.and_then(|range| leaked(failed, range));
    if let Some((addresses, pods)) = leaked {
        return finding
            .fact("addresses", i64::from(addresses))
            .fact("pods", pods)
            .why(say!(
                "ip-exhausted.leaked-why",
                "the range holds {addresses} addresses, and {pods|one pod with an address of its own is|{pods} pods with addresses of their own are} on {node}: the others are leases of pods that are gone"
            ))
            .inspect(failed.case.on_node(["crictl", "pods"]))
            .fix([Fix::advice(
                say!(
                    "ip-exhausted.delete-leases",
                    "delete the leases below /var/lib/cni/networks on {node} whose pods are gone: each file is named by its address"
                ),
                Who::Admin,
            )]);
    }
    neighbours::told(failed, finding).fix([Fix::advice(advice(&failed.event.message), Who::Admin)])
}

/// How many addresses the range has, and how many pods there have one, where that is less than half.
fn leaked(failed: &FailedSandbox<'_>, range: &(String, String)) -> Option<(u32, usize)> {
    let case = failed.case;
    let addresses = number(&range.1)?
        .checked_sub(number(&range.0)?)?
        .checked_add(1)?;
    // pods of other namespaces count too
    case.snapshot.pods().whole_cluster().ok()?;
    let records = case.snapshot.pod_records();
    let on_node = records.on_node(case.pod().node()?);
    let own = |record: &PodRecord| {
        *record.name == *case.pod().name() && *record.namespace == *case.namespace()
    };
    let with_address =
        on_node.filter(|record| !records.footprint(record).host_network && !own(record));
    let pods = with_address.count();
    let is_few = u32::try_from(pods).is_ok_and(|pods| pods < addresses / 2);
    is_few.then_some((addresses, pods))
}

/// An IPv4 address as a number; of IPv6 no range is ever used up.
fn number(address: &str) -> Option<u32> {
    let parts: Option<Vec<u8>> = address.split('.').map(|part| part.parse().ok()).collect();
    parts?.try_into().ok().map(u32::from_be_bytes)
}

/// What makes room, by whose words they are.
fn advice(message: &str) -> Sentence {
    if contains(message, "failed to assign an IP address to container") {
        return say!(
            "ip-exhausted.aws",
            "free addresses in the node's subnet or give it another one, turn prefix delegation on, or lower the node's max-pods: a machine has as many as its network interfaces may have"
        );
    }
    if contains(message, "affine blocks") || contains(message, "Assigned 0 out of") {
        return say!(
            "ip-exhausted.calico",
            "give Calico a larger IPPool or one more, or free blocks that nodes which are gone still hold (calicoctl ipam check)"
        );
    }
    if contains(message, "range set") || contains(message, "available in network") {
        return say!(
            "ip-exhausted.range",
            "give each node a larger range of pod addresses, or lower max-pods below its size; leases of pods that are gone lie below /var/lib/cni/networks"
        );
    }
    say!(
        "ip-exhausted.subnet",
        "give the network plugin more addresses: a larger subnet or pool, or one more"
    )
}
