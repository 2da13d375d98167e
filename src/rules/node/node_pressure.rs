//! Nodes that could take the pod are short of memory, disk or process ids.

use super::state_taints::{find, with_conditions};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::taint_meaning::Meaning;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::scheduler::Filter;
use crate::snapshot::Kind;
use crate::text::{Sentence, say};

/// `node-pressure`
pub static RULE: Rule = Rule {
    cause: "node-pressure",
    layer: Layer::Node,
    title: "nodes that could take the pod are short of memory, disk or process ids",
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "MemoryPressure",
        "DiskPressure",
        "PIDPressure",
        "NodeHasInsufficientMemory",
        "NodeHasDiskPressure",
        "NodeHasInsufficientPID",
        "EvictionThresholdMet",
    ],
    explanation: include_str!("node_pressure.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some((matched, meanings)) = find(case, Meaning::is_pressure) else {
        return Vec::new();
    };
    let mut short = meanings.iter().filter_map(|meaning| resource(*meaning));
    let finding = matched
        .finding(
            case,
            say!(
                "node-pressure.headline",
                "a shortage of {short}[, {second}][ and {last}] keeps the pod off {where}"
            ),
        )
        .fact_if("short", short.next())
        .fact_if("last", short.next_back())
        .fact_if("second", short.next())
        .why(say!(
            "node-pressure.why",
            "the kubelet takes no new pods while it is short, and for some minutes after"
        ))
        .fix(meanings.iter().filter_map(|meaning| advice(*meaning)));
    let finding = with_conditions(case, &matched, finding);
    vec![matched.close(case, finding, Filter::TaintToleration)]
}

/// What the nodes are short of.
fn resource(meaning: Meaning) -> Option<Sentence> {
    match meaning {
        Meaning::MemoryPressure => Some(say!("node-pressure.memory", "memory")),
        Meaning::DiskPressure => Some(say!("node-pressure.disk", "disk")),
        Meaning::PidPressure => Some(say!("node-pressure.pids", "process ids")),
        _ => None,
    }
}

fn advice(meaning: Meaning) -> Option<Fix> {
    let change = match meaning {
        Meaning::MemoryPressure => {
            say!(
                "node-pressure.find-memory-users",
                "find the pods there that use more memory than they request"
            )
        }
        Meaning::DiskPressure => {
            say!(
                "node-pressure.free-disk",
                "free space on the disks there: images, logs, emptyDir volumes"
            )
        }
        Meaning::PidPressure => {
            say!(
                "node-pressure.find-process-spawner",
                "find the pod there that starts too many processes"
            )
        }
        _ => return None,
    };
    Some(Fix::advice(change, Who::Admin))
}
