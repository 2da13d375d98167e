//! `missing-configmap`: a container's environment comes from a ConfigMap that does not exist.

use super::reference::{UNMADE, missing_object, refusals};
use crate::messages::config::ConfigFailure;
use crate::rules::finding::Finding;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Kind;
use crate::text::say;

/// A container's environment comes from a ConfigMap that does not exist.
pub static RULE: Rule = Rule {
    cause: "missing-configmap",
    layer: Layer::Container,
    title: "a ConfigMap for a container's environment does not exist",
    seen_as: &["CreateContainerConfigError", "Failed"],
    explanation: include_str!("missing_configmap.md"),
    reads: &[Kind::ConfigMap],
    refines: &[],
    root: Root::Facts(say!(
        "missing-configmap.root",
        "{kind} {name} does not exist in namespace {namespace}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    refusals(case, UNMADE)
        .iter()
        .filter_map(|refusal| match &refusal.failure {
            ConfigFailure::ConfigMapMissing { name } => {
                Some(missing_object(case, refusal, Kind::ConfigMap, name))
            }
            _ => None,
        })
        .collect()
}
