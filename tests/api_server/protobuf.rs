//! Writes objects and lists as the API server does in protobuf: fields in order, and those that are no pointers also when they
//! are zero.

use crate::support::Kind;
use crate::support::protobuf::messages;
use crate::support::protobuf::{Field, Form, Message, Presence};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// What it is called.
pub(crate) const TYPE: &str = "application/vnd.kubernetes.protobuf";

/// One object, unless something in it is of another type than the API server takes.
pub(crate) fn object(kind: Kind, object: &Value) -> Option<Vec<u8>> {
    message(object, messages::of(kind.as_str())?)
}

/// A list, with all that stands around it.
pub(crate) fn list(kind: &str, version: &str, metadata: &Value, items: &[Vec<u8>]) -> Vec<u8> {
    let text = |name: &str| metadata[name].as_str().unwrap_or_default().as_bytes();
    let mut head = Vec::new();
    for (number, name) in [(1, "selfLink"), (2, "resourceVersion"), (3, "continue")] {
        bytes(&mut head, number, text(name));
    }
    let mut raw = Vec::new();
    bytes(&mut raw, 1, &head);
    items.iter().for_each(|item| bytes(&mut raw, 2, item));
    let mut meta = Vec::new();
    bytes(&mut meta, 1, version.as_bytes());
    bytes(&mut meta, 2, kind.as_bytes());
    let mut body = b"k8s\0".to_vec();
    bytes(&mut body, 1, &meta);
    bytes(&mut body, 2, &raw);
    bytes(&mut body, 3, b"");
    bytes(&mut body, 4, b"");
    body
}

fn message(value: &Value, message: Message) -> Option<Vec<u8>> {
    let mut to = Vec::new();
    for Field(number, name, form, presence) in message {
        let held = &value[*name];
        match presence {
            Presence::Inline => one(&mut to, *number, *form, value)?,
            Presence::Shown | Presence::Omitted => one(&mut to, *number, *form, held)?,
            Presence::Optional if held.is_null() => {}
            Presence::Optional => one(&mut to, *number, *form, held)?,
            Presence::Many => {
                for each in held.as_array().into_iter().flatten() {
                    one(&mut to, *number, *form, each)?;
                }
            }
            Presence::Map => {
                for (key, value) in held.as_object().into_iter().flatten() {
                    let mut entry = Vec::new();
                    bytes(&mut entry, 1, key.as_bytes());
                    one(&mut entry, 2, *form, value)?;
                    bytes(&mut to, *number, &entry);
                }
            }
        }
    }
    Some(to)
}

/// A field; what is null is zero.
fn one(to: &mut Vec<u8>, number: u32, form: Form, value: &Value) -> Option<()> {
    let text = || match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    };
    match form {
        Form::Bool => number_field(
            to,
            number,
            u64::from(value.is_null().then_some(false).or(value.as_bool())?),
        ),
        Form::Int => number_field(
            to,
            number,
            value
                .is_null()
                .then_some(0)
                .or(value.as_i64())?
                .cast_unsigned(),
        ),
        Form::Text => bytes(to, number, text()?.as_bytes()),
        Form::Bytes => bytes(to, number, &BASE64_STANDARD.decode(text()?).ok()?),
        Form::Time | Form::MicroTime => {
            let mut time = Vec::new();
            if !value.is_null() {
                let at: jiff::Timestamp = text()?.parse().ok()?;
                number_field(&mut time, 1, at.as_second().cast_unsigned());
                let nanos = u64::try_from(at.subsec_nanosecond()).ok()?;
                number_field(
                    &mut time,
                    2,
                    if matches!(form, Form::Time) { 0 } else { nanos },
                );
            }
            bytes(to, number, &time);
        }
        Form::Quantity => {
            let amount = match value {
                Value::Null => "0".to_owned(),
                Value::Number(amount) => amount.to_string(),
                _ => text()?,
            };
            let mut inner = Vec::new();
            bytes(&mut inner, 1, amount.as_bytes());
            bytes(to, number, &inner);
        }
        Form::IntOrString => {
            let is_text = value.is_string();
            let mut inner = Vec::new();
            number_field(&mut inner, 1, u64::from(is_text));
            number_field(
                &mut inner,
                2,
                value.as_i64().unwrap_or_default().cast_unsigned(),
            );
            bytes(&mut inner, 3, value.as_str().unwrap_or_default().as_bytes());
            bytes(to, number, &inner);
        }
        Form::Json => {
            let mut inner = Vec::new();
            if !value.is_null() {
                bytes(&mut inner, 1, value.to_string().as_bytes());
            }
            bytes(to, number, &inner);
        }
        Form::Object(inner) => {
            let is_object = value.is_object() || value.is_null();
            let inner = message(is_object.then_some(value)?, inner)?;
            bytes(to, number, &inner);
        }
    }
    Some(())
}

fn bytes(to: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    varint(to, u64::from(number) << 3 | 2);
    varint(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

fn number_field(to: &mut Vec<u8>, number: u32, value: u64) {
    varint(to, u64::from(number) << 3);
    varint(to, value);
}

fn varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    to.push(value.to_le_bytes()[0]);
}
