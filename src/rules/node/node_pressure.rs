//! Nodes that could take the pod are short of memory, disk or process ids.

use super::state_taints::{find, with_conditions};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::taint_meaning::Meaning;
use crate::rules::{Case, Check, Layer, Rule};
use crate::scheduler::Filter;
use crate::snapshot::Kind;

/// `node-pressure`
pub static RULE: Rule = Rule {
    cause: "node-pressure",
    layer: Layer::Node,
    title: "nodes that could take the pod are short of memory, disk or process ids",
    explanation: include_str!("node_pressure.md"),
    reads: &[Kind::Node],
    refines: &[],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some((matched, meanings)) = find(case, Meaning::is_pressure) else {
        return Vec::new();
    };
    let short: Vec<String> = meanings
        .iter()
        .filter_map(|meaning| match meaning {
            Meaning::MemoryPressure => Some("memory"),
            Meaning::DiskPressure => Some("disk"),
            Meaning::PidPressure => Some("process ids"),
            _ => None,
        })
        .map(str::to_owned)
        .collect();
    let advice = meanings.iter().filter_map(|meaning| match meaning {
        Meaning::MemoryPressure => Some(Fix::advice(
            "find the pods there that use more memory than they request",
            Who::Admin,
        )),
        Meaning::DiskPressure => Some(Fix::advice(
            "free space on the disks there: images, logs, emptyDir volumes",
            Who::Admin,
        )),
        Meaning::PidPressure => Some(Fix::advice(
            "find the pod there that starts too many processes",
            Who::Admin,
        )),
        _ => None,
    });
    let finding = matched
        .finding(case, "a shortage of {short} keeps the pod off {where}")
        .fact("short", short.join(" and "))
        .why("the kubelet takes no new pods while it is short, and for some minutes after")
        .fix(advice.collect::<Vec<_>>());
    let finding = with_conditions(case, &matched, finding);
    vec![matched.close(case, finding, Filter::TaintToleration)]
}
