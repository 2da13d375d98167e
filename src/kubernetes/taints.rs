//! Which taints a pod tolerates, and which toleration was meant to but does not.
//!
//! Here lives the comparison of tolerations with taints. Which node has which taint, and what its key
//! means, is known elsewhere.
//!
//! Sources: api `core/v1/toleration.go` (v0.36), `ToleratesTaint`; kube-scheduler
//! `framework/plugins/tainttoleration`, which looks at the effects NoSchedule and NoExecute only. `Lt` and
//! `Gt` are behind the gate TaintTolerationComparisonOperators, off by default: they match nothing.

use std::fmt;

use k8s_openapi::api::core::v1::{Taint, Toleration};

/// Whether the toleration lets a pod onto a node with this taint.
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let key = toleration.key.as_deref().unwrap_or_default();
    (key.is_empty() || key == taint.key) && differences(toleration, taint).is_empty()
}

/// The taints that keep a pod with these tolerations off a node, in the order of the node's spec.
pub fn untolerated<'a>(
    taints: &'a [Taint],
    tolerations: &'a [Toleration],
) -> impl Iterator<Item = &'a Taint> {
    taints
        .iter()
        .filter(|taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute"))
        .filter(|taint| {
            !tolerations
                .iter()
                .any(|toleration| tolerates(toleration, taint))
        })
}

/// A toleration with the key of a taint that it does not tolerate.
#[derive(Clone, Debug, PartialEq)]
pub struct NearMiss<'a> {
    /// Its place in `spec.tolerations`.
    pub index: usize,
    /// The toleration itself.
    pub toleration: &'a Toleration,
    /// Everything that would have to change; never empty.
    pub differences: Vec<Difference>,
}

/// Why a toleration does not match a taint of the same key.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Difference {
    /// It is for another effect.
    Effect,
    /// It is for another value, or for none.
    Value,
    /// Its operator never matches.
    Operator,
}

/// The toleration that comes closest to a taint that none of them tolerates: the one with the fewest
/// differences, the first of equals.
pub fn near_miss<'a>(tolerations: &'a [Toleration], taint: &Taint) -> Option<NearMiss<'a>> {
    if tolerations
        .iter()
        .any(|toleration| tolerates(toleration, taint))
    {
        return None;
    }
    tolerations
        .iter()
        .enumerate()
        .filter(|(_, toleration)| toleration.key.as_deref() == Some(taint.key.as_str()))
        .map(|(index, toleration)| NearMiss {
            index,
            toleration,
            differences: differences(toleration, taint),
        })
        .min_by_key(|near_miss| near_miss.differences.len())
}

/// What keeps a toleration from matching, its key apart.
fn differences(toleration: &Toleration, taint: &Taint) -> Vec<Difference> {
    let effect = toleration.effect.as_deref().unwrap_or_default();
    let value = toleration.value.as_deref().unwrap_or_default();
    let mut differences = Vec::new();
    if !effect.is_empty() && effect != taint.effect {
        differences.push(Difference::Effect);
    }
    match toleration.operator.as_deref().unwrap_or_default() {
        "" | "Equal" if value == taint.value.as_deref().unwrap_or_default() => {}
        "" | "Equal" => differences.push(Difference::Value),
        "Exists" => {}
        _ => differences.push(Difference::Operator),
    }
    differences
}

/// Displays a taint as `kubectl taint` takes it: `key=value:Effect`, or `key:Effect` without a value.
#[derive(Copy, Clone, Debug)]
pub struct TaintText<'a>(pub &'a Taint);

