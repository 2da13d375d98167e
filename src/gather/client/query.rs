//! Builds paths and queries: what a person typed may hold any character.

use crate::snapshot::Kind;

/// `a=b&c=d`, percent-encoded.
pub fn query_string(pairs: &[(&str, &str)]) -> String {
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", path_segment(name), path_segment(value)))
        .collect();
    encoded.join("&")
}

/// The path of a collection, or of one object in it.
pub fn path(kind: Kind, namespace: Option<&str>, name: Option<&str>) -> String {
    let root = if kind.group().is_empty() {
        "api"
    } else {
        "apis"
    };
    let mut path = format!("/{root}/{}", kind.api_version());
    if let (true, Some(namespace)) = (kind.namespaced(), namespace) {
        path.push_str("/namespaces/");
        path.push_str(&path_segment(namespace));
    }
    path.push('/');
    path.push_str(kind.plural());
    if let Some(name) = name {
        path.push('/');
        path.push_str(&path_segment(name));
    }
    path
}

/// What a path asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Of which kind.
    pub kind: Kind,
    /// The one object, as it stands in the path.
    name: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// What [`path`] made a path for; nothing where that is no kind.
    pub fn of(uri: &'a str) -> Option<Self> {
        let path = uri.split('?').next().unwrap_or_default();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let (group, version, rest) = match segments.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (plural, name) = match rest {
            ["namespaces", _, plural] | [plural] => (plural, None),
            ["namespaces", _, plural, name] | [plural, name] => (plural, Some(*name)),
            _ => return None,
        };
        let mut kinds = Kind::all();
        let is_it = |kind: &Kind| {
            (kind.group(), kind.version()) == (group, version) && kind.plural() == *plural
        };
        let kind = kinds.find(is_it)?;
        Some(Wanted { kind, name })
    }

    /// Whether this is the object that was asked for, by the name of its resource.
    pub fn is(&self, resource: &str, name: &str) -> bool {
        resource == self.kind.plural()
            && self.name.is_some_and(|wanted| wanted == path_segment(name))
    }
}

/// One segment of a path, percent-encoded, so that a name cannot lead to another path.
fn path_segment(text: &str) -> String {
    let is_dots = text == "." || text == "..";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            b'.' if !is_dots => encoded.push('.'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The address of one page. A later page may not name a version (Kubernetes 1.37, apimachinery
/// `pkg/apis/meta/internalversion/validation/validation.go`), and neither may a list that begins again `fresh`.
pub(super) fn list_uri(
    path: &str,
    query: &[(&str, &str)],
    token: Option<&str>,
    fresh: bool,
) -> String {
    let mut pairs: Vec<(&str, &str)> = query.to_vec();
    if fresh || token.is_some() {
        pairs.retain(|(name, _)| !matches!(*name, "resourceVersion" | "resourceVersionMatch"));
    }
    if let Some(token) = token {
        pairs.push(("continue", token));
    }
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query_string(&pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api_server() {
        assert_eq!(
            path(Kind::Pod, Some("shop"), Some("web")),
            "/api/v1/namespaces/shop/pods/web"
        );
        assert_eq!(
            path(Kind::Deployment, None, None),
            "/apis/apps/v1/deployments"
        );
        assert_eq!(
            path(Kind::Node, Some("shop"), Some("../x")),
            "/api/v1/nodes/..%2Fx"
        );
    }

    #[test]
    fn a_path_tells_what_it_asks_for() {
        for (namespace, name) in [
            (Some("shop"), Some("a b")),
            (None, None),
            (Some("shop"), None),
        ] {
            for kind in Kind::all() {
                let path = format!("{}?limit=1", path(kind, namespace, name));
                let wanted = Wanted::of(&path).unwrap();
                assert_eq!(
                    (wanted.kind, wanted.name.is_some()),
                    (kind, name.is_some()),
                    "{path}"
                );
                assert_eq!(wanted.is(kind.plural(), "a b"), name.is_some());
                assert!(!wanted.is(kind.plural(), "a") && !wanted.is("clusters", "a b"));
            }
        }
        assert_eq!(Wanted::of("/version"), None);
        assert_eq!(Wanted::of("/api/v1/namespaces/a/pods/b/log"), None);
    }

    #[test]
    fn what_was_typed_stays_in_its_place() {
        assert_eq!(path_segment("web-0.b_1~"), "web-0.b_1~");
        assert_eq!(path_segment("../secrets?x=1#y"), "..%2Fsecrets%3Fx%3D1%23y");
        assert_eq!(path_segment(".."), "%2E%2E");
        assert_eq!(path_segment("é"), "%C3%A9");
        assert_eq!(
            query_string(&[
                ("fieldSelector", "status.phase!=Succeeded"),
                ("limit", "500")
            ]),
            "fieldSelector=status.phase%21%3DSucceeded&limit=500"
        );
    }

    #[test]
    fn a_later_page_names_no_version() {
        let query = [("resourceVersion", "0"), ("limit", "2")];
        assert_eq!(
            list_uri("/api/v1/pods", &query, None, false),
            "/api/v1/pods?resourceVersion=0&limit=2"
        );
        assert_eq!(
            list_uri("/api/v1/pods", &query, Some("a+b"), false),
            "/api/v1/pods?limit=2&continue=a%2Bb"
        );
        assert_eq!(
            list_uri("/api/v1/pods", &query, None, true),
            "/api/v1/pods?limit=2"
        );
        assert_eq!(list_uri("/api/v1/pods", &[], None, false), "/api/v1/pods");
    }
}
