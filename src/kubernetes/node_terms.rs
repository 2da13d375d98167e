//! Which nodes are meant, as data: of a node selector, an affinity, a volume or a storage class.
//!
//! Here a single requirement has kubectl's notation. How requirements and terms are joined is for a sentence (`text`).

use std::collections::BTreeSet;
use std::fmt;

use k8s_openapi::api::core::v1::{
    NodeSelector, NodeSelectorRequirement, TopologySelectorLabelRequirement, TopologySelectorTerm,
};
use serde::Serialize;

/// The only field that a term may name. It is no label.
pub const NODE_NAME: &str = "metadata.name";

/// What a node must have under one key.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NodeRequirement {
    /// The label, or the field `metadata.name`.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
    pub operator: String,
    /// What it compares with; absent where the operator takes none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// A node is meant that has all of one of these.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct NodeTerms(pub Vec<Vec<NodeRequirement>>);

impl NodeRequirement {
    /// One of these values.
    pub fn one_of(key: &str, values: &[String]) -> Self {
        NodeRequirement {
            key: key.to_owned(),
            operator: "In".to_owned(),
            values: values.to_vec(),
        }
    }
}

impl NodeTerms {
    /// The keys that it names.
    pub fn keys(&self) -> BTreeSet<&str> {
        let all = self.0.iter().flatten();
        all.map(|requirement| requirement.key.as_str()).collect()
    }
}

impl From<NodeRequirement> for NodeTerms {
    fn from(requirement: NodeRequirement) -> Self {
        NodeTerms(vec![vec![requirement]])
    }
}

impl From<&NodeSelectorRequirement> for NodeRequirement {
    fn from(requirement: &NodeSelectorRequirement) -> Self {
        NodeRequirement {
            key: requirement.key.clone(),
            operator: requirement.operator.clone(),
            values: requirement.values.clone().unwrap_or_default(),
        }
    }
}

impl From<&TopologySelectorLabelRequirement> for NodeRequirement {
    fn from(requirement: &TopologySelectorLabelRequirement) -> Self {
        NodeRequirement::one_of(&requirement.key, &requirement.values)
    }
}

impl From<&NodeSelector> for NodeTerms {
    fn from(selector: &NodeSelector) -> Self {
        let terms = selector.node_selector_terms.iter().map(|term| {
            let expressions = term.match_expressions.iter().flatten();
            let fields = term.match_fields.iter().flatten();
            expressions.chain(fields).map(Into::into).collect()
        });
        NodeTerms(terms.collect())
    }
}

impl From<&[TopologySelectorTerm]> for NodeTerms {
    fn from(terms: &[TopologySelectorTerm]) -> Self {
        let terms = terms.iter().map(|term| {
            let all = term.match_label_expressions.iter().flatten();
            all.map(Into::into).collect()
        });
        NodeTerms(terms.collect())
    }
}

/// As kubectl would take it in a selector: `zone in (a, b)`, `!gpu`, `cores > 4`.
impl fmt::Display for NodeRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NodeRequirement {
            key,
            operator,
            values,
        } = self;
        let listed = || values.join(", ");
        match (operator.as_str(), values.as_slice()) {
            ("In", [value]) => write!(f, "{key}={value}"),
            ("NotIn", [value]) => write!(f, "{key}!={value}"),
            ("In", _) => write!(f, "{key} in ({})", listed()),
            ("NotIn", _) => write!(f, "{key} notin ({})", listed()),
            ("Exists", _) => f.write_str(key),
            ("DoesNotExist", _) => write!(f, "!{key}"),
            ("Gt", _) => write!(f, "{key} > {}", listed()),
            ("Lt", _) => write!(f, "{key} < {}", listed()),
            _ => write!(f, "{key} {operator} ({})", listed()),
        }
    }
}
