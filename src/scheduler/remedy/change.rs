//! The single changes: what each does to a pod or a node, and how much it asks of people. Those of a spread and of an affinity
//! between pods are in `spread` and `affinity`.

use super::affinity::AffinityRelaxation;
use super::spread::SpreadRelaxation;
use crate::kubernetes::node_terms::NodeRequirement;
use crate::kubernetes::pod::Pod;
use crate::kubernetes::ports::{HostPort, host_ports};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::taints::TaintText;
use crate::scheduler::Filter;
use crate::scheduler::unschedulable;
use crate::snapshot::Node;
use k8s_openapi::api::core::v1::{NodeSelectorTerm, PodSpec, Taint, Toleration};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use std::cmp::Reverse;
use std::sync::Arc;

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Lower what a container asks.
    Lower {
        /// Its place in `spec.containers`.
        index: usize,
        /// Its name.
        container: String,
        /// The resource.
        resource: String,
        /// What it asks now.
        from: Quantity,
        /// What it would ask.
        to: String,
    },
    /// Tolerate a taint.
    Tolerate(Taint),
    /// Select another value.
    Select {
        /// The key in `spec.nodeSelector`.
        key: String,
        /// The value there now.
        from: String,
        /// A value that a node carries.
        to: String,
    },
    /// Drop a key of the node selector.
    Unselect {
        /// The key in `spec.nodeSelector`.
        key: String,
        /// The value there now.
        from: String,
    },
    /// Accept a further value in an expression of the node affinity.
    Accept {
        /// Which expression.
        at: Expression,
        /// The label's key.
        key: String,
        /// A value that a node carries.
        value: String,
    },
    /// Drop an expression of the node affinity.
    Unrequire {
        /// Which expression.
        at: Expression,
        /// The expression.
        wanted: NodeRequirement,
    },
    /// Give a host port up.
    FreePort {
        /// The container's place in `spec.containers`.
        index: usize,
        /// The port's place in the container.
        port_index: usize,
        /// The port.
        port: HostPort,
    },
    /// Let pods onto a node again.
    Uncordon {
        /// The node.
        node: String,
    },
    /// Take a taint off a node.
    Untaint {
        /// The node.
        node: String,
        /// The taint.
        taint: Taint,
    },
    /// Label a node that lacks the key.
    Label {
        /// The node.
        node: String,
        /// The label's key.
        key: String,
        /// Its value.
        value: String,
    },
    /// Label a node with the domain that it is in.
    Place {
        /// The node.
        node: String,
        /// The topology key.
        key: String,
        /// A domain.
        value: String,
    },
    /// Relax a topology spread constraint.
    Spread(SpreadRelaxation),
    /// Relax a term of an affinity or anti-affinity between pods.
    Affinity(AffinityRelaxation),
}

/// The place of an expression in the required node affinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expression {
    /// In `nodeSelectorTerms`.
    pub term: usize,
    /// In `matchExpressions`.
    pub index: usize,
}

/// What a change does, whatever the node and the amount: of changes of one kind only the smallest is offered.
pub(super) type ChangeKind = (u8, String);

impl Change {
    pub(super) fn kind(&self) -> ChangeKind {
        match self {
            Change::Lower { resource, .. } => (0, resource.clone()),
            Change::Tolerate(taint) => (1, TaintText(taint).to_string()),
            Change::Select { key, .. } => (2, key.clone()),
            Change::Unselect { key, .. } => (3, key.clone()),
            Change::Accept { key, .. } => (4, key.clone()),
            Change::Unrequire { wanted, .. } => (5, wanted.to_string()),
            Change::FreePort { port, .. } => (6, port.to_string()),
            Change::Uncordon { .. } => (7, String::new()),
            Change::Untaint { taint, .. } => (8, TaintText(taint).to_string()),
            Change::Label { key, .. } | Change::Place { key, .. } => (9, key.clone()),
            Change::Spread(relaxation) => relaxation.kind(),
            Change::Affinity(relaxation) => relaxation.kind(),
        }
    }

