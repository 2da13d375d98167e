//! Objects of the API as the API server sends them in protobuf, decoded into what decodes their JSON.
//!
//! A message's fields have numbers; [`messages`] says which name, form and presence each has in JSON. With that a message is
//! a serde [`Deserializer`](serde::Deserializer) like any other, so that every decoder is the same for both forms. Nothing is
//! decoded of a field that the decoder does not ask for: it is a jump over its length.
//!
//! Source: apimachinery 0.37, `pkg/runtime/serializer/protobuf` and the `generated.pb.go` beside the types, which write fields
//! in order, and those that are no pointers also when they are zero.

mod fields;
#[rustfmt::skip]
pub mod messages;
pub mod wire;

use serde::Deserialize;

/// The fields of a message, by number.
pub type Message = &'static [Field];

/// A field: its number, its name in JSON, what it holds, and when it is there.
#[derive(Debug)]
pub struct Field(pub u32, pub &'static str, pub Form, pub Presence);

/// What a field holds, or each of its elements.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// A string.
    Text,
    /// A truth value.
    Bool,
    /// A signed number.
    Int,
    /// Bytes: base64 in JSON.
    Bytes,
    /// `metav1.Time`: whole seconds.
    Time,
    /// `metav1.MicroTime`.
    MicroTime,
    /// `resource.Quantity`.
    Quantity,
    /// `intstr.IntOrString`.
    IntOrString,
    /// JSON within protobuf: `runtime.RawExtension` and `metav1.FieldsV1`.
    Json,
    /// A message.
    Object(&'static Message),
}

/// When a field of JSON is there, given that it is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Shown,
    /// If it is not zero: it is no pointer, and so always on the wire.
    Omitted,
    /// Always: it is a pointer, and on the wire only if it is set.
    Optional,
    /// As an array; each element is a field of its own.
    Many,
    /// As an object; each entry is a field of its own, with a key and a value.
    Map,
    /// Its own fields stand among those around it.
    Inline,
}

/// Decodes a message.
///
/// # Errors
/// When the bytes are not such a message, or the decoder refuses what they say.
pub fn decode<'de, T: Deserialize<'de>>(
    bytes: &'de [u8],
    message: &'static Message,
) -> Result<T, serde_json::Error> {
    T::deserialize(fields::Value::object(bytes, message))
}
