//! What a path of the API server means.

use crate::support::Kind;
use serde_json::Value;

/// The objects of a kind, or one of them.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) kind: Kind,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
}

impl Wanted {
    pub(crate) fn of(path: &str) -> Option<Self> {
        let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (group, rest) = match words.as_slice() {
            ["api", "v1", rest @ ..] => ("", rest),
            ["apis", group, _, rest @ ..] => (*group, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
            rest => (None, rest),
        };
        let (plural, name) = match rest {
            [plural] => (*plural, None),
            [plural, name] => (*plural, Some(*name)),
            _ => return None,
        };
        let mut kinds =
            Kind::read().filter(|kind| kind.plural() == plural && kind.group() == group);
        Some(Self {
            kind: kinds.next()?,
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
        })
    }

    /// Whether it is meant.
    pub(crate) fn is(&self, item: &Value) -> bool {
        let meta = &item["metadata"];
        let (namespace, name) = (self.namespace.as_deref(), self.name.as_deref());
        item["kind"] == self.kind.as_str()
            && namespace.is_none_or(|namespace| meta["namespace"] == namespace)
            && name.is_none_or(|name| meta["name"] == name)
    }
}
