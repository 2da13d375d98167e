//! `missing-configmap`: a container's environment comes from a ConfigMap that does not exist.

use super::missing_object::{ROOT, SEEN_AS, of_kind};
use crate::rules::{Check, Layer, Rule};
use crate::snapshot::Kind;

/// A container's environment comes from a ConfigMap that does not exist.
pub static RULE: Rule = Rule {
    cause: "missing-configmap",
    layer: Layer::Container,
    title: "a ConfigMap for a container's environment does not exist",
    seen_as: SEEN_AS,
    explanation: include_str!("missing_configmap.md"),
    reads: &[Kind::ConfigMap],
    refines: &[],
    root: ROOT,
    check: Check::Pod(|case| of_kind(case, Kind::ConfigMap)),
};
