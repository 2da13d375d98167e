//! kubectl's `--field-selector` on pods: the fields that can be told of every pod.
//!
//! Sources: apimachinery `pkg/fields/selector.go` `parseSelector` (0.37) for the grammar, and
//! pkg/apis/core/v1/conversion.go `AddFieldLabelConversionsForPod` (1.37) for the names of the fields.

use std::fmt;

/// Which pods are meant by their fields; the empty one means all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Term {
    field: Field,
    equal: bool,
    value: String,
}

/// A field of a pod.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
    /// `metadata.name`
    Name,
    /// `metadata.namespace`
    Namespace,
    /// `spec.nodeName`
    NodeName,
    /// `status.phase`
    Phase,
}

/// Why a text is not a field selector.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FieldSelectorError {
    /// No `=`, `==` or `!=` stands in it.
    #[error("{0:?} compares nothing")]
    Operator(String),
    /// A backslash stands before something that needs none, or is missing.
    #[error("{0:?} has an equals sign or a backslash in a value without a backslash before it")]
    Escape(String),
    /// Pods have no such field, or it is not told of every pod here.
    #[error("{0:?} is not a field that pods are selected by here")]
    Field(String),
}

impl Field {
    /// Every one of them.
    pub const ALL: [Field; 4] = [Field::Name, Field::Namespace, Field::NodeName, Field::Phase];

    /// As the API server calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Name => "metadata.name",
            Field::Namespace => "metadata.namespace",
            Field::NodeName => "spec.nodeName",
            Field::Phase => "status.phase",
        }
    }
}

impl FieldSelector {
    /// Reads `a=b`, `c==d` and `e!=f`, joined by commas.
    pub fn parse(text: &str) -> Result<Self, FieldSelectorError> {
        let terms = terms(text).into_iter().filter(|term| !term.is_empty());
        let terms: Result<Vec<Term>, _> = terms.map(Term::parse).collect();
        Ok(Self { terms: terms? })
    }

    /// Whether the pod with these fields is meant; one of which a field is not known is not.
    pub fn matches<'a>(&self, field: impl Fn(Field) -> Option<&'a str>) -> bool {
        self.terms.iter().all(|term| {
            let value = field(term.field);
            value.is_some_and(|value| (value == term.value) == term.equal)
        })
    }

    /// Whether it says what a field has to be.
    pub fn demands(&self, field: Field) -> bool {
        let mut terms = self.terms.iter();
        terms.any(|term| term.field == field && term.equal)
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self, FieldSelectorError> {
        let operator = |at: usize| {
            let rest = text.get(at..).unwrap_or_default();
            let mut operators = ["!=", "==", "="].into_iter();
            operators.find(|operator| rest.starts_with(operator))
        };
        let found = text
            .char_indices()
            .find_map(|(at, _)| Some((at, operator(at)?)));
        let (at, operator) = found.ok_or_else(|| FieldSelectorError::Operator(text.to_owned()))?;
        let name = text.get(..at).unwrap_or_default();
        let value = text.get(at + operator.len()..).unwrap_or_default();
        let field = Field::ALL.into_iter().find(|field| field.as_str() == name);
        Ok(Self {
            field: field.ok_or_else(|| FieldSelectorError::Field(name.to_owned()))?,
            equal: operator != "!=",
            value: unescape(value).ok_or_else(|| FieldSelectorError::Escape(text.to_owned()))?,
        })
    }
}

/// The parts between commas; what follows a backslash is none.
fn terms(text: &str) -> Vec<&str> {
    let (mut terms, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        if c == ',' && !escaped {
            terms.push(text.get(start..at).unwrap_or_default());
            start = at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    terms.push(text.get(start..).unwrap_or_default());
    terms
}

fn unescape(value: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        out.push(match c {
            '\\' => rest.next().filter(|c| matches!(c, '\\' | ',' | '='))?,
            // a second operator would be a part of the value
            '=' => return None,
            c => c,
        });
    }
    Some(out)
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let operator = if term.equal { "=" } else { "!=" };
            write!(f, "{comma}{}{operator}", term.field.as_str())?;
            for c in term.value.chars() {
                if matches!(c, '\\' | ',' | '=') {
                    f.write_str("\\")?;
                }
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str) -> bool {
        let selector = FieldSelector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        selector.matches(|field| match field {
            Field::Name => Some("web"),
            Field::Namespace => Some("shop"),
            Field::NodeName => Some(""),
            Field::Phase => None,
        })
    }

    #[test]
    fn fields_are_compared_as_the_api_server_does() {
        for text in [
            "",
            "metadata.name=web",
            "metadata.name==web,metadata.namespace=shop",
            "metadata.name!=db,",
            "spec.nodeName=",
            "spec.nodeName!=n1",
        ] {
            assert!(matches(text), "{text}");
        }
        for text in [
            "metadata.name=db",
            "metadata.name!=web",
            "spec.nodeName!=",
            "status.phase=Running",
            "status.phase!=Running",
        ] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_selector_is_said() {
        for (text, expected) in [
            ("web", FieldSelectorError::Operator("web".into())),
            ("a=b", FieldSelectorError::Field("a".into())),
            (
                "metadata.name=a=b",
                FieldSelectorError::Escape("metadata.name=a=b".into()),
            ),
            (
                r"metadata.name=a\b",
                FieldSelectorError::Escape(r"metadata.name=a\b".into()),
            ),
        ] {
            assert_eq!(FieldSelector::parse(text), Err(expected));
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in [
            "metadata.name=web,status.phase!=Running",
            r"metadata.name=a\,b\=c\\d",
        ] {
            let read = FieldSelector::parse(text).unwrap();
            assert_eq!(read.to_string(), text);
            assert_eq!(FieldSelector::parse(&read.to_string()), Ok(read));
        }
    }
}
