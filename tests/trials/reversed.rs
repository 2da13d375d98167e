//! The order in which objects are read does not matter.

use super::{Case, items, list, report_of};
use serde_json::{Value, to_value};

pub(super) fn check(case: &Case) {
    let turned = turned(items(case.dump()));
    let got = report_of(&list(turned)).expect("a case is readable");
    assert_eq!(
        to_value(case.report()).expect("it is JSON"),
        to_value(got).expect("it is JSON")
    );
}

/// The other way round, but of one object what was read later still comes later.
fn turned(mut items: Vec<Value>) -> Vec<Value> {
    let key = |item: &Value| {
        let meta = &item["metadata"];
        [&item["kind"], &meta["namespace"], &meta["name"]].map(Value::to_string)
    };
    let mut turned = Vec::new();
    while let Some(last) = items.last().map(key) {
        let (same, others): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| key(item) == last);
        turned.extend(same);
        items = others;
    }
    turned
}
