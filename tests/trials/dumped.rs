//! A case that is read, dumped and read again gives the same report, and one that is masked the same but for masks.

use super::{Case, items};
use crate::support::{Extent, load, read_dumps, write_dump};
use serde_json::Value;

pub(super) fn check(case: &Case) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("dump.json");
    let before = load(&case.text()).expect("a case is readable");
    let again = |extent| {
        write_dump(&path, extent, &items(case.dump()), &before.reading());
        read_dumps(&[&path]).expect("a dump is readable")
    };
    let after = again(Extent::Unmasked);
    assert_eq!(before.json(), after.json());
    assert_eq!(before.reading(), after.reading());
    let masked = again(Extent::Masked);
    same_but_for_masks("", &before.json(), &masked.json());
    assert_eq!(before.reading(), masked.reading());
}

fn same_but_for_masks(at: &str, plain: &Value, masked: &Value) {
    match (plain, masked) {
        (Value::Object(plain), Value::Object(masked)) => {
            assert!(plain.keys().eq(masked.keys()), "{at}");
            for ((key, plain), masked) in plain.iter().zip(masked.values()) {
                same_but_for_masks(&format!("{at}/{key}"), plain, masked);
            }
        }
        (Value::Array(plain), Value::Array(masked)) => {
            assert_eq!(plain.len(), masked.len(), "{at}");
            for (number, (plain, masked)) in plain.iter().zip(masked).enumerate() {
                same_but_for_masks(&format!("{at}/{number}"), plain, masked);
            }
        }
        (Value::String(_), Value::String(text)) if text.contains("masked-") => {}
        (plain, masked) => assert_eq!(plain, masked, "{at}"),
    }
}
