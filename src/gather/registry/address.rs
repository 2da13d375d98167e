//! Addresses: where a redirect leads, what is this machine, and over which way a login may go.

use http::Uri;

/// Whether a login may be sent there: over TLS, or on this machine where the registry is there, too.
pub(super) fn is_safe(base: &str, realm: &str) -> bool {
    let is_here = |address: &str| {
        let uri = address.parse::<Uri>().ok();
        uri.is_some_and(|uri| is_loopback(uri.host().unwrap_or_default()))
    };
    realm.starts_with("https://")
        || (base.starts_with("http://") && is_here(base) && is_here(realm))
}

/// Whether the host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

pub(super) fn origin(uri: &Uri) -> (Option<&str>, Option<&str>) {
    (
        uri.scheme_str(),
        uri.authority().map(http::uri::Authority::as_str),
    )
}

/// The host, with its port if one is given.
pub(super) fn place(uri: &Uri) -> String {
    let port = uri.port().map(|port| format!(":{port}"));
    format!(
        "{}{}",
        uri.host().unwrap_or_default(),
        port.unwrap_or_default()
    )
}

/// An address as it is meant at another one.
pub(super) fn resolved(at: &Uri, target: &str) -> Option<Uri> {
    let (scheme, authority) = origin(at);
    let whole = if target.contains("://") {
        target.to_owned()
    } else if target.starts_with("//") {
        format!("{}:{target}", scheme?)
    } else if target.starts_with('/') {
        format!("{}://{}{target}", scheme?, authority?)
    } else {
        let folder = at.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{}://{}{folder}/{target}", scheme?, authority?)
    };
    let uri: Uri = whole.parse().ok()?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    (is_web && uri.host().is_some()).then_some(uri)
}

/// For a query: all but letters, digits and what a scope holds.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~:/,".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_goes_in_the_clear_only_on_this_machine() {
        for (base, realm, expected) in [
            ("https://a.example", "https://token.example/t", true),
            ("https://a.example", "http://token.example/t", false),
            ("https://a.example", "http://127.0.0.1/t", false),
            ("http://127.0.0.1:5000", "http://localhost:5001/t", true),
            ("http://127.0.0.1:5000", "http://token.example/t", false),
            ("http://a.example", "http://127.0.0.1/t", false),
            (
                "http://localhost.example",
                "http://localhost.example",
                false,
            ),
        ] {
            assert_eq!(is_safe(base, realm), expected, "{base} {realm}");
        }
    }

    #[test]
    fn an_address_is_resolved_where_it_stands() {
        let at: Uri = "https://a.example:5000/v2/web/tags/list".parse().unwrap();
        for (target, expected) in [
            ("/v2/x?n=1", Some("https://a.example:5000/v2/x?n=1")),
            (
                "list?last=b",
                Some("https://a.example:5000/v2/web/tags/list?last=b"),
            ),
            ("//b.example/x", Some("https://b.example/x")),
            ("https://b.example/x", Some("https://b.example/x")),
            ("file:///etc/passwd", None),
            ("gopher://b.example/x", None),
        ] {
            let found = resolved(&at, target).map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), expected, "{target}");
        }
    }
}
