//! Which texts may be a key or a value of a label, or the name of a resource.
//!
//! Only the yes-or-no rules live here; what is wrong with a text is for its caller to say.
//!
//! Source: apimachinery `pkg/util/validation/validation.go` (v0.37), `IsQualifiedName`,
//! `IsValidLabelValue` and `IsDNS1123Subdomain`.

const LONGEST_NAME: usize = 63;
const LONGEST_PREFIX: usize = 253;

/// Whether the text may be a label key: a name of letters, digits, `-`, `_` and `.`, optionally behind a
/// DNS subdomain and a slash.
pub fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns_subdomain(prefix) && is_name(name),
        None => is_name(text),
    }
}

/// Whether the text may be a label value: empty, or a name.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

fn is_name(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.len() <= LONGEST_NAME
        && text.bytes().all(inside)
        && has_ends(text, |b| b.is_ascii_alphanumeric())
}

/// Whether the text may be the name of a namespace.
pub fn is_dns_label(text: &str) -> bool {
    text.len() <= LONGEST_NAME && is_dns_word(text)
}

fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= LONGEST_PREFIX && text.split('.').all(is_dns_word)
}

fn is_dns_word(text: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().all(|b| alphanumeric(b) || b == b'-') && has_ends(text, alphanumeric)
}

/// Whether the text is not empty and both its first and its last byte pass.
fn has_ends(text: &str, pass: impl Fn(u8) -> bool) -> bool {
    [text.bytes().next(), text.bytes().next_back()]
        .into_iter()
        .all(|b| b.is_some_and(&pass))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualified_names() {
        for name in [
            "app",
            "a",
            "A_b.c-9",
            "example.com/App",
            "kubernetes.io/os",
            "0/0",
            &"x".repeat(63),
        ] {
            assert!(is_qualified_name(name), "{name}");
        }
        for name in [
            "",
            "/",
            "a/",
            "/a",
            "a/b/c",
            "-a",
            "a-",
            "a b",
            "ä",
            "Example.com/a",
            "a..b/c",
            "-a.b/c",
            "a_b/c",
            &"x".repeat(64),
            &format!("{}/a", "x".repeat(254)),
        ] {
            assert!(!is_qualified_name(name), "{name}");
        }
    }

    #[test]
    fn label_values() {
        for value in ["", "v1", "1.2_3-x", &"x".repeat(63)] {
            assert!(is_label_value(value), "{value}");
        }
        for value in ["-5", "+5", "a/b", "v1.", "a b", &"x".repeat(64)] {
            assert!(!is_label_value(value), "{value}");
        }
    }
}
