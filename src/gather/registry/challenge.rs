//! How a registry wants to be logged in to: the header `WWW-Authenticate` (RFC 7235; distribution `docs/spec/auth/token.md`).

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use std::collections::BTreeMap;

/// What a registry asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password.
    Basic,
    /// A token, to be fetched elsewhere.
    Bearer {
        /// Where.
        realm: String,
        /// For which service.
        service: Option<String>,
        /// For which rights.
        scope: Option<String>,
    },
}

/// The challenge of an answer, a token before a password.
pub(super) fn of(headers: &HeaderMap) -> Option<Challenge> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter();
    let mut basic = None;
    for value in values.filter_map(|value| value.to_str().ok()) {
        let (scheme, parameters) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
        let mut parameters = pairs(parameters);
        if scheme.eq_ignore_ascii_case("basic") {
            basic = Some(Challenge::Basic);
        } else if scheme.eq_ignore_ascii_case("bearer")
            && let Some(realm) = parameters.remove("realm")
        {
            return Some(Challenge::Bearer {
                realm,
                service: parameters.remove("service"),
                scope: parameters.remove("scope"),
            });
        }
    }
    basic
}

/// `realm="https://a,b",service=c`, by name in lower case.
fn pairs(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        let name = name.trim_matches([',', ' ', '\t']).to_ascii_lowercase();
        found.insert(name, value.trim().to_owned());
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        of(&headers)
    }

    #[test]
    fn a_challenge_is_read_whatever_stands_in_it() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        };
        for (values, expected) in [
            (&["Basic realm=\"r\""][..], Some(Challenge::Basic)),
            (&["basic"], Some(Challenge::Basic)),
            (
                &[
                    "Bearer realm=\"https://a.example/token\",service=\"a.example\",scope=\"repository:web:pull,push\"",
                ],
                Some(bearer(
                    "https://a.example/token",
                    Some("a.example"),
                    Some("repository:web:pull,push"),
                )),
            ),
            (
                &["Basic realm=x", "bearer Service=s, realm=https://a.example"],
                Some(bearer("https://a.example", Some("s"), None)),
            ),
            (&["Bearer service=\"s\""], None),
            (
                &["Bearer realm=\"unended"],
                Some(bearer("unended", None, None)),
            ),
            (&["Negotiate"], None),
            (&[], None),
        ] {
            assert_eq!(read(values), expected, "{values:?}");
        }
    }
}
