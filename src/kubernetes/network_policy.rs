//! Whom NetworkPolicies let in.
//!
//! Here lives what the API promises; whether anything enforces it is for the network plugin, and whether somebody is there who is
//! let in for who asks.
//!
//! Source: k8s.io/api `networking/v1/types.go` (1.37).

use super::ports::{OpenPort, Protocol};
use super::selector::label_selector_matches;
use k8s_openapi::api::networking::v1::{
    NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;

type Labels = BTreeMap<String, String>;

/// A port of a pod that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: &'a Protocol,
    /// What the pod's containers declare, among which names are looked up.
    pub open: &'a [OpenPort],
}

/// Whether a policy of the pod's own namespace is about who may reach it. Without `policyTypes` each one is.
pub fn isolates(policy: &NetworkPolicySpec, labels: &Labels) -> bool {
    let types = policy.policy_types.as_deref();
    let of_ingress = types.is_none_or(|all| all.is_empty() || all.iter().any(|it| it == "Ingress"));
    let selector = policy.pod_selector.as_ref();
    of_ingress && selector.is_none_or(|selector| label_selector_matches(selector, labels))
}

/// Whom a policy that isolates a pod lets in at a port: everybody, or the peers of each of its rules.
pub fn admitted<'p>(
    policy: &'p NetworkPolicySpec,
    port: Asked<'_>,
) -> impl Iterator<Item = Admitted<'p>> {
    let rules = policy.ingress.iter().flatten();
    rules.filter(move |rule| is_open(rule, port)).map(|rule| {
        let peers = rule.from.as_deref().unwrap_or_default();
        if peers.is_empty() {
            Admitted::Everybody
        } else {
            Admitted::Peers(peers)
        }
    })
}

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Admitted<'p> {
    /// Whoever asks: a rule without peers names all of them.
    Everybody,
    /// These.
    Peers(&'p [NetworkPolicyPeer]),
}

/// Whether a rule is about the port: without ports it is about each.
fn is_open(rule: &NetworkPolicyIngressRule, asked: Asked<'_>) -> bool {
    let ports = rule.ports.as_deref().unwrap_or_default();
    ports.is_empty() || ports.iter().any(|port| is_port(port, asked))
}

fn is_port(port: &NetworkPolicyPort, asked: Asked<'_>) -> bool {
    if Protocol::from(port.protocol.as_deref()) != *asked.protocol {
        return false;
    }
    let number = i32::from(asked.number);
    match (&port.port, port.end_port) {
        (None, _) => true,
        (Some(IntOrString::Int(first)), Some(last)) => (*first..=last).contains(&number),
        (Some(IntOrString::Int(only)), None) => *only == number,
        (Some(IntOrString::String(name)), _) => {
            let mut open = asked.open.iter().filter(|open| open.is_named(name));
            open.any(|open| open.number == asked.number && open.protocol == *asked.protocol)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn labels(value: &Value) -> Labels {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn policy(value: Value) -> NetworkPolicySpec {
        serde_json::from_value(value).unwrap()
    }

    fn open() -> Vec<OpenPort> {
        vec![
            OpenPort {
                name: Some("http".into()),
                number: 8080,
                protocol: Protocol::Tcp,
            },
            OpenPort {
                name: Some("dns".into()),
                number: 53,
                protocol: Protocol::Udp,
            },
        ]
    }

    /// How many rules let somebody in at a port, and whether one lets in everybody.
    fn found(ingress: Value, number: u16, protocol: &Protocol) -> (usize, bool) {
        let policy = policy(json!({"podSelector": {}, "ingress": ingress}));
        let open = open();
        let port = Asked {
            number,
            protocol,
            open: &open,
        };
        let all: Vec<_> = admitted(&policy, port).collect();
        (all.len(), all.contains(&Admitted::Everybody))
    }

    #[test]
    fn a_policy_isolates_the_pods_that_it_selects_for_what_comes_in() {
        let web = labels(&json!({"app": "web"}));
        for (spec, expected) in [
            (json!({"podSelector": {}}), true),
            (
                json!({"podSelector": {"matchLabels": {"app": "web"}}}),
                true,
            ),
            (
                json!({"podSelector": {"matchLabels": {"app": "api"}}}),
                false,
            ),
            (json!({"podSelector": {}, "policyTypes": ["Ingress"]}), true),
            (
                json!({"podSelector": {}, "policyTypes": ["Egress", "Ingress"]}),
                true,
            ),
            (json!({"podSelector": {}, "policyTypes": ["Egress"]}), false),
            // without policyTypes one with egress rules is still about what comes in
            (json!({"podSelector": {}, "egress": [{}]}), true),
            (
                json!({"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}}),
                false,
            ),
        ] {
            assert_eq!(isolates(&policy(spec.clone()), &web), expected, "{spec}");
        }
    }

    #[test]
    fn no_rule_lets_in_nobody_and_an_empty_one_everybody() {
        assert_eq!(found(json!([]), 8080, &Protocol::Tcp), (0, false));
        assert_eq!(found(Value::Null, 8080, &Protocol::Tcp), (0, false));
        assert_eq!(found(json!([{}]), 8080, &Protocol::Tcp), (1, true));
        assert_eq!(
            found(json!([{"from": []}]), 8080, &Protocol::Tcp),
            (1, true)
        );
        let of_peers = json!([{"from": [{"podSelector": {}}]}]);
        assert_eq!(found(of_peers, 8080, &Protocol::Tcp), (1, false));
    }

    #[test]
    fn ports_are_numbers_ranges_or_names_of_the_protocol() {
        for (ports, number, protocol, expected) in [
            (json!([]), 8080, Protocol::Tcp, true),
            (json!([{"port": 8080}]), 8080, Protocol::Tcp, true),
            (json!([{"port": 8080}]), 8081, Protocol::Tcp, false),
            (
                json!([{"port": 8080, "protocol": "UDP"}]),
                8080,
                Protocol::Tcp,
                false,
            ),
            (json!([{"protocol": "TCP"}]), 8080, Protocol::Tcp, true),
            (json!([{"protocol": "UDP"}]), 8080, Protocol::Tcp, false),
            (
                json!([{"port": 8000, "endPort": 8080}]),
                8080,
                Protocol::Tcp,
                true,
            ),
            (
                json!([{"port": 8000, "endPort": 8079}]),
                8080,
                Protocol::Tcp,
                false,
            ),
            (json!([{"port": "http"}]), 8080, Protocol::Tcp, true),
            // the name of another port, or of one that the pod does not have
            (json!([{"port": "http"}]), 9090, Protocol::Tcp, false),
            (json!([{"port": "https"}]), 8080, Protocol::Tcp, false),
            (json!([{"port": "dns"}]), 53, Protocol::Tcp, false),
            (
                json!([{"port": "dns", "protocol": "UDP"}]),
                53,
                Protocol::Udp,
                true,
            ),
            (
                json!([{"port": 80}, {"port": 8080}]),
                8080,
                Protocol::Tcp,
                true,
            ),
        ] {
            let ingress = json!([{"ports": ports}]);
            let found = found(ingress, number, &protocol);
            assert_eq!(found.0 > 0, expected, "{ports} for {number}/{protocol}");
        }
    }
}
