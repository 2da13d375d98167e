//! Sentences as data.

use crate::kubernetes::quantity::Quantity;
use serde::Serialize;
use std::collections::BTreeMap;

/// Named values.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Facts(pub BTreeMap<&'static str, Fact>);

/// A value: a word, a number, an amount or a list of words.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Fact {
    /// A number without unit, or seconds where the name says so.
    Number(i64),
    /// A word, or an amount as Kubernetes writes it.
    Text(String),
    /// Words.
    List(Vec<String>),
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Fact::Text(text.to_owned())
    }
}
impl From<String> for Fact {
    fn from(text: String) -> Self {
        Fact::Text(text)
    }
}
impl From<i64> for Fact {
    fn from(number: i64) -> Self {
        Fact::Number(number)
    }
}
impl From<i32> for Fact {
    fn from(number: i32) -> Self {
        Fact::Number(number.into())
    }
}
impl From<u32> for Fact {
    fn from(number: u32) -> Self {
        Fact::Number(number.into())
    }
}
impl From<usize> for Fact {
    fn from(number: usize) -> Self {
        Fact::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
impl From<Quantity> for Fact {
    fn from(amount: Quantity) -> Self {
        Fact::Text(amount.to_string())
    }
}
impl From<Vec<String>> for Fact {
    fn from(words: Vec<String>) -> Self {
        Fact::List(words)
    }
}

/// The most words of a list that a sentence names; the rest is counted.
const NAMED_IN_SENTENCE: usize = 3;

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fact::Number(number) => write!(f, "{number}"),
            Fact::Text(text) => f.write_str(text),
            Fact::List(words) => {
                let named: Vec<&str> = words
                    .iter()
                    .take(NAMED_IN_SENTENCE)
                    .map(String::as_str)
                    .collect();
                f.write_str(&named.join(", "))?;
                match words.len().saturating_sub(NAMED_IN_SENTENCE) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}

/// Fills a sentence's braces with facts. A name that no fact has stays as it is, and a test finds it.
pub fn fill(sentence: &str, facts: &[&Facts]) -> String {
    let mut out = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match facts.iter().find_map(|facts| facts.0.get(name)) {
            Some(fact) => out.push_str(&fact.to_string()),
            None => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_filled_with_facts() {
        let mut facts = Facts::default();
        facts.0.insert("port", "8080/TCP".into());
        facts.0.insert(
            "holders",
            vec!["a".to_owned(), "b".into(), "c".into(), "d".into()].into(),
        );
        assert_eq!(
            fill("port {port} is held by {holders}", &[&facts]),
            "port 8080/TCP is held by a, b, c and 1 more"
        );
        assert_eq!(fill("{unknown} {", &[&facts]), "{unknown} {");
    }

    #[test]
    fn a_fixs_own_facts_come_first() {
        let mut finding = Facts::default();
        finding.0.insert("name", "outer".into());
        let mut own = Facts::default();
        own.0.insert("name", "inner".into());
        assert_eq!(fill("{name}", &[&own, &finding]), "inner");
    }
}
