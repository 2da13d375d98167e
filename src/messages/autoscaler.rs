//! What an autoscaler says about a pod that waits for a node: [`read`] for NotTriggerScaleUp and TriggeredScaleUp of the cluster
//! autoscaler and for Karpenter's events. Counts are of node groups, not of nodes.
//!
//! Sources: cluster-autoscaler `processors/status/eventing_scale_up_processor.go`, `core/scaleup/orchestrator` of 1.18 to 1.35;
//! Karpenter `pkg/controllers/provisioning/scheduling` of 0.2x to 1.14.

use super::form::{Pattern, anywhere, match_full, search, strip_prefix};
use super::text;
use crate::kubernetes::quantity::Quantity;
use crate::messages::scheduler::{self, Reason};
use std::collections::BTreeMap;

/// What an autoscaler says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Autoscaler {
    /// No group would help, for these reasons; none when no group was considered.
    NotTriggered {
        /// A reason a kind, with the number of groups.
        groups: Vec<Group>,
    },
    /// The cluster has as many nodes as it may have.
    MaxNodesTotal,
    /// Nodes are being added.
    Triggered {
        /// The groups that grow, as `group 1->2 (max: 3)`.
        groups: Vec<String>,
    },
    /// The pod is served by a ProvisioningRequest, not by scaling up.
    Provisioning,
    /// Karpenter finds no node that it could make, for these reasons; one a NodePool.
    KarpenterFailed {
        /// The reasons, verbatim.
        pools: Vec<String>,
    },
    /// Karpenter has a node in mind.
    KarpenterNominated {
        /// The NodeClaim or node, verbatim.
        target: String,
    },
    /// No known words.
    Unknown,
}

/// Why some node groups do not help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// How many groups.
    pub count: Option<u32>,
    /// Why.
    pub says: GroupSays,
    /// Its words.
    pub text: String,
}

/// Why a node group does not help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupSays {
    /// The pod would not fit a node of it, by a scheduler's filter.
    WouldNotFit(Reason),
    /// It has its maximal size.
    MaxSize,
    /// It waits after a failed scale-up, whose cause is elsewhere.
    Backoff,
    /// It is not ready.
    NotReady,
    /// A limit or quota of the whole cluster.
    ClusterLimit,
    /// The cloud did not give nodes.
    Failed,
    /// Another choice was made.
    NotChosen,
    /// No known words.
    Other,
}

/// Why Karpenter's NodePool does not help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolSays {
    /// There is none at all.
    NoPools,
    /// It may not grow.
    Limits,
    /// None of its instance types suits the pod.
    NoInstanceType {
        /// What the pod takes on a node together with the DaemonSets, as far as that is said; the count of pods left out.
        needs: Vec<(String, Quantity)>,
    },
    /// Something about the pod and the pool, or no known words.
    Other,
}

/// Reads the reason that Karpenter gives for one NodePool.
pub fn pool(text: &str) -> PoolSays {
    anywhere(POOLS, text).unwrap_or(PoolSays::Other)
}

const POOLS: &[Pattern<PoolSays>] = &[
    ("no nodepools found", |_| PoolSays::NoPools),
    ("exceed limits for nodepool", |_| PoolSays::Limits),
    ("limits have been exhausted", |_| PoolSays::Limits),
    ("no instance type satisfied resources {*}", |captures| {
        PoolSays::NoInstanceType {
            needs: amounts(captures.last()),
        }
    }),
    ("no instance type {*}resources={*}", |captures| {
        PoolSays::NoInstanceType {
            needs: amounts(captures.last()),
        }
    }),
    ("no instance type ", |_| PoolSays::NoInstanceType {
        needs: Vec::new(),
    }),
];

/// A list of resources as JSON, which may be followed by more.
fn amounts(text: &str) -> Vec<(String, Quantity)> {
    let end = text.find('}').map_or(0, |end| end + 1);
    let json = text.get(..end).unwrap_or_default();
    let amounts: BTreeMap<String, String> = serde_json::from_str(json).unwrap_or_default();
    amounts
        .into_iter()
        .filter(|(resource, _)| resource != "pods")
        .filter_map(|(resource, amount)| Some((resource, amount.parse().ok()?)))
        .collect()
}

/// Reads the message of an event.
pub fn read(message: &str) -> Autoscaler {
    let text = text::bare(message);
    not_triggered(&text)
        .or_else(|| karpenter(&text))
        .or_else(|| anywhere(FORMS, &text))
        .unwrap_or(Autoscaler::Unknown)
}