impl fmt::Display for TaintText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Taint {
            key, value, effect, ..
        } = self.0;
        match value.as_deref().unwrap_or_default() {
            "" => write!(f, "{key}:{effect}"),
            value => write!(f, "{key}={value}:{effect}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        (text != "-").then(|| text.to_owned())
    }

    /// A field written `-` is absent.
    fn toleration(key: &str, operator: &str, value: &str, effect: &str) -> Toleration {
        Toleration {
            key: text(key),
            operator: text(operator),
            value: text(value),
            effect: text(effect),
            toleration_seconds: None,
        }
    }

    fn taint(key: &str, value: &str, effect: &str) -> Taint {
        Taint {
            key: key.to_owned(),
            value: text(value),
            effect: effect.to_owned(),
            time_added: None,
        }
    }

    #[test]
    fn tolerates_as_the_scheduler_does() {
        let gpu = taint("gpu", "true", "NoSchedule");
        for (key, operator, value, effect, expected) in [
            ("gpu", "Equal", "true", "NoSchedule", true),
            ("gpu", "-", "true", "-", true),
            ("gpu", "", "true", "", true),
            ("gpu", "Equal", "false", "NoSchedule", false),
            ("gpu", "Equal", "-", "NoSchedule", false),
            ("gpu", "Equal", "true", "NoExecute", false),
            ("gpu", "Exists", "-", "NoSchedule", true),
            ("gpu", "Exists", "other", "-", true),
            ("gpus", "Exists", "-", "-", false),
            ("-", "Exists", "-", "-", true),
            ("", "Exists", "-", "NoSchedule", true),
            ("-", "Exists", "-", "NoExecute", false),
            ("gpu", "exists", "-", "-", false),
            ("gpu", "Gt", "1", "-", false),
        ] {
            let toleration = toleration(key, operator, value, effect);
            assert_eq!(tolerates(&toleration, &gpu), expected, "{toleration:?}");
        }
        let numbered = taint("cores", "8", "NoSchedule");
        assert!(
            !tolerates(&toleration("cores", "Lt", "16", "-"), &numbered),
            "the gate is off by default"
        );
        let bare = taint("gpu", "-", "NoSchedule");
        assert!(tolerates(&toleration("gpu", "-", "-", "-"), &bare));
        assert!(tolerates(&toleration("gpu", "-", "", "-"), &bare));
    }

    #[test]
    fn only_two_effects_keep_a_pod_off() {
        let taints = [
            taint("a", "-", "NoSchedule"),
            taint("b", "-", "PreferNoSchedule"),
            taint("c", "1", "NoExecute"),
            taint("d", "-", "NoSchedule"),
        ];
        let tolerations = [toleration("d", "Exists", "-", "-")];
        let written: Vec<_> = untolerated(&taints, &tolerations)
            .map(|taint| TaintText(taint).to_string())
            .collect();
        assert_eq!(written, ["a:NoSchedule", "c=1:NoExecute"]);
    }

    #[test]
    fn names_what_keeps_a_toleration_from_matching() {
        use Difference::{Effect, Operator, Value};
        let gpu = taint("gpu", "true", "NoSchedule");
        for (tolerations, expected) in [
            (vec![], None),
            (vec![toleration("gpus", "Equal", "true", "-")], None),
            (vec![toleration("-", "Exists", "-", "NoExecute")], None),
            (
                vec![toleration("gpu", "Equal", "yes", "-")],
                Some((0, vec![Value])),
            ),
            (
                vec![toleration("gpu", "-", "-", "-")],
                Some((0, vec![Value])),
            ),
            (
                vec![toleration("gpu", "Exists", "-", "NoExecute")],
                Some((0, vec![Effect])),
            ),
            (
                vec![toleration("gpu", "Gt", "1", "NoExecute")],
                Some((0, vec![Effect, Operator])),
            ),
            (
                vec![
                    toleration("gpu", "Equal", "yes", "NoExecute"),
                    toleration("gpu", "Equal", "true", "NoExecute"),
                    toleration("gpu", "Equal", "yes", "NoSchedule"),
                ],
                Some((1, vec![Effect])),
            ),
            (
                vec![
                    toleration("gpu", "Equal", "yes", "-"),
                    toleration("gpu", "Exists", "-", "-"),
                ],
                None,
            ),
        ] {
            let found = near_miss(&tolerations, &gpu).map(|miss| (miss.index, miss.differences));
            assert_eq!(found, expected, "{tolerations:?}");
        }
    }
}
