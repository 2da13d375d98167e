//! Damaged objects never make a rule panic. Each run damages each case elsewhere.

use super::{Case, report_of};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Value, json};

pub(super) fn check(case: &Case) {
    let dump = case.dump();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 1,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let place = prop::collection::vec(any::<prop::sample::Index>(), 2..8);
    let wounds = prop::collection::vec((place, any::<u8>()), 1..4);
    let outcome = runner.run(&wounds, |wounds| unharmed(dump, &wounds));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn unharmed(dump: &Value, wounds: &[(Vec<prop::sample::Index>, u8)]) -> Result<(), TestCaseError> {
    let mut dump = dump.clone();
    for (at, how) in wounds {
        damage(&mut dump["items"], at, *how);
    }
    if let Some(report) = report_of(&dump) {
        prop_assert_eq!(&report.defects, &[], "{}", dump);
    }
    Ok(())
}

/// Damages a value somewhere: removes it, or puts something unfit in its place.
fn damage(value: &mut Value, path: &[prop::sample::Index], how: u8) {
    let Some((here, deeper)) = path.split_first() else {
        *value = match how % 5 {
            0 => Value::Null,
            1 => json!(""),
            2 => json!(-1),
            3 => json!([]),
            _ => json!({}),
        };
        return;
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            let key = map
                .keys()
                .nth(here.index(map.len()))
                .cloned()
                .unwrap_or_default();
            if deeper.is_empty() && how.is_multiple_of(2) {
                map.remove(&key);
            } else if let Some(inner) = map.get_mut(&key) {
                damage(inner, deeper, how);
            }
        }
        Value::Array(all) if !all.is_empty() => {
            let at = here.index(all.len());
            damage(&mut all[at], deeper, how);
        }
        leaf => damage(leaf, &[], how),
    }
}
