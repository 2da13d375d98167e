//! Words for what filters find.

use crate::scheduler::{Difference, NearMiss, Other, TermPods};
use crate::text::{Message, say};

/// `pods with app=cache in namespace shop`
pub(crate) fn pods(pods: &TermPods) -> Message {
    let Some(selector) = &pods.selector else {
        return Message::new(say!(
            "pods.no-selector",
            "pods with no selector, which match nothing"
        ));
    };
    let message = match pods.namespaces.as_deref() {
        None => Message::new(say!(
            "pods.any-namespace",
            "pods[ with {selector}] in any namespace"
        )),
        Some([]) => Message::new(say!(
            "pods.no-namespace",
            "pods[ with {selector}] in no namespace"
        )),
        Some(namespaces) => Message::new(say!(
            "pods.in-namespaces",
            "pods[ with {selector}] in {namespaces|namespace|namespaces} {namespaces}"
        ))
        .fact("namespaces", namespaces.to_vec()),
    };
    if selector.is_empty() {
        message
    } else {
        message.fact("selector", selector.as_str())
    }
}

/// `tolerates gpu=yes:NoSchedule, but the taint's value is true`
pub(crate) fn near_miss(miss: &NearMiss) -> Message {
    let differences: Vec<Message> = miss.differences.iter().map(difference).collect();
    Message::new(say!(
        "near-miss.but",
        "tolerates {toleration}, but {differences}"
    ))
    .fact("toleration", miss.toleration.as_str())
    .fact("differences", differences)
}

fn difference(difference: &Difference) -> Message {
    match difference {
        Difference::Effect(effect) => {
            Message::new(say!("near-miss.effect", "the taint's effect is {effect}"))
                .fact("effect", effect.as_str())
        }
        Difference::Value(value) if value.is_empty() => {
            Message::new(say!("near-miss.no-value", "the taint has no value"))
        }
        Difference::Value(value) => {
            Message::new(say!("near-miss.value", "the taint's value is {value}"))
                .fact("value", value.as_str())
        }
        Difference::Operator(operator) => Message::new(say!(
            "near-miss.operator",
            "operator {operator} matches no taint"
        ))
        .fact("operator", operator.as_str()),
    }
}

/// What no field of a report tells.
pub(crate) fn other(other: &Other) -> Message {
    match other {
        Other::NamesConflict => Message::new(say!(
            "failure.names-conflict",
            "the names that the required node affinity asks for exclude each other"
        )),
        Other::EmptyTerms => Message::new(say!(
            "failure.empty-terms",
            "the required node affinity has only empty terms, which match no node"
        )),
        Other::DeviceClaimInUse { claim, users } => Message::new(say!(
            "failure.device-claim-in-use",
            "{users} pods use claim {claim}, and no more may"
        ))
        .fact("claim", claim.as_str())
        .fact("users", *users),
        Other::DevicesElsewhere { claim, nodes } => Message::new(say!(
            "failure.devices-elsewhere",
            "devices of claim {claim} are on {nodes}"
        ))
        .fact("claim", claim.as_str())
        .fact("nodes", nodes.clone()),
        Other::MissingFeatures(features) => {
            let features: Vec<String> = features.iter().map(ToString::to_string).collect();
            Message::new(say!(
                "failure.missing-features",
                "its kubelet does not declare {features}"
            ))
            .fact("features", features)
        }
    }
}

impl From<NearMiss> for crate::text::Fact {
    fn from(miss: NearMiss) -> Self {
        near_miss(&miss).into()
    }
}

impl From<TermPods> for crate::text::Fact {
    fn from(meant: TermPods) -> Self {
        pods(&meant).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_told_by_labels_and_namespaces() {
        let english = |selector: Option<&str>, namespaces: Option<&[&str]>| {
            let namespaces = namespaces.map(|all| all.iter().map(ToString::to_string).collect());
            pods(&TermPods {
                selector: selector.map(str::to_owned),
                namespaces,
            })
            .english()
        };
        for (selector, namespaces, expected) in [
            (
                Some("app=a"),
                Some(&["shop"][..]),
                "pods with app=a in namespace shop",
            ),
            (Some(""), Some(&["a", "b"]), "pods in namespaces a, b"),
            (Some("app=a"), None, "pods with app=a in any namespace"),
            (Some(""), Some(&[]), "pods in no namespace"),
            (None, None, "pods with no selector, which match nothing"),
        ] {
            assert_eq!(english(selector, namespaces), expected);
        }
    }

    #[test]
    fn a_near_miss_names_every_difference() {
        let miss = NearMiss {
            toleration: "gpu=yes:NoSchedule".to_owned(),
            differences: vec![
                Difference::Effect("NoExecute".to_owned()),
                Difference::Value(String::new()),
            ],
        };
        assert_eq!(
            near_miss(&miss).english(),
            "tolerates gpu=yes:NoSchedule, but the taint's effect is NoExecute, and the taint has no value"
        );
    }
}