    /// The filter whose filter failure it removes.
    pub(super) fn filter(&self) -> Filter {
        match self {
            Change::Lower { .. } => Filter::NodeResourcesFit,
            Change::Tolerate(_) | Change::Untaint { .. } => Filter::TaintToleration,
            Change::Select { .. }
            | Change::Unselect { .. }
            | Change::Accept { .. }
            | Change::Unrequire { .. }
            | Change::Label { .. } => Filter::NodeAffinity,
            Change::FreePort { .. } => Filter::NodePorts,
            Change::Uncordon { .. } => Filter::NodeUnschedulable,
            Change::Spread(_) | Change::Place { .. } => Filter::PodTopologySpread,
            Change::Affinity(_) => Filter::InterPodAffinity,
        }
    }

    /// The node that it changes.
    pub fn node(&self) -> Option<&str> {
        match self {
            Change::Uncordon { node }
            | Change::Untaint { node, .. }
            | Change::Label { node, .. }
            | Change::Place { node, .. } => Some(node),
            _ => None,
        }
    }

    /// How much it asks: for an amount the thousandths given up, for the others by how much is decided anew.
    pub(super) fn effort(&self) -> u32 {
        match self {
            Change::Lower { from, to, .. } => {
                let to = to.parse::<Quantity>().unwrap_or_default();
                let (from, cut) = (from.milli().max(1), (*from - to).milli().max(0));
                u32::try_from(cut.saturating_mul(1000) / from).unwrap_or(u32::MAX)
            }
            Change::Uncordon { .. } => 100,
            Change::Label { .. } | Change::Place { .. } => 200,
            Change::Spread(relaxation) => relaxation.effort(),
            Change::Affinity(relaxation) => relaxation.effort(),
            Change::Select { .. } => 300,
            Change::Accept { .. } => 350,
            Change::Unselect { .. } | Change::Unrequire { .. } => 500,
            // a taint was put there to keep others off
            Change::Tolerate(_) => 600,
            Change::Untaint { .. } => 700,
            Change::FreePort { .. } => 900,
        }
    }

    /// Makes the change on a copy of the pod; changes of nodes leave it alone.
    pub(super) fn apply_to_pod(&self, pod: &mut Pod) {
        let Some(spec) = pod.spec.as_mut().map(Arc::make_mut) else {
            return;
        };
        match self {
            Change::Lower {
                index,
                resource,
                to,
                ..
            } => {
                let container = spec.containers.get_mut(*index);
                let resources = container.and_then(|c| c.resources.as_mut());
                if let Some(requests) = resources.and_then(|r| r.requests.as_mut()) {
                    requests.insert(resource.clone(), ApiQuantity(to.clone()));
                }
            }
            Change::Tolerate(taint) => spec
                .tolerations
                .get_or_insert_default()
                .push(toleration(taint)),
            Change::Select { key, to, .. } => {
                let selector = spec.node_selector.get_or_insert_default();
                selector.insert(key.clone(), to.clone());
            }
            Change::Unselect { key, .. } => {
                spec.node_selector.get_or_insert_default().remove(key);
            }
            Change::Accept { at, value, .. } => {
                let term = terms(spec).and_then(|terms| terms.get_mut(at.term));
                let expressions = term.and_then(|term| term.match_expressions.as_mut());
                if let Some(expression) = expressions.and_then(|all| all.get_mut(at.index)) {
                    expression
                        .values
                        .get_or_insert_default()
                        .push(value.clone());
                }
            }
            Change::Unrequire { at, .. } => unrequire(spec, *at),
            Change::FreePort {
                index, port_index, ..
            } => {
                let container = spec.containers.get_mut(*index);
                let ports = container.and_then(|c| c.ports.as_mut());
                if let Some(port) = ports.and_then(|ports| ports.get_mut(*port_index)) {
                    port.host_port = None;
                }
            }
            Change::Spread(relaxation) => relaxation.apply(spec),
            Change::Affinity(relaxation) => relaxation.apply(spec),
            Change::Uncordon { .. }
            | Change::Untaint { .. }
            | Change::Label { .. }
            | Change::Place { .. } => {}
        }
    }

