//! TaintToleration: taints of effect NoSchedule and NoExecute that the pod does not tolerate.
//!
//! The scheduler stops at the first of a node; here each is a filter failure, in the order of the node's spec.
//!
//! Source: kube-scheduler `framework/plugins/tainttoleration` (1.37).

use super::{Filter, FilterFailure, Incoming, NodeView, What, unschedulable};
use crate::kubernetes::taints::{self, TaintText, untolerated};
use crate::messages::scheduler::Reason;
use k8s_openapi::api::core::v1::{Taint, Toleration};
use serde::Serialize;

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// A toleration that names a taint's key and still does not tolerate it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NearMiss {
    /// The toleration, spelt as a taint is: `key=value:Effect`.
    pub toleration: String,
    /// Why it does not.
    pub differences: Vec<Difference>,
}

/// In what a toleration differs from a taint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// The taint's effect is this.
    Effect(String),
    /// The taint's value is this; empty when it has none.
    Value(String),
    /// The toleration's operator is this, which matches no taint.
    Operator(String),
}

/// The untolerated taints.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    // what is tolerated as a cordon is tolerated as its taint, so nothing is lost by giving it once
    let is_repeated = |taint: &&Taint| node.node.unschedulable && unschedulable::repeats(taint);
    let meant = || -> Vec<Toleration> {
        let tolerations = pod.tolerations().iter();
        let meant = tolerations.filter(|toleration| !is_given(toleration));
        meant.cloned().collect()
    };
    untolerated(&node.node.taints, pod.tolerations())
        .filter(|taint| !is_repeated(taint))
        .map(|taint| FilterFailure {
            filter: Filter::TaintToleration,
            reason: Reason::UntoleratedTaint { taint: None }.text(),
            what: What::Taint {
                key: taint.key.clone(),
                taint: TaintText(taint).to_string(),
                near_miss: near_miss(&meant(), taint),
            },
        })
        .collect()
}

/// Whether a component gives pods the toleration by itself, so that nobody meant it for a taint of another effect: the
/// admission plugin DefaultTolerationSeconds to every pod (plugin/pkg/admission/defaulttolerationseconds, 1.37), the DaemonSet
/// controller to its own (pkg/controller/daemon/util).
fn is_given(toleration: &Toleration) -> bool {
    let is = |field: &Option<String>, word: &str| field.as_deref() == Some(word);
    is(&toleration.operator, "Exists")
        && is(&toleration.effect, "NoExecute")
        && [NOT_READY, UNREACHABLE]
            .iter()
            .any(|key| is(&toleration.key, key))
}

fn near_miss(tolerations: &[Toleration], taint: &Taint) -> Option<NearMiss> {
    let miss = taints::near_miss(tolerations, taint)?;
    let difference = |difference: &taints::Difference| match difference {
        taints::Difference::Effect => Difference::Effect(taint.effect.clone()),
        taints::Difference::Value => Difference::Value(taint.value.clone().unwrap_or_default()),
        taints::Difference::Operator => {
            Difference::Operator(miss.toleration.operator.clone().unwrap_or_default())
        }
    };
    Some(NearMiss {
        toleration: text(miss.toleration),
        differences: miss.differences.iter().map(difference).collect(),
    })
}

/// A toleration in the spelling of taints: `key=value:Effect`.
fn text(toleration: &Toleration) -> String {
    let key = toleration.key.as_deref().unwrap_or_default();
    let value = match toleration.value.as_deref().unwrap_or_default() {
        "" => String::new(),
        value => format!("={value}"),
    };
    let effect = match toleration.effect.as_deref().unwrap_or_default() {
        "" => String::new(),
        effect => format!(":{effect}"),
    };
    format!("{key}{value}{effect}")
}

#[cfg(test)]
mod tests {
    use super::{Difference, NearMiss};
    use crate::scheduler::testing::{Cluster, found, node, pod};
    use crate::scheduler::{View, What, run_filters};
    use serde_json::{Value, json};

    const SAID: &str = "TaintToleration: node(s) had untolerated taint(s)";

    fn tainted(taints: Value) -> crate::scheduler::testing::Object {
        node("n1", "4", "8Gi").set("/spec/taints", taints)
    }

    #[test]
    fn no_schedule_and_no_execute_keep_pods_off() {
        for (effect, expected) in [
            ("NoSchedule", vec![SAID]),
            ("NoExecute", vec![SAID]),
            ("PreferNoSchedule", vec![]),
        ] {
            let node = tainted(json!([{"key": "team", "value": "a", "effect": effect}]));
            assert_eq!(found(&pod("web"), &node, &[]), expected, "{effect}");
            let everything = json!([{"operator": "Exists"}]);
            let daemon = pod("web").set("/spec/tolerations", everything);
            assert!(found(&daemon, &node, &[]).is_empty());
        }
    }

    #[test]
    fn every_taint_is_given_in_order_with_the_toleration_that_nearly_fits() {
        let cluster = Cluster::new()
            .with(tainted(json!([
                {"key": "team", "value": "a", "effect": "NoSchedule"},
                {"key": "gpu", "value": "true", "effect": "NoExecute"},
                {"key": "lab", "effect": "NoSchedule"},
            ])))
            .snapshot();
        let web = pod("web")
            .set(
                "/spec/tolerations",
                json!([
                    {"key": "team", "operator": "Equal", "value": "a", "effect": "NoSchedule"},
                    {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
                ]),
            )
            .pod();
        let results = run_filters(&web, &View::of(&cluster)).nodes;
        let taints: Vec<_> = results[0]
            .failures
            .iter()
            .map(|failure| match &failure.what {
                What::Taint {
                    taint, near_miss, ..
                } => (taint.as_str(), near_miss.clone()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            taints,
            [
                (
                    "gpu=true:NoExecute",
                    Some(NearMiss {
                        toleration: "gpu=yes:NoSchedule".to_owned(),
                        differences: vec![
                            Difference::Effect("NoExecute".to_owned()),
                            Difference::Value("true".to_owned()),
                        ],
                    })
                ),
                ("lab:NoSchedule", None),
            ]
        );
    }

    #[test]
    fn a_toleration_that_every_pod_is_given_is_no_near_miss() {
        for seconds in [json!(300), json!(null)] {
            let key = "node.kubernetes.io/unreachable";
            let cluster = Cluster::new()
                .with(tainted(json!([{"key": key, "effect": "NoSchedule"}])))
                .snapshot();
            let given = json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": &seconds});
            let web = pod("web").set("/spec/tolerations", json!([given])).pod();
            let results = run_filters(&web, &View::of(&cluster)).nodes;
            let What::Taint { near_miss, .. } = &results[0].failures[0].what else {
                panic!("{results:?}");
            };
            assert_eq!(*near_miss, None, "{seconds}");
        }
    }
}
