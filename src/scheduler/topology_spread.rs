//! PodTopologySpread: constraints that say `DoNotSchedule`.
//!
//! A domain's pods are counted once for all nodes ([`count`]); on a node a constraint fails when its domain, with the pod in it,
//! would hold too many more than the emptiest. Every constraint that fails is told; the scheduler tells the first.
//!
//! Source: kube-scheduler `framework/plugins/podtopologyspread/filtering.go` and `common.go` (1.37). Its oddities are kept: an empty
//! selector counts no pod and still matches the incoming one, and pods that are being deleted do not count while those that
//! preemption makes room for do. Constraints that a profile adds by default cannot be read.

use super::message::Reason;
use super::{Filter, Incoming, NodeView, Obstacle, View, What, node_affinity};
use crate::kubernetes::selector::{label_selector_is_empty, label_selector_matches};
use crate::kubernetes::taints::untolerated;
use crate::snapshot::{Occupant, Occupants};
use k8s_openapi::api::core::v1::TopologySpreadConstraint;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use std::collections::{BTreeMap, HashMap};

/// The pods of each domain, constraint by constraint.
#[derive(Debug, Clone, Default)]
pub(super) struct Domains {
    constraints: Vec<Constraint>,
}

#[derive(Debug, Clone)]
struct Constraint {
    key: String,
    max_skew: i64,
    min_domains: usize,
    /// With what `matchLabelKeys` adds; without a selector nothing matches.
    selector: Option<LabelSelector>,
    honors_affinity: bool,
    honors_taints: bool,
    /// 1 when the incoming pod matches its own selector.
    itself: i64,
    /// Matching pods by the value of the key.
    counts: HashMap<String, i64>,
    fewest: i64,
}

/// Counts the pods of each domain for every constraint of the pod.
pub(super) fn count(pod: &Incoming<'_, '_>, view: &View<'_>) -> Domains {
    let wanted = pod.spec.topology_spread_constraints.iter().flatten();
    let hard = wanted.filter(|constraint| constraint.when_unsatisfiable == "DoNotSchedule");
    let mut domains = Domains {
        constraints: hard.map(|raw| Constraint::new(raw, pod)).collect(),
    };
    if domains.constraints.is_empty() {
        return domains;
    }
    let keys: Vec<String> = domains.constraints.iter().map(|c| c.key.clone()).collect();
    let mut known: Vec<Matches> = vec![Matches::default(); keys.len()];
    for node in view.nodes() {
        if !has_all(node, &keys) {
            continue;
        }
        let affine = node_affinity::admits(pod, node);
        for (constraint, known) in domains.constraints.iter_mut().zip(&mut known) {
            if !constraint.includes(pod, node, affine) {
                continue;
            }
            let counted = constraint.counted(pod.namespace, node, view.occupants(), known);
            let domain = node.label(&constraint.key).unwrap_or_default();
            match constraint.counts.get_mut(domain) {
                Some(count) => *count += counted,
                None => {
                    constraint.counts.insert(domain.to_owned(), counted);
                }
            }
        }
    }
    for constraint in &mut domains.constraints {
        constraint.find_fewest();
    }
    domains
}

