//! Who follows a cluster hears after each change what a look at all of it gives.
//!
//! Objects of the case go, one after the other, and come back. What the rules found before is kept where nothing has changed of
//! what they asked; the report must be as if nothing had been kept.

use super::{Case, items};
use crate::support::{Kind, Report, Requests, Retention, Verdicts, diagnose_again, load};
use serde_json::{Value, to_value};

/// Objects of a case that are taken out, spread over all.
const MOST: usize = 2;

pub(super) fn check(case: &Case) {
    let mut loaded = load(&case.text()).expect("a case is readable");
    let mut verdicts = Verdicts::default();
    let mut followed = |loaded: &mut crate::support::Loaded, what: &str| {
        let changes = loaded.store_mut().take_changes();
        let (snapshot, scope) = (loaded.snapshot(), loaded.scope());
        let requests = Requests::default();
        let kept = diagnose_again(&snapshot, scope, requests, &mut verdicts, &changes);
        assert_eq!(json(&kept), json(&loaded.report()), "{what}");
    };
    followed(&mut loaded, "at first");
    let items = items(case.dump());
    let kind = |item: &Value| Kind::of_manifest(item["kind"].as_str()?);
    let objects: Vec<(Kind, &Value)> = items
        .iter()
        .filter_map(|item| Some((kind(item)?, item)))
        .collect();
    for (kind, object) in objects.iter().step_by(objects.len().div_ceil(MOST).max(1)) {
        let text = object.to_string();
        let name = &object["metadata"]["name"];
        let store = loaded.store_mut();
        store.remove(*kind, text.as_bytes()).expect("it is known");
        followed(&mut loaded, &format!("{kind} {name} is gone"));
        let store = loaded.store_mut();
        let taken = store.insert(*kind, text.as_bytes(), Retention::Whole);
        taken.expect("it was taken before");
        followed(&mut loaded, &format!("{kind} {name} is back"));
    }
}

fn json(report: &Report) -> Value {
    to_value(report).expect("it is JSON")
}
