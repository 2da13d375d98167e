//! The order in which objects are read does not matter.

use super::{Case, items, list, report_of};
use serde_json::to_value;

pub(super) fn check(case: &Case) {
    let mut turned = items(&case.dump());
    turned.reverse();
    let got = report_of(&list(turned)).expect("a case is readable");
    assert_eq!(
        to_value(case.report()).expect("it is JSON"),
        to_value(got).expect("it is JSON")
    );
}
