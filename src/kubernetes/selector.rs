//! Which objects a selector means: the `-l` of kubectl, `labelSelector`, and the node selector terms of
//! affinities and volumes.
//!
//! Here lives the test of one set of labels. Which objects are tested, and what follows, is for the
//! scheduler's filters and the rules.
//!
//! Sources: apimachinery `pkg/labels/selector.go` and `pkg/apis/meta/v1/helpers.go`, component-helpers
//! `scheduling/corev1/nodeaffinity/nodeaffinity.go` (v0.37).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::label_set::Labels;
use super::qualified_name::{is_label_value, is_qualified_name};

mod parse;
#[cfg(test)]
mod tests;

pub use parse::SelectorError;

/// A selector as typed behind `-l`; the empty one matches everything.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selector {
    /// Ordered by key.
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Requirement {
    key: String,
    condition: Condition,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Condition {
    Equals(String),
    NotEquals(String),
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Exists,
    DoesNotExist,
    Above(i64),
    Below(i64),
}

impl Selector {
    /// Reads kubectl's grammar: `a=b`, `c==d`, `e!=f`, `g in (x,y)`, `h notin (z)`, `i`, `!j`, `k>5`,
    /// `l<5`, joined by commas.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut requirements = parse::requirements(text)?;
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self { requirements })
    }

    /// Whether an object with these labels is selected.
    pub fn matches(&self, labels: &dyn Labels) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.value(&requirement.key);
            requirement.condition.holds(value)
        })
    }

    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Condition {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::Equals(wanted) => value == Some(wanted),
            Self::NotEquals(refused) => value != Some(refused),
            Self::In(wanted) => value.is_some_and(|value| wanted.contains(value)),
            Self::NotIn(refused) => !value.is_some_and(|value| refused.contains(value)),
            Self::Exists => value.is_some(),
            Self::DoesNotExist => value.is_none(),
            Self::Above(bound) => number().is_some_and(|number| number > *bound),
            Self::Below(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

/// kubectl's spelling, ordered by key, with `=` for `==`; parses back to the same selector.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Requirement { key, condition }) in self.requirements.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match condition {
                Condition::Equals(value) => write!(f, "{key}={value}")?,
                Condition::NotEquals(value) => write!(f, "{key}!={value}")?,
                Condition::In(values) => write!(f, "{key} in ({})", joined(values))?,
                Condition::NotIn(values) => write!(f, "{key} notin ({})", joined(values))?,
                Condition::Exists => f.write_str(key)?,
                Condition::DoesNotExist => write!(f, "!{key}")?,
                Condition::Above(bound) => write!(f, "{key}>{bound}")?,
                Condition::Below(bound) => write!(f, "{key}<{bound}")?,
            }
        }
        Ok(())
    }
}

fn joined(values: &BTreeSet<String>) -> String {
    values
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(",")
}

/// Whether the labels hold every pair: the selector of a Service, a `nodeSelector`, `matchLabels`.
pub fn carries(labels: &dyn Labels, pairs: &BTreeMap<String, String>) -> bool {
    let mut pairs = pairs.iter();
    pairs.all(|(key, value)| labels.value(key) == Some(value))
}

/// Whether the labels fulfil every pair and every expression. `{}` matches all; an expression that the
/// API would refuse makes the whole selector match nothing.
pub fn label_selector_matches(selector: &LabelSelector, labels: &dyn Labels) -> bool {
    let pairs = selector.match_labels.as_ref();
    let mut expressions = selector.match_expressions.iter().flatten();
    pairs.is_none_or(|pairs| carries(labels, pairs))
        && expressions.all(|expression| {
            let values = expression.values.as_deref().unwrap_or_default();
            match expression.operator.as_str() {
                "Gt" | "Lt" => false,
                operator => holds(&expression.key, operator, values, labels),
            }
        })
}

/// Whether the selector has neither pairs nor expressions.
pub fn label_selector_is_empty(selector: &LabelSelector) -> bool {
    let mut pairs = selector.match_labels.iter().flatten();
    let mut expressions = selector.match_expressions.iter().flatten();
    pairs.next().is_none() && expressions.next().is_none()
}

/// The selector as one would type it behind `-l`: `app=web,tier in (a,b)`. Empty for one that selects everything.
pub fn label_selector_text(selector: &LabelSelector) -> String {
    let pairs = selector.match_labels.iter().flatten();
    let pairs = pairs.map(|(key, value)| format!("{key}={value}"));
    let expressions = selector.match_expressions.iter().flatten();
    let expressions = expressions.map(|expression| {
        let values = expression.values.as_deref().unwrap_or_default().join(",");
        let key = &expression.key;
        match expression.operator.as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.clone(),
            "DoesNotExist" => format!("!{key}"),
            operator => format!("{key} {operator} ({values})"),
        }
    });
    pairs.chain(expressions).collect::<Vec<_>>().join(",")
}

/// Whether the node's labels fulfil the requirement. `Gt` and `Lt` compare whole numbers of 64 bits; a
/// requirement that the API would refuse is never fulfilled.
pub fn node_selector_requirement_matches(
    requirement: &NodeSelectorRequirement,
    labels: &dyn Labels,
) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    holds(&requirement.key, &requirement.operator, values, labels)
}

/// Whether the node fulfils all expressions and fields of the term. A term without any matches nothing.
pub fn node_selector_term_matches(
    term: &NodeSelectorTerm,
    labels: &dyn Labels,
    node_name: &str,
) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    !(expressions.is_empty() && fields.is_empty())
        && expressions
            .iter()
            .all(|requirement| node_selector_requirement_matches(requirement, labels))
        && fields
            .iter()
            .all(|requirement| field_matches(requirement, node_name))
}

/// The only field a term may name is `metadata.name`, with one value.
fn field_matches(requirement: &NodeSelectorRequirement, node_name: &str) -> bool {
    let [value] = requirement.values.as_deref().unwrap_or_default() else {
        return false;
    };
    match (requirement.key.as_str(), requirement.operator.as_str()) {
        ("metadata.name", "In") => value == node_name,
        ("metadata.name", "NotIn") => value != node_name,
        _ => false,
    }
}

/// `NewRequirement` and `Matches` of `pkg/labels` in one: what cannot be constructed does not match.
fn holds(key: &str, operator: &str, values: &[String], labels: &dyn Labels) -> bool {
    if !is_qualified_name(key) || !values.iter().all(|value| is_label_value(value)) {
        return false;
    }
    let value = labels.value(key);
    let listed = || value.is_some_and(|value| values.iter().any(|it| it == value));
    let bound = || match values {
        [bound] => bound.parse::<i64>().ok(),
        _ => None,
    };
    let compared = |test: fn(&i64, &i64) -> bool| {
        let number = value.and_then(|value| value.parse().ok());
        number
            .zip(bound())
            .is_some_and(|(number, bound)| test(&number, &bound))
    };
    match operator {
        "In" => !values.is_empty() && listed(),
        "NotIn" => !values.is_empty() && !listed(),
        "Exists" => values.is_empty() && value.is_some(),
        "DoesNotExist" => values.is_empty() && value.is_none(),
        "Gt" => compared(i64::gt),
        "Lt" => compared(i64::lt),
        _ => false,
    }
}
