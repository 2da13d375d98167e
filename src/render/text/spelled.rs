//! An object of JSON that is quoted, so that it can be read in a few lines: what a path leads to, the fields of the
//! object itself first.

use serde_json::Value;

/// `periodSeconds: 10, timeoutSeconds: 1, httpGet.path: /ready, httpGet.port: 8080`; nothing of what is no object.
pub(super) fn spelled(quote: &str) -> Option<String> {
    let Value::Object(fields) = serde_json::from_str(quote).ok()? else {
        return None;
    };
    let (nested, own): (Vec<_>, Vec<_>) = fields
        .iter()
        .partition(|(_, value)| value.is_object() || value.is_array());
    let mut parts = Vec::new();
    for (name, value) in own.into_iter().chain(nested) {
        flat(name, value, &mut parts);
    }
    Some(parts.join(", ")).filter(|text| !text.is_empty())
}

fn flat(path: &str, value: &Value, parts: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                flat(&format!("{path}.{name}"), value, parts);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (nth, item) in items.iter().enumerate() {
                flat(&format!("{path}[{nth}]"), item, parts);
            }
        }
        Value::Array(items) => {
            let words: Vec<String> = items.iter().map(word).collect();
            parts.push(format!("{path}: {}", words.join(" ")));
        }
        value => parts.push(format!("{path}: {}", word(value))),
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_of_a_probe_stands_first() {
        for (quote, expected) in [
            (
                r#"{"exec":{"command":["sh","-c","ping -q"]},"failureThreshold":3,"timeoutSeconds":20}"#,
                Some("failureThreshold: 3, timeoutSeconds: 20, exec.command: sh -c ping -q"),
            ),
            (
                r#"{"terms":[{"key":"a","values":["b","c"]}],"empty":{}}"#,
                Some("empty: {}, terms[0].key: a, terms[0].values: b c"),
            ),
            (r#"{"cut":"#, None),
            ("[1]", None),
            ("{}", None),
            ("a: b", None),
        ] {
            assert_eq!(spelled(quote).as_deref(), expected, "{quote}");
        }
    }
}
