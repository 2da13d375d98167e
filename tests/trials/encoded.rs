//! An object is the same to the store in either form: as JSON, and as the API server sends it in protobuf.

use super::{Case, items};
use crate::api_server::protobuf as encoder;
use crate::support::protobuf::{self, messages};
use crate::support::{Encoded, Kind, Retention, Store, Why, difference, held};
use serde_json::Value;

/// Cases with an object that no API server would take.
const UNTAKEN: [(&str, &str); 0] = [];

pub(super) fn check(case: &Case) {
    let mut untaken = Vec::new();
    for item in items(case.dump()) {
        let kind = item["kind"].as_str().and_then(Kind::of_manifest);
        let Some((kind, message)) =
            kind.and_then(|kind| Some((kind, messages::of(kind.as_str())?)))
        else {
            continue;
        };
        match encoder::object(kind, &item) {
            Some(bytes) => {
                same(kind, Encoded::Protobuf(&bytes, message));
                mangled(kind, &bytes, message);
            }
            None => untaken.push(format!("{kind} {}", item["metadata"]["name"])),
        }
    }
    let known = UNTAKEN.iter().any(|(name, _)| *name == case.name());
    assert_eq!(untaken.is_empty(), !known, "{untaken:?}");
}

fn same(kind: Kind, encoded: Encoded<'_>) {
    // with what Go writes in JSON where nothing is said
    let json: Value = encoded.decode().expect("it is a message");
    let json = json.to_string();
    for retention in [Retention::Whole, Retention::Record] {
        let of_message = held(kind, encoded, retention);
        let of_json = held(kind, json.as_bytes().into(), retention);
        assert!(
            of_message == of_json,
            "{}",
            difference(&of_message, &of_json)
        );
    }
}

/// Of what is cut off or changed the worst is that it is not taken.
fn mangled(kind: Kind, bytes: &[u8], message: &'static protobuf::Message) {
    let step = bytes.len() / 6 + 1;
    for at in (0..bytes.len()).step_by(step) {
        let mut store = Store::new(Why::NotAsked);
        let cut = Encoded::Protobuf(&bytes[..at], message);
        let _ = store.insert(kind, cut, Retention::Whole);
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x85;
        let changed = Encoded::Protobuf(&changed, message);
        let _ = store.insert(kind, changed, Retention::Whole);
    }
}
