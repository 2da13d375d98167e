//! In what labels differ from the pairs of a selector.

use super::*;

fn labels(text: &str) -> Labels {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn a_pair_differs_in_its_value_or_its_key_or_is_missing() {
    let key = "app".to_owned();
    let found = |found: &str| found.to_owned();
    for (selector, carried, expected) in [
        ("app=web", "app=web,tier=x", None),
        (
            "app=wbe",
            "app=web",
            Some(Difference::Value {
                key: key.clone(),
                found: found("web"),
                is_slip: true,
            }),
        ),
        (
            "app=web",
            "app=billing",
            Some(Difference::Value {
                key: key.clone(),
                found: found("billing"),
                is_slip: false,
            }),
        ),
        (
            "app=web",
            "app.kubernetes.io/name=web",
            Some(Difference::Key {
                key: key.clone(),
                found: found("app.kubernetes.io/name"),
            }),
        ),
        (
            "app=web",
            "tier=x",
            Some(Difference::Missing { key: key.clone() }),
        ),
        (
            "app=true",
            "exposed=true",
            Some(Difference::Missing { key }),
        ),
    ] {
        let differences = differences(&labels(selector), &labels(carried));
        assert_eq!(
            differences.into_iter().next(),
            expected,
            "{selector} {carried}"
        );
    }
}
