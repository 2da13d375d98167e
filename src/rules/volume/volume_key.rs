//! A volume that takes a key of a ConfigMap or Secret which has no such key.

use super::failed_mount::{FailedMount, about};
use super::volume_object::BY_NOW;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::volume_objects::{self, VolumeObject};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, NextCommand, Who};
use crate::rules::shared::keyed::catalog;
use crate::rules::shared::template::{Template, field_path};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, Sentence, say};
use serde_json::json;

/// So many keys stand in the headline.
const NAMED: usize = 3;

/// The finding about a key that the kubelet missed; its message names neither the object nor its namespace.
pub(super) fn missing_key(failed: &FailedMount<'_>, kind: Kind, key: &str) -> Finding {
    let case = failed.case;
    let wanted = volume_objects::of_pod(case.pod().spec()).into_iter();
    let mut wanted = wanted.filter(|object| {
        object.is_secret == (kind == Kind::Secret)
            && failed.volume.is_none_or(|volume| volume == object.volume)
            && object.keys.iter().any(|(name, _)| *name == key)
    });
    match wanted.next() {
        Some(object) => of_object(case, &object, key, |headline| failed.finding(headline)),
        None => failed
            .finding(say!(
                "volume-mount-missing-object.key-of-unknown",
                "{what} needs key {key} of a {kind} that has no such key"
            ))
            .fact("kind", kind.as_str())
            .fact("key", key),
    }
}

/// The same where the object is known, which `begin` starts with its headline.
pub(super) fn of_object(
    case: &Case<'_>,
    wanted: &VolumeObject<'_>,
    key: &str,
    begin: impl FnOnce(Sentence) -> Finding,
) -> Finding {
    let kind = if wanted.is_secret {
        Kind::Secret
    } else {
        Kind::ConfigMap
    };
    let object = ObjectRef::new(kind, case.namespace(), wanted.name);
    let keyed = catalog(case, kind).get(case.namespace(), wanted.name).yes();
    let keys = keyed.and_then(|keyed| keyed.keys.clone());
    let is_there = keys.iter().flatten().any(|known| known == key);
    let pointer = wanted.keys.iter().find(|(name, _)| *name == key);
    let pointer = pointer.map(|(_, pointer)| pointer.as_str());
    let finding = about(begin(headline(is_there)), Some(wanted.volume))
        .fact("kind", kind.as_str())
        .fact("name", wanted.name)
        .fact("namespace", case.namespace())
        .fact("key", key)
        .fact(
            "lacks",
            Message::new(say!(
                "volume-mount-missing-object.no-key",
                "has no key {key}"
            ))
            .fact("key", key),
        )
        .evidence(pointer.map(|pointer| case.field(field_path(pointer), key)))
        .inspect(object.kubectl(["describe", &object.argument()]));
    if is_there {
        return finding.why(BY_NOW);
    }
    let near = keys
        .as_ref()
        .and_then(|keys| nearest(key, keys.iter().map(String::as_str)));
    let rename = near.map(|near| rename(case, pointer, key, near));
    let has = keys
        .as_deref()
        .filter(|keys| (1..=NAMED).contains(&keys.len()))
        .map(<[String]>::to_vec);
    let has = has.or(near.map(|near| vec![near.to_owned()]));
    with_keys(case, finding, object, keys.as_deref())
        .fact_if("nearest", near)
        .fact_if("has", has)
        .fix(rename)
        .fix([Fix::advice(
            say!(
                "volume-mount-missing-object.add-key",
                "add key {key} to {kind} {name}; the pod then starts by itself"
            ),
            Who::Owner,
        )])
}

/// Where the keys were read they are quoted, and nothing else shows more.
fn with_keys(
    case: &Case<'_>,
    finding: Finding,
    object: ObjectRef,
    keys: Option<&[String]>,
) -> Finding {
    let Some(keys) = keys else { return finding };
    let quote = if keys.is_empty() {
        "{}".to_owned()
    } else {
        keys.join(", ")
    };
    finding
        .evidence([case.field_of(object, "data", quote)])
        .inspect(NextCommand::default())
        .fact("keys", keys.to_vec())
}

fn headline(is_there: bool) -> Sentence {
    if is_there {
        return say!(
            "volume-mount-missing-object.key-by-now",
            "{what} waited for key {key} of {kind} {name}, which has it by now"
        );
    }
    say!(
        "volume-mount-missing-object.key",
        "{what} needs key {key} of {kind} {name}, which has no such key[; it has {has}]"
    )
}

fn rename(case: &Case<'_>, pointer: Option<&str>, key: &str, near: &str) -> Fix {
    let change = say!(
        "volume-mount-missing-object.name-nearest-key",
        "if {nearest} is meant, name that key in {what}"
    );
    match (Template::of(case), pointer) {
        (Some(template), Some(pointer)) => {
            template.replace(change, pointer, &json!(key), &json!(near))
        }
        _ => Fix::advice(change, Who::Owner),
    }
}
