//! No node has enough ephemeral-storage left for the pod, or none has enough at all.

use super::shortage;
use crate::rules::{Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::snapshot::Kind;

/// `insufficient-ephemeral-storage`
pub static RULE: Rule = Rule {
    cause: "insufficient-ephemeral-storage",
    layer: Layer::Scheduling,
    title: "no node has as much ephemeral-storage left as the pod asks for",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("insufficient_ephemeral_storage.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(|case| shortage::check(case, "ephemeral-storage")),
};