const FORMS: &[Pattern<Autoscaler>] = &[
    ("pod triggered scale-up: [{*}]", |captures| {
        Autoscaler::Triggered {
            groups: captures
                .get(0)
                .split('}')
                .map(|group| group.trim_matches([' ', '{']))
                .filter(|group| !group.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }),
    (
        "Unschedulable pod didn't trigger scale-up, because it's consuming ProvisioningRequest {}",
        |_| Autoscaler::Provisioning,
    ),
    ("Pod should schedule on: {*}", |captures| {
        Autoscaler::KarpenterNominated {
            target: captures.own(0),
        }
    }),
];

fn not_triggered(text: &str) -> Option<Autoscaler> {
    // up to 1.19 the brackets are there whatever the reasons are
    let rest = strip_prefix(text, "pod didn't trigger scale-up")?;
    let rest = strip_prefix(rest, " (it wouldn't fit if a new node is added)").unwrap_or(rest);
    let rest = rest.trim_start_matches([':', ' ']);
    if match_full("max total nodes in cluster reached{*}", rest).is_some() {
        return Some(Autoscaler::MaxNodesTotal);
    }
    let groups = scheduler::parse_reasons(rest)
        .into_iter()
        .filter(|clause| !clause.text.is_empty());
    Some(Autoscaler::NotTriggered {
        groups: groups
            .map(|clause| group(clause.count, clause.reason, clause.text))
            .collect(),
    })
}

fn group(count: Option<u32>, reason: Reason, text: String) -> Group {
    let says = match reason {
        Reason::Other => anywhere(GROUPS, &text).unwrap_or(GroupSays::Other),
        reason => GroupSays::WouldNotFit(reason),
    };
    Group { count, says, text }
}

const GROUPS: &[Pattern<GroupSays>] = &[
    ("max node group size reached", |_| GroupSays::MaxSize),
    // up to 1.15
    ("max limit reached", |_| GroupSays::MaxSize),
    ("in backoff after failed scale-up", |_| GroupSays::Backoff),
    ("not ready for scale-up", |_| GroupSays::NotReady),
    ("max cluster {*} limit reached", |_| GroupSays::ClusterLimit),
    // 1.35
    ("exceeded quota: ", |_| GroupSays::ClusterLimit),
    ("atomic scale-up exceeds cluster node count limit", |_| {
        GroupSays::ClusterLimit
    }),
    ("scale-up execution failed", |_| GroupSays::Failed),
    (
        "not all pods would fit and scale-up is using all-or-nothing strategy",
        |_| GroupSays::NotChosen,
    ),
    (
        "expansion options filtered out and no longer considered",
        |_| GroupSays::NotChosen,
    ),
];

/// Karpenter's errors, one a NodePool (Provisioner up to 0.31), joined by `; `.
fn karpenter(text: &str) -> Option<Autoscaler> {
    const HEADS: [&str; 3] = [
        "Failed to schedule pod, {*}",
        "Could not schedule pod, {*}",
        "incompatible with {*}",
    ];
    let captures = HEADS.iter().find_map(|head| search(head, text))?;
    let list = if strip_prefix(text, "incompatible with ").is_some() {
        text
    } else {
        captures.last()
    };
    Some(Autoscaler::KarpenterFailed {
        pools: list
            .split("; ")
            .map(str::trim)
            .filter(|pool| !pool.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn says(text: &str) -> Vec<(Option<u32>, GroupSays)> {
        match read(text) {
            Autoscaler::NotTriggered { groups } => groups
                .into_iter()
                .map(|group| (group.count, group.says))
                .collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn reasons_of_groups() {
        let text = "pod didn't trigger scale-up: 2 node(s) didn't match Pod's node affinity/selector, 1 max node group size reached, 3 in backoff after failed scale-up, 1 Insufficient example.com/fpga, 1 not ready for scale-up, 4 max cluster cpu, memory limit reached";
        assert_eq!(
            says(text),
            [
                (Some(2), GroupSays::WouldNotFit(Reason::NodeAffinity)),
                (Some(1), GroupSays::MaxSize),
                (Some(3), GroupSays::Backoff),
                (
                    Some(1),
                    GroupSays::WouldNotFit(Reason::InsufficientResource(
                        "example.com/fpga".to_owned()
                    ))
                ),
                (Some(1), GroupSays::NotReady),
                (Some(4), GroupSays::ClusterLimit),
            ]
        );
        assert_eq!(
            says("pod didn't trigger scale-up: 1 exceeded quota: \"q\", resources: cpu, nodes"),
            [(Some(1), GroupSays::ClusterLimit)]
        );
        assert_eq!(
            says(
                "pod didn't trigger scale-up (it wouldn't fit if a new node is added): 5 max limit reached"
            ),
            [(Some(5), GroupSays::MaxSize)]
        );
        assert_eq!(
            says("pod didn't trigger scale-up: 1 words of tomorrow"),
            [(Some(1), GroupSays::Other)]
        );
        for empty in [
            "pod didn't trigger scale-up: ",
            "pod didn't trigger scale-up",
            "pod didn't trigger scale-up (it wouldn't fit if a new node is added)",
        ] {
            assert_eq!(says(empty), [], "{empty}");
        }
    }

    #[test]
    fn other_sentences() {
        assert_eq!(
            read("pod didn't trigger scale-up: max total nodes in cluster reached"),
            Autoscaler::MaxNodesTotal
        );
        assert_eq!(
            read("pod triggered scale-up: [{group-a 1->2 (max: 5)} {group-b 0->1 (max: 3)}]"),
            Autoscaler::Triggered {
                groups: vec![
                    "group-a 1->2 (max: 5)".to_owned(),
                    "group-b 0->1 (max: 3)".to_owned()
                ]
            }
        );
        assert_eq!(
            read(
                "Unschedulable pod didn't trigger scale-up, because it's consuming ProvisioningRequest a/b"
            ),
            Autoscaler::Provisioning
        );
        assert_eq!(read("words of tomorrow"), Autoscaler::Unknown);
    }

    #[test]
    fn karpenter_names_pools() {
        let pools = |list: &[&str]| Autoscaler::KarpenterFailed {
            pools: list.iter().map(|pool| (*pool).to_owned()).collect(),
        };
        let text = "Failed to schedule pod, incompatible with nodepool \"a\", daemonset overhead={\"cpu\":\"1\"}, did not tolerate x=y:NoSchedule; all available instance types exceed limits for nodepool (NodePool=b)";
        assert_eq!(
            read(text),
            pools(&[
                "incompatible with nodepool \"a\", daemonset overhead={\"cpu\":\"1\"}, did not tolerate x=y:NoSchedule",
                "all available instance types exceed limits for nodepool (NodePool=b)"
            ])
        );
        assert_eq!(
            read("Could not schedule pod, incompatible with provisioner \"a\", no"),
            pools(&["incompatible with provisioner \"a\", no"])
        );
        assert_eq!(
            read("incompatible with nodepool \"a\"; no nodepools found"),
            pools(&["incompatible with nodepool \"a\"", "no nodepools found"])
        );
        assert_eq!(
            read("Pod should schedule on: nodeclaim/a-1"),
            Autoscaler::KarpenterNominated {
                target: "nodeclaim/a-1".to_owned()
            }
        );
    }

    #[test]
    fn a_pool_says_what_it_lacks() {
        let amount = |text: &str| text.parse::<Quantity>().unwrap();
        for (text, expected) in [
            ("no nodepools found", PoolSays::NoPools),
            (
                "all available instance types exceed limits for nodepool (NodePool=b)",
                PoolSays::Limits,
            ),
            (
                "node limits have been exhausted for nodepool (NodePool=b)",
                PoolSays::Limits,
            ),
            (
                "did not tolerate taint (taint=a=b:NoSchedule)",
                PoolSays::Other,
            ),
            (
                "no instance type has the required offering",
                PoolSays::NoInstanceType { needs: vec![] },
            ),
            (
                "incompatible with nodepool \"a\", daemonset overhead={\"cpu\":\"1\"}, no instance type satisfied resources {\"cpu\":\"6480m\",\"pods\":\"6\"} and requirements role In [a]",
                PoolSays::NoInstanceType {
                    needs: vec![("cpu".to_owned(), amount("6480m"))],
                },
            ),
            (
                "no instance type met all requirements, requirements=x, resources={\"memory\":\"8Gi\"} (NodePool=a)",
                PoolSays::NoInstanceType {
                    needs: vec![("memory".to_owned(), amount("8Gi"))],
                },
            ),
        ] {
            assert_eq!(pool(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let _ = read(&text);
            let _ = read(&format!("pod didn't trigger scale-up: {text}"));
            let _ = read(&format!("pod triggered scale-up: [{text}]"));
        }
    }
}
