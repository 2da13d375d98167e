//! A volume that takes a key of a ConfigMap or Secret which has no such key.

use super::failed_mount::{FailedMount, about};
use super::volume_object::{BY_NOW, kind_of};
use crate::kubernetes::volume_objects::VolumeObject;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::keyed::MissedKey;
use crate::rules::shared::template::{Template, field_path};
use crate::snapshot::Kind;
use crate::text::{Message, Sentence, say};
use serde_json::json;

/// The finding about a key that the kubelet missed; its message names neither the object nor its namespace.
pub(super) fn missing_key(failed: &FailedMount<'_>, kind: Kind, key: &str) -> Finding {
    let case = failed.case;
    let wanted = case.pod().volume_objects().into_iter();
    let mut wanted = wanted.filter(|object| {
        kind_of(object) == kind
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
    let kind = kind_of(wanted);
    let missed = MissedKey::look(case, kind, wanted.name, key);
    let is_there = missed.is_there();
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
        .inspect(
            missed
                .object
                .kubectl(["describe", &missed.object.argument()]),
        );
    if is_there {
        return finding.why(BY_NOW);
    }
    missed
        .told(missed.quoted(case, finding), |near| {
            rename(case, pointer, key, near)
        })
        .fix([Fix::advice(
            say!(
                "volume-mount-missing-object.add-key",
                "add key {key} to {kind} {name}; the pod then starts by itself"
            ),
            Who::Owner,
        )])
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
        _ => Fix::advice(change, Who::Owner).of_template(),
    }
}
