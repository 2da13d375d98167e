//! What a pod requires of nodes and of other pods, taken out of the fields in which it stands. What a pod only prefers keeps it
//! off no node.
//!
//! What keeps a pod off a node that it admits, and which pods a term means, is for the scheduler's filters.

use super::label_set::Labels;
use super::selector::{carries, node_selector_term_matches};
use k8s_openapi::api::core::v1::{
    NodeSelectorTerm, PodAffinityTerm, PodSpec, TopologySpreadConstraint,
};

/// The terms of the node affinity, of which one must hold; `None` when nothing is required.
pub fn node_affinity(spec: &PodSpec) -> Option<&[NodeSelectorTerm]> {
    let affinity = spec.affinity.as_ref()?.node_affinity.as_ref()?;
    let required = affinity
        .required_during_scheduling_ignored_during_execution
        .as_ref()?;
    Some(&required.node_selector_terms)
}

/// The terms of the affinity to other pods, all of which must hold.
pub fn pod_affinity(spec: &PodSpec) -> &[PodAffinityTerm] {
    let affinity = spec.affinity.as_ref();
    let to_pods = affinity.and_then(|affinity| affinity.pod_affinity.as_ref());
    let terms = to_pods.and_then(|pods| {
        pods.required_during_scheduling_ignored_during_execution
            .as_deref()
    });
    terms.unwrap_or_default()
}

/// The terms of the anti-affinity to other pods, all of which must hold.
pub fn pod_anti_affinity(spec: &PodSpec) -> &[PodAffinityTerm] {
    let affinity = spec.affinity.as_ref();
    let to_pods = affinity.and_then(|affinity| affinity.pod_anti_affinity.as_ref());
    let terms = to_pods.and_then(|pods| {
        pods.required_during_scheduling_ignored_during_execution
            .as_deref()
    });
    terms.unwrap_or_default()
}

/// The topology spread constraints that keep the pod off nodes.
pub fn hard_spread(spec: &PodSpec) -> impl Iterator<Item = &TopologySpreadConstraint> {
    let constraints = spec.topology_spread_constraints.iter().flatten();
    constraints.filter(|constraint| is_hard(constraint))
}

/// Whether a topology spread constraint keeps the pod off nodes.
pub fn is_hard(constraint: &TopologySpreadConstraint) -> bool {
    constraint.when_unsatisfiable == "DoNotSchedule"
}

/// Whether `nodeSelector` and node affinity admit a node with these labels.
pub fn admits(spec: &PodSpec, labels: &dyn Labels, name: &str) -> bool {
    let holds = |term| node_selector_term_matches(term, labels, name);
    let pairs = spec.node_selector.as_ref();
    pairs.is_none_or(|pairs| carries(labels, pairs))
        && node_affinity(spec).is_none_or(|terms| terms.iter().any(holds))
}

/// Whether the pod may admit some nodes and others not.
pub fn chooses_nodes(spec: &PodSpec) -> bool {
    spec.node_selector.iter().flatten().next().is_some() || node_affinity(spec).is_some()
}

/// Whether the pod is kept off a node by pods elsewhere, through a rule of its own.
pub fn minds_pods_elsewhere(spec: &PodSpec) -> bool {
    let mut terms = pod_affinity(spec).iter().chain(pod_anti_affinity(spec));
    terms.next().is_some() || hard_spread(spec).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_required_counts() {
        let term = |key: &str| json!({"topologyKey": key});
        let wish = |key: &str| json!({"weight": 1, "podAffinityTerm": term(key)});
        let spec: PodSpec = serde_json::from_value(json!({"containers": [], "affinity": {
            "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {}}]},
            "podAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [term("zone")],
                "preferredDuringSchedulingIgnoredDuringExecution": [wish("a")],
            },
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [term("node"), term("rack")],
                "preferredDuringSchedulingIgnoredDuringExecution": [wish("b")],
            },
        }}))
        .unwrap();
        let keys = |terms: &[PodAffinityTerm]| -> Vec<String> {
            terms.iter().map(|term| term.topology_key.clone()).collect()
        };
        assert_eq!(node_affinity(&spec), None);
        assert_eq!(keys(pod_affinity(&spec)), ["zone"]);
        assert_eq!(keys(pod_anti_affinity(&spec)), ["node", "rack"]);
        let bare = PodSpec::default();
        assert_eq!(
            (pod_affinity(&bare), pod_anti_affinity(&bare)),
            (&[][..], &[][..])
        );
    }
}
