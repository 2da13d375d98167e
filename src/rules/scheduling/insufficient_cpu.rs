//! No node has enough cpu left for the pod, or none has enough at all.

use super::shortage;
use crate::rules::{Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::snapshot::Kind;

/// `insufficient-cpu`
pub static RULE: Rule = Rule {
    cause: "insufficient-cpu",
    layer: Layer::Scheduling,
    title: "no node has as much cpu left as the pod asks for",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("insufficient_cpu.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(|case| shortage::check(case, "cpu")),
};
