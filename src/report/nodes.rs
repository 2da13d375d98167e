//! Why each node was rejected, as the report says it.
//!
//! Nodes with equal filter failures, numbers too, share an entry, so that a cluster of thousands of like nodes stays
//! short and nothing is lost. What does not belong here: what is alike but for its numbers, and layout (`render/text`).

mod volumes;

use crate::kubernetes::node_terms::NodeTerms;
use crate::kubernetes::quantity::Quantity;
use crate::rules::shared::failure;
use crate::scheduler::{
    FilterFailure, FilterResults, Holder, NearMiss, NodeResult, TermPods, Unread, What, alike,
    ranking,
};
use crate::text::Message;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that rejects the pod on some nodes, on each of them the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NodeReport {
    /// How many nodes.
    pub count: usize,
    /// Their names, all of them, in order.
    pub names: Vec<Arc<str>>,
    /// In the order of the scheduler's filters: each of them keeps the pod off. Empty when none was found.
    pub failures: Vec<FilterFailureReport>,
}

/// One thing that keeps the pod off a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FilterFailureReport {
    /// The scheduler's plugin.
    pub filter: &'static str,
    /// The scheduler's words.
    pub reason: String,
    /// What exactly, where no other field tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The same as data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The taint, as `key=value:Effect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taint: Option<String>,
    /// A toleration that nearly fits, and why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_miss: Option<NearMiss>,
    /// The requirement that does not hold; with a claim, the nodes that reach its volume, or for which one can be made.
    /// Terms, of which one is to hold, each with its requirements, which are to hold all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<NodeTerms>,
    /// What the node carries under these keys.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<String, String>,
    /// The node for which the claim's volume is being made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The host port, as `8080/TCP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The pod that holds the port, claim or disk, or that must not share the domain with this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// The resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What the pod asks of it, as Kubernetes writes amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What is free of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<String>,
    /// What pods may take in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocatable: Option<String>,
    /// The claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The claim's volume, or a disk that the pod names itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// The CSI driver that attaches the volumes; amounts are then numbers of volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The `topologyKey` of a spread constraint or of a term of affinity between pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topology_key: Option<String>,
    /// The pods of which one must be in the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<TermPods>,
    /// The node's value of the topology key; absent when it lacks the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Whether it is this pod's own anti-affinity that keeps it from the holder's domain, and not the holder's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_rule: Option<bool>,
    /// Pods in the domain that the spread constraint counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<i64>,
    /// The fewest such pods that a domain holds, or 0 while there are fewer domains than `minDomains`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fewest: Option<i64>,
    /// `maxSkew`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_skew: Option<i64>,
}

/// A filter that could not be computed, since something was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnreadReport {
    /// The scheduler's plugin.
    pub filter: &'static str,
    /// The kind that it would have to read.
    pub kind: &'static str,
    /// The namespace, when only that one is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The object, when only that one is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why it was not read, in the words of the gaps.
    pub why: &'static str,
}

/// The nodes by why each was rejected, the nearest to taking the pod first.
pub fn node_reports(results: &FilterResults) -> Arc<[NodeReport]> {
    let mut entries: BTreeMap<Vec<FilterFailureReport>, (Distance, Vec<Arc<str>>)> =
        BTreeMap::new();
    for nodes in alike(&results.nodes) {
        let Some(first) = nodes.first() else { continue };
        let failures = first.failures.iter();
        let entry = entries.entry(failures.map(FilterFailureReport::from).collect());
        let (_, names) = entry.or_insert_with(|| (distance(first), Vec::new()));
        names.extend(nodes.iter().map(|node| Arc::clone(&node.node)));
    }
    let mut entries: Vec<_> = entries.into_iter().collect();
    for (_, (_, names)) in &mut entries {
        names.sort();
        names.shrink_to_fit();
    }
    entries.sort_by(|(_, one), (_, other)| one.cmp(other));
    let report = |(failures, (_, names)): (_, (_, Vec<Arc<str>>))| NodeReport {
        count: names.len(),
        names,
        failures,
    };
    entries.into_iter().map(report).collect()
}

/// How near a node is: by the weight of its filter failures, then by how much is missing in thousandths of what is asked.
type Distance = ((usize, u32), i128);

fn distance(node: &NodeResult) -> Distance {
    let missing = node
        .failures
        .iter()
        .filter_map(|failure| match &failure.what {
            What::Resource { asked, free, .. } => Some(thousandths(*asked, *free)),
            _ => None,
        });
    let missing = missing.fold(0, i128::saturating_add);
    (ranking::distance_of(node), missing)
}

fn thousandths(asked: Quantity, free: Quantity) -> i128 {
    let missing = asked.saturating_sub(free).milli().saturating_mul(1000);
    missing / asked.milli().max(1)
}