    /// Makes the change on a copy of the node that it is about.
    pub(super) fn apply_to_node(&self, node: &mut Node) {
        match self {
            Change::Uncordon { .. } => {
                node.unschedulable = false;
                // the node lifecycle controller takes the taint away with the cordon
                node.taints.retain(|taint| !unschedulable::repeats(taint));
            }
            Change::Untaint { taint, .. } => node
                .taints
                .retain(|other| other.key != taint.key || other.effect != taint.effect),
            Change::Label { key, value, .. } | Change::Place { key, value, .. } => {
                node.labels.insert(key, value);
            }
            _ => {}
        }
    }
}

/// The toleration that matches one taint and no other.
pub(super) fn toleration(taint: &Taint) -> Toleration {
    let value = taint.value.clone().filter(|value| !value.is_empty());
    Toleration {
        key: Some(taint.key.clone()),
        // with a value Equal, unless it says otherwise
        operator: value.is_none().then(|| "Exists".to_owned()),
        value,
        effect: Some(taint.effect.clone()),
        toleration_seconds: None,
    }
}

/// The terms of the required node affinity.
fn terms(spec: &mut PodSpec) -> Option<&mut Vec<NodeSelectorTerm>> {
    let affinity = spec.affinity.as_mut()?;
    let node_affinity = affinity.node_affinity.as_mut()?;
    let required = node_affinity
        .required_during_scheduling_ignored_during_execution
        .as_mut()?;
    Some(&mut required.node_selector_terms)
}

/// Drops an expression, and with the last one the requirement: an empty term would match nothing.
fn unrequire(spec: &mut PodSpec, at: Expression) {
    let Some(terms) = terms(spec) else {
        return;
    };
    let is_last = is_last(terms, at);
    if let Some(expressions) = terms
        .get_mut(at.term)
        .and_then(|term| term.match_expressions.as_mut())
        && at.index < expressions.len()
    {
        expressions.remove(at.index);
    }
    if is_last {
        let affinity = spec.affinity.as_mut();
        if let Some(node_affinity) = affinity.and_then(|affinity| affinity.node_affinity.as_mut()) {
            node_affinity.required_during_scheduling_ignored_during_execution = None;
        }
    }
}

/// The changes in an order in which none moves what a later one means: what is taken out of a list goes from the last
/// to the first.
pub(super) fn in_turn<'c>(changes: impl IntoIterator<Item = &'c Change>) -> Vec<&'c Change> {
    let mut all: Vec<&Change> = changes.into_iter().collect();
    all.sort_by_key(|change| match change {
        Change::Unrequire { at, .. } => (1, Reverse((at.term, at.index))),
        Change::Affinity(relaxation) => (2, Reverse((relaxation.index(), 0))),
        _ => (0, Reverse((0, 0))),
    });
    all
}

/// Whether the affinity requires nothing else. Terms that are left empty match no node, so it has to go as a whole then.
pub(super) fn is_last(terms: &[NodeSelectorTerm], at: Expression) -> bool {
    let mut terms = terms.iter().enumerate();
    terms.all(|(place, term)| {
        let expressions = term.match_expressions.as_ref().map_or(0, Vec::len);
        let fields = term.match_fields.as_ref().map_or(0, Vec::len);
        fields == 0 && expressions == usize::from(place == at.term)
    })
}

/// Where a host port is written: the places of its container and in it. Sidecars' ports are left alone.
pub(super) fn place_of(pod: &Pod, wanted: &HostPort) -> Option<(usize, usize)> {
    let spec = pod.spec.as_deref()?;
    spec.containers
        .iter()
        .enumerate()
        .find_map(|(index, container)| {
            let mut alone = spec.clone();
            alone.init_containers = None;
            let ports = container.ports.iter().flatten().enumerate();
            ports.into_iter().find_map(|(port_index, port)| {
                let mut only = container.clone();
                only.ports = Some(vec![port.clone()]);
                alone.containers = vec![only];
                (host_ports(&alone).first() == Some(wanted)).then_some((index, port_index))
            })
        })
}
