//! NodeDeclaredFeatures: what a pod's spec needs of the kubelet, against what the node's kubelet declares.
//!
//! Beta and on by default since 1.36, GA in 1.37. A cluster in which no kubelet declares anything runs without it, or
//! has only older kubelets; which of both cannot be read, so nothing is computed there.
//!
//! Source: kube-scheduler `framework/plugins/nodedeclaredfeatures`, k8s.io/component-helpers
//! `nodedeclaredfeatures/features` (1.37). The other features of that list do not bear on scheduling.

use super::{Filter, FilterFailure, Incoming, NodeView, Other, Unread, View, What};
use crate::messages::scheduler::{Message, Reason};
use crate::snapshot::{Gap, Kind, Why};
use k8s_openapi::api::core::v1::{Container, PodSpec};

/// The features that the pod cannot do without, in order of their names.
pub(super) fn needed(spec: &PodSpec) -> Vec<&'static str> {
    let init = spec.init_containers.iter().flatten();
    let containers = || spec.containers.iter().chain(init.clone());
    let restarts_all = |container: &Container| {
        let mut rules = container.restart_policy_rules.iter().flatten();
        rules.any(|rule| rule.action == "RestartAllContainers")
    };
    let binds = |container: &Container| {
        let mut mounts = container.volume_mounts.iter().flatten();
        mounts.any(|mount| mount.bind_mount_options.iter().flatten().next().is_some())
    };
    let users = spec.host_network == Some(true) && spec.host_users == Some(false);
    [
        (
            "RestartAllContainersOnContainerExits",
            containers().any(restarts_all),
        ),
        ("UserNamespacesHostNetworkSupport", users),
        ("VolumeBindMountOptions", containers().any(binds)),
    ]
    .into_iter()
    .filter_map(|(feature, is_needed)| is_needed.then_some(feature))
    .collect()
}

/// Says that the filter cannot be computed, where that matters.
pub(super) fn unread(pod: &Incoming<'_, '_>, view: &View<'_>) -> Option<Unread> {
    let declares = |node: &NodeView<'_>| !node.node.declared_features.is_empty();
    let matters = !pod.features.is_empty() && !view.nodes().any(declares);
    matters.then(unread_features)
}

/// Says that the scheduler misses a feature that this pod does not need by all that is known here: a later version has
/// more of them.
pub(super) fn unknown(spec: &PodSpec, message: &Message) -> Option<Unread> {
    let mut reasons = message.clauses.iter().map(|clause| &clause.reason);
    let is_missed = reasons.any(|reason| *reason == Reason::RequiredFeatures);
    let is_unknown = is_missed && needed(spec).is_empty();
    is_unknown.then(unread_features)
}

fn unread_features() -> Unread {
    Unread {
        filter: Filter::NodeDeclaredFeatures,
        gap: Gap {
            kind: Kind::Node,
            namespace: None,
            name: None,
            why: Why::NotAsked,
            detail: String::new(),
        },
    }
}

/// The features that the node's kubelet does not declare.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    let declared = &node.node.declared_features;
    let is_missing = |feature: &&&str| !declared.iter().any(|other| other == *feature);
    let missing: Vec<&'static str> = pod.features.iter().filter(is_missing).copied().collect();
    if missing.is_empty() {
        return Vec::new();
    }
    vec![FilterFailure {
        filter: Filter::NodeDeclaredFeatures,
        reason: Reason::RequiredFeatures.text(),
        what: What::Other(Other::MissingFeatures(missing)),
    }]
}

#[cfg(test)]
mod tests {
    use crate::scheduler::testing::{Cluster, Filtered, Object, node, pod};
    use crate::scheduler::{Engine, Filter};
    use crate::snapshot::Kind;
    use serde_json::{Value, json};

    const RESTARTS: &str = "RestartAllContainersOnContainerExits";

    fn declaring(name: &str, features: Value) -> Object {
        node(name, "1", "1Gi").set("/status/declaredFeatures", features)
    }

    fn filtered(pod: &Object, nodes: Vec<Object>) -> Filtered {
        Filtered::of(Filter::NodeDeclaredFeatures, pod, Cluster::new().all(nodes))
    }

    fn demanding() -> [(Object, &'static str); 4] {
        let rules = json!([{"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [3]}}]);
        let init = json!([{"name": "i", "image": "a", "restartPolicyRules": rules}]);
        let mounts = json!([{"name": "v", "mountPath": "/v", "bindMountOptions": ["noexec"]}]);
        [
            (
                pod("a").set("/spec/containers/0/restartPolicyRules", rules),
                RESTARTS,
            ),
            (pod("b").set("/spec/initContainers", init), RESTARTS),
            (
                pod("c")
                    .set("/spec/hostNetwork", json!(true))
                    .set("/spec/hostUsers", json!(false)),
                "UserNamespacesHostNetworkSupport",
            ),
            (
                pod("d").set("/spec/containers/0/volumeMounts", mounts),
                "VolumeBindMountOptions",
            ),
        ]
    }

    #[test]
    fn a_kubelet_must_declare_what_the_pod_needs() {
        for (pod, feature) in demanding() {
            let nodes = vec![
                declaring("with", json!([feature])),
                declaring("without", json!(["Another"])),
                node("old", "1", "1Gi"),
            ];
            let filtered = filtered(&pod, nodes);
            assert!(filtered.reasons("with").is_empty(), "{feature}");
            let words = ["node(s) didn't match Pod's required features"];
            assert_eq!(filtered.reasons("without"), words, "{feature}");
            assert_eq!(filtered.reasons("old"), words, "{feature}");
        }
    }

    #[test]
    fn a_feature_that_is_not_known_here_leaves_the_filter_open() {
        let message = "0/1 nodes are available: 1 node(s) didn't match Pod's required features.";
        let refused = |pod: Object| {
            let condition = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]);
            let pod = pod.set("/status/conditions", condition);
            let cluster = Cluster::new().with(node("n1", "1", "1Gi")).snapshot();
            let found = Engine::new(&cluster).examine(&pod.stuck());
            found.results.unwrap().unread.clone()
        };
        let unread = refused(pod("a"));
        assert_eq!(unread[0].filter, Filter::NodeDeclaredFeatures);
        let [(needs, _), ..] = demanding();
        assert_eq!(refused(needs).len(), 1);
    }

    #[test]
    fn other_pods_need_nothing() {
        let rules = json!([{"action": "Restart"}]);
        for pod in [
            pod("a"),
            pod("b").set("/spec/containers/0/restartPolicyRules", rules),
            pod("c").set("/spec/hostNetwork", json!(true)),
            pod("d").set("/spec/hostUsers", json!(false)),
        ] {
            assert!(filtered(&pod, vec![declaring("n1", json!(["Another"]))]).is_nothing());
        }
    }

    #[test]
    fn without_any_declaration_nothing_is_known() {
        for (pod, _) in demanding() {
            let filtered = filtered(&pod, vec![node("n1", "1", "1Gi")]);
            assert!(filtered.is_nothing());
            assert_eq!(filtered.unread, [Kind::Node]);
        }
        assert!(
            filtered(&pod("a"), vec![node("n1", "1", "1Gi")])
                .unread
                .is_empty()
        );
    }
}