impl From<&Unread> for UnreadReport {
    fn from(unread: &Unread) -> Self {
        UnreadReport {
            filter: unread.filter.as_str(),
            kind: unread.gap.kind.as_str(),
            namespace: unread.gap.namespace.clone(),
            name: unread.gap.name.clone(),
            why: unread.gap.why.as_str(),
        }
    }
}

impl From<&FilterFailure> for FilterFailureReport {
    fn from(failure: &FilterFailure) -> Self {
        let mut report = FilterFailureReport {
            filter: failure.filter.as_str(),
            reason: failure.reason.to_string(),
            ..FilterFailureReport::default()
        };
        report.fill(&failure.what);
        report
    }
}

impl FilterFailureReport {
    /// The pods of which one must be in the domain, as a sentence names them.
    pub(crate) fn pods_wanted(&self) -> Option<Message> {
        self.pods.as_ref().map(failure::pods)
    }

    /// Why the toleration that nearly fits does not.
    pub(crate) fn why_not_tolerated(&self) -> Option<Message> {
        self.near_miss.as_ref().map(failure::near_miss)
    }

    /// Sets the fields that this kind of filter failure has.
    fn fill(&mut self, what: &What) {
        match what {
            What::Taint {
                taint, near_miss, ..
            } => {
                self.taint = Some(taint.clone());
                self.near_miss.clone_from(near_miss);
            }
            What::Label { wanted, found } => {
                let found = found
                    .iter()
                    .map(|found| (wanted.key.clone(), found.clone()));
                self.found = found.collect();
                self.wanted = Some(wanted.clone().into());
            }
            What::Port { port, holder } => {
                self.port = Some(port.to_string());
                self.holder = Some(holder.clone());
            }
            What::Resource {
                resource,
                asked,
                free,
                allocatable,
            } => {
                self.resource = Some(resource.to_string());
                self.asked = Some(asked.to_string());
                self.free = Some(free.to_string());
                self.allocatable = Some(allocatable.to_string());
            }
            What::PodCount { running, limit } => {
                self.resource = Some("pods".to_owned());
                self.asked = Some("1".to_owned());
                self.free = Some(limit.saturating_sub(*running).to_string());
                self.allocatable = Some(limit.to_string());
            }
            What::Volume(failure) => volumes::report(self, failure),
            What::Spread {
                key,
                domain,
                matching,
                fewest,
                max_skew,
            } => {
                self.topology_key = Some(key.clone());
                self.domain.clone_from(domain);
                self.matching = Some(*matching);
                self.fewest = Some(*fewest);
                self.max_skew = Some(*max_skew);
            }
            What::Apart {
                wanted,
                key,
                domain,
            } => {
                self.pods = Some(wanted.clone());
                self.topology_key = Some(key.clone());
                self.domain.clone_from(domain);
            }
            What::Together {
                holder,
                own,
                key,
                domain,
            } => {
                self.own_rule = Some(*own);
                self.holder = Some(holder.clone());
                self.topology_key = Some(key.clone());
                self.domain = Some(domain.clone());
            }
            What::Other(other) => {
                let message = failure::other(other);
                self.detail = Some(message.english());
                self.message = Some(message);
            }
            What::Cordoned { .. } | What::OtherNode => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{Cluster, node, pod};
    use crate::scheduler::{View, run_filters};
    use serde_json::json;

    #[test]
    fn equal_nodes_share_an_entry_and_the_nearest_come_first() {
        let arm = |name| node(name, "4", "8Gi").set("/metadata/labels", json!({"arch": "arm64"}));
        let amd =
            |name, cpu| node(name, cpu, "8Gi").set("/metadata/labels", json!({"arch": "amd64"}));
        let guard = json!([{"key": "team", "effect": "NoSchedule"}]);
        let objects = [
            arm("a1"),
            amd("b1", "1"),
            amd("b2", "1"),
            amd("b3", "1500m"),
            amd("c1", "4").set("/spec/taints", guard),
            amd("d1", "4"),
            pod("full").on("d1").asks("cpu", "3"),
        ];
        let cluster = objects
            .into_iter()
            .fold(Cluster::new(), Cluster::with)
            .snapshot();
        let web = pod("web")
            .asks("cpu", "2")
            .set("/spec/nodeSelector", json!({"arch": "amd64"}));
        let reports = node_reports(&run_filters(&web.pod(), &View::of(&cluster)));
        let names: Vec<String> = reports
            .iter()
            .map(|report| report.names.join(" "))
            .collect();
        // what passes, what is too small by how much, what is guarded, what the pod excludes
        assert_eq!(names, ["d1", "b3", "b1 b2", "c1", "a1"]);
        assert!(
            reports
                .iter()
                .all(|report| report.count == report.names.len())
        );
    }
}