/// The constraints that the pod would break on the node.
pub(super) fn obstacles(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<Obstacle> {
    let broken = |constraint: &Constraint| -> Option<Obstacle> {
        let domain = node.label(&constraint.key);
        let matching = domain.map(|domain| constraint.matching(domain));
        let skew = matching.map(|matching| matching + constraint.itself - constraint.fewest);
        if skew.is_some_and(|skew| skew <= constraint.max_skew) {
            return None;
        }
        let missing_label = domain.is_none();
        Some(Obstacle {
            filter: Filter::PodTopologySpread,
            reason: Reason::TopologySpread { missing_label }.to_string(),
            what: What::Spread {
                key: constraint.key.clone(),
                domain: domain.map(str::to_owned),
                matching: matching.unwrap_or_default(),
                fewest: constraint.fewest,
                max_skew: constraint.max_skew,
            },
        })
    };
    pod.spread.constraints.iter().filter_map(broken).collect()
}

fn has_all(node: &NodeView<'_>, keys: &[String]) -> bool {
    keys.iter().all(|key| node.label(key).is_some())
}

/// Which shapes of pods match a selector, worked out when first met.
#[derive(Debug, Clone, Default)]
struct Matches(Vec<Option<bool>>);

impl Matches {
    fn of(&mut self, place: usize, test: impl FnOnce() -> bool) -> bool {
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        match self.0.get_mut(place) {
            Some(known) => *known.get_or_insert_with(test),
            None => test(),
        }
    }
}

impl Constraint {
    fn new(raw: &TopologySpreadConstraint, pod: &Incoming<'_, '_>) -> Self {
        let keys = raw.match_label_keys.iter().flatten();
        let pairs: BTreeMap<String, String> = keys
            .filter_map(|key| Some((key.clone(), pod.labels.get(key)?.clone())))
            .collect();
        let selector = raw.label_selector.clone().map(|mut selector| {
            if !pairs.is_empty() {
                let expressions = selector.match_expressions.get_or_insert_default();
                expressions.extend(pairs.into_iter().map(|(key, value)| equal(key, value)));
            }
            selector
        });
        let itself = matches(selector.as_ref(), pod.labels);
        Constraint {
            key: raw.topology_key.clone(),
            max_skew: i64::from(raw.max_skew),
            min_domains: usize::try_from(raw.min_domains.unwrap_or(1)).unwrap_or(1),
            selector,
            honors_affinity: raw.node_affinity_policy.as_deref() != Some("Ignore"),
            honors_taints: raw.node_taints_policy.as_deref() == Some("Honor"),
            itself: i64::from(itself),
            counts: HashMap::new(),
            fewest: 0,
        }
    }

    /// Whether the node's pods count, and its domain.
    fn includes(&self, pod: &Incoming<'_, '_>, node: &NodeView<'_>, affine: bool) -> bool {
        let untolerated = || untolerated(&node.node.taints, pod.tolerations()).next();
        (affine || !self.honors_affinity) && !(self.honors_taints && untolerated().is_some())
    }

    fn counted(
        &self,
        namespace: &str,
        node: &NodeView<'_>,
        occupants: &Occupants,
        known: &mut Matches,
    ) -> i64 {
        if self.selector.as_ref().is_none_or(label_selector_is_empty) {
            return 0;
        }
        let counts = |occupant: &&&Occupant| {
            let labels = || &occupants.shape(occupant).labels;
            !occupant.terminating
                && *occupant.namespace == *namespace
                && known.of(Occupants::place_of(occupant), || {
                    matches(self.selector.as_ref(), labels())
                })
        };
        let counted = node.pods().iter().filter(counts).count();
        i64::try_from(counted).unwrap_or(i64::MAX)
    }

    fn matching(&self, domain: &str) -> i64 {
        self.counts.get(domain).copied().unwrap_or_default()
    }

    fn find_fewest(&mut self) {
        let least = self.counts.values().min().copied();
        self.fewest = match least {
            Some(least) if self.counts.len() >= self.min_domains => least,
            _ => 0,
        };
    }
}

impl Domains {
    /// Counts one more pod, on this node.
    pub(super) fn add(
        &mut self,
        pod: &Incoming<'_, '_>,
        occupant: &Occupant,
        node: &NodeView<'_>,
        view: &View<'_>,
    ) {
        let keys: Vec<String> = self.constraints.iter().map(|c| c.key.clone()).collect();
        if *occupant.namespace != *pod.namespace || !has_all(node, &keys) {
            return;
        }
        let affine = node_affinity::admits(pod, node);
        let labels = &view.occupants().shape(occupant).labels;
        for constraint in &mut self.constraints {
            let counts = matches(constraint.selector.as_ref(), labels);
            if counts && constraint.includes(pod, node, affine) {
                let domain = node.label(&constraint.key).unwrap_or_default().to_owned();
                *constraint.counts.entry(domain).or_default() += 1;
                constraint.find_fewest();
            }
        }
    }
}

fn matches(selector: Option<&LabelSelector>, labels: &BTreeMap<String, String>) -> bool {
    selector.is_some_and(|selector| label_selector_matches(selector, labels))
}

fn equal(key: String, value: String) -> LabelSelectorRequirement {
    LabelSelectorRequirement {
        key,
        operator: "In".to_owned(),
        values: Some(vec![value]),
    }
}

#[cfg(test)]
mod tests {
    use crate::scheduler::testing::{Cluster, Object, found, node, pod};
    use crate::scheduler::{View, What, judge};
    use serde_json::{Value, json};

    const SKEW: &str = "PodTopologySpread: node(s) didn't match pod topology spread constraints";
    const LABEL: &str = "PodTopologySpread: node(s) didn't match pod topology spread constraints (missing required label)";

    fn zoned(name: &str, zone: &str) -> Object {
        let labels = json!({"zone": zone, "kubernetes.io/hostname": name});
        node(name, "8", "8Gi").set("/metadata/labels", labels)
    }

    fn web(name: &str) -> Object {
        pod(name).set("/metadata/labels", json!({"app": "web"}))
    }

    fn constraint(fields: Value) -> Value {
        let mut all = json!({
            "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}},
        });
        let whole = all.as_object_mut().unwrap();
        whole.extend(fields.as_object().unwrap().clone());
        all
    }

    fn spread(fields: Value) -> Object {
        web("new").set(
            "/spec/topologySpreadConstraints",
            json!([constraint(fields)]),
        )
    }

    /// The names of the nodes that take the pod.
    fn takers(pod: &Object, objects: &[Object]) -> Vec<String> {
        let cluster = objects.iter().cloned().fold(Cluster::new(), Cluster::with);
        let cluster = cluster.seal();
        let judged = judge(&pod.pod(), &View::of(&cluster));
        judged.takers().map(str::to_owned).collect()
    }

    /// Two zones: two matching pods in a, one in b.
    fn zones() -> Vec<Object> {
        vec![
            zoned("a1", "a"),
            zoned("b1", "b"),
            web("w1").on("a1"),
            web("w2").on("a1"),
            web("w3").on("b1"),
        ]
    }

    #[test]
    fn the_fullest_domain_is_closed() {
        assert_eq!(takers(&spread(json!({})), &zones()), ["b1"]);
        assert_eq!(
            takers(&spread(json!({"maxSkew": 2})), &zones()),
            ["a1", "b1"]
        );
        let soft = spread(json!({"whenUnsatisfiable": "ScheduleAnyway"}));
        assert_eq!(takers(&soft, &zones()), ["a1", "b1"]);
    }

    #[test]
    fn only_live_pods_of_the_namespace_that_match_count() {
        let going = web("w4")
            .on("b1")
            .set("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"));
        let elsewhere = web("w5")
            .on("b1")
            .set("/metadata/namespace", json!("other"));
        let unlike = pod("w6").on("b1");
        let done = web("w7").on("b1").phase("Succeeded");
        let mut objects = zones();
        objects.extend([going, elsewhere, unlike, done]);
        assert_eq!(takers(&spread(json!({})), &objects), ["b1"]);
        objects.push(web("w8").on("b1"));
        assert_eq!(takers(&spread(json!({})), &objects), ["a1", "b1"]);
    }

    #[test]
    fn a_pod_outside_its_own_selector_adds_nothing() {
        let stranger = spread(json!({})).set("/metadata/labels", json!({"app": "other"}));
        assert_eq!(takers(&stranger, &zones()), ["a1", "b1"]);
    }

    #[test]
    fn a_node_without_the_key_takes_nothing_and_counts_nowhere() {
        let bare = node("bare", "8", "8Gi");
        let said = found(&spread(json!({})), &bare, &[]);
        assert_eq!(said, [LABEL]);
        // the second key is missing on a1, so its pods count for neither constraint
        let two = json!([
            constraint(json!({})),
            constraint(json!({"topologyKey": "rack"}))
        ]);
        let both = web("new").set("/spec/topologySpreadConstraints", two);
        let racked = zoned("b1", "b").set("/metadata/labels", json!({"zone": "b", "rack": "r"}));
        let objects = [zoned("a1", "a"), racked, web("w1").on("b1")];
        assert_eq!(takers(&both, &objects), ["b1"]);
    }

    #[test]
    fn too_few_domains_make_the_fewest_zero() {
        let objects = [
            zoned("a1", "a"),
            zoned("b1", "b"),
            web("w1").on("a1"),
            web("w2").on("b1"),
        ];
        assert_eq!(
            takers(&spread(json!({"minDomains": 2})), &objects),
            ["a1", "b1"]
        );
        assert!(takers(&spread(json!({"minDomains": 3})), &objects).is_empty());
    }

    #[test]
    fn nodes_that_the_pod_excludes_count_unless_told_otherwise() {
        let tainted = zoned("c1", "c").set(
            "/spec/taints",
            json!([{"key": "t", "effect": "NoSchedule"}]),
        );
        let objects = [zoned("a1", "a"), tainted, web("w1").on("a1")];
        // zone c is empty and closed by its taint, and still the emptiest
        assert!(takers(&spread(json!({})), &objects).is_empty());
        assert_eq!(
            takers(&spread(json!({"nodeTaintsPolicy": "Honor"})), &objects),
            ["a1"]
        );
        let objects = [zoned("a1", "a"), zoned("c1", "c"), web("w1").on("a1")];
        let picky = |policy: &str| {
            spread(json!({"nodeAffinityPolicy": policy}))
                .set("/spec/nodeSelector", json!({"zone": "a"}))
        };
        assert_eq!(takers(&picky("Honor"), &objects), ["a1"]);
        assert!(takers(&picky("Ignore"), &objects).is_empty());
    }

    #[test]
    fn selectors_that_say_nothing() {
        // none matches nothing; the empty one counts no pod and matches the incoming one
        assert_eq!(
            takers(&spread(json!({"labelSelector": null})), &zones()),
            ["a1", "b1"]
        );
        assert_eq!(
            takers(&spread(json!({"labelSelector": {}})), &zones()),
            ["a1", "b1"]
        );
        let strict = json!({"labelSelector": {}, "minDomains": 3, "maxSkew": 1});
        assert_eq!(takers(&spread(strict), &zones()), ["a1", "b1"]);
    }

    #[test]
    fn match_label_keys_narrow_the_selector_to_the_pods_own_values() {
        let labelled = |name: &str, hash: &str| {
            pod(name).set("/metadata/labels", json!({"app": "web", "hash": hash}))
        };
        let objects = [
            zoned("a1", "a"),
            zoned("b1", "b"),
            labelled("old", "1").on("a1"),
        ];
        let keys = json!({"matchLabelKeys": ["hash", "absent"]});
        let of = |hash: &str| {
            spread(keys.clone()).set("/metadata/labels", json!({"app": "web", "hash": hash}))
        };
        assert_eq!(takers(&of("1"), &objects), ["b1"]);
        assert_eq!(takers(&of("2"), &objects), ["a1", "b1"]);
    }

    #[test]
    fn pods_that_preemption_makes_room_for_count() {
        let coming = web("coming")
            .set("/status/nominatedNodeName", json!("b1"))
            .set("/spec/priority", json!(9));
        let mut objects = zones();
        objects.extend([coming, web("w4").on("b1")]);
        // with the coming pod b holds three, a two
        assert_eq!(takers(&spread(json!({})), &objects), ["a1"]);
    }

    #[test]
    fn the_counts_are_told() {
        let cluster = zones()
            .into_iter()
            .fold(Cluster::new(), Cluster::with)
            .seal();
        let judged = judge(&spread(json!({})).pod(), &View::of(&cluster)).nodes;
        assert_eq!(judged[0].obstacles.len(), 1);
        assert_eq!(
            judged[0].obstacles[0].what,
            What::Spread {
                key: "zone".into(),
                domain: Some("a".into()),
                matching: 2,
                fewest: 1,
                max_skew: 1
            }
        );
        assert!(SKEW.ends_with(&judged[0].obstacles[0].reason));
    }
}
