//! A message as serde sees it: an object with its fields.

use super::wire::{Malformed, Raw, Wire};
use super::{Field, Form, Message, Presence};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;

type Error = serde_json::Error;

/// The name by which [`serde_json::value::RawValue`] asks for JSON as it stands (serde_json `src/raw.rs`); here it is made.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

fn malformed(why: Malformed) -> Error {
    Error::custom(why)
}

/// What one field holds.
#[derive(Clone, Copy)]
pub(super) struct Value<'de> {
    form: Form,
    held: Held<'de>,
}

#[derive(Clone, Copy)]
enum Held<'de> {
    One(Raw<'de>),
    /// Fields of one number after another.
    Many(Wire<'de>),
    Map(Wire<'de>),
}

impl<'de> Value<'de> {
    pub(super) fn object(bytes: &'de [u8], message: &'static Message) -> Self {
        Value {
            form: Form::Object(message),
            held: Held::One(Raw::Bytes(bytes)),
        }
    }

    /// A field is of the wire type that its form has, and no other.
    fn one(form: Form, raw: Raw<'de>) -> Result<Self, Error> {
        let fits = match form {
            Form::Bool | Form::Int => matches!(raw, Raw::Number(_)),
            _ => matches!(raw, Raw::Bytes(_)),
        };
        let held = Held::One(raw);
        fits.then_some(Value { form, held })
            .ok_or_else(|| malformed(Malformed))
    }

    fn is_zero(&self) -> bool {
        matches!(self.held, Held::One(Raw::Number(0) | Raw::Bytes([])))
    }

    fn number(&self) -> u64 {
        match self.held {
            Held::One(Raw::Number(number)) => number,
            _ => 0,
        }
    }

    fn bytes(&self) -> &'de [u8] {
        match self.held {
            Held::One(Raw::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    /// What is one value, read; the code that hands it over is made anew for each type that takes it, and this is not.
    fn scalar(self) -> Result<Scalar<'de>, Error> {
        let bytes = self.bytes();
        Ok(match self.form {
            Form::Text => text(bytes),
            Form::Bool => Scalar::Bool(self.number() != 0),
            Form::Int => Scalar::Int(self.number().cast_signed()),
            Form::Bytes => Scalar::Text(Cow::Owned(BASE64_STANDARD.encode(bytes))),
            Form::Time | Form::MicroTime => {
                let [(_, seconds), (_, nanos)] = numbers(bytes)?;
                let nanos = match self.form {
                    // source: apimachinery 0.37 pkg/apis/meta/v1/{time,micro_time}_proto.go
                    Form::Time => 0,
                    _ => nanos / 1000 * 1000,
                };
                let nanos = i32::try_from(nanos).map_err(Error::custom)?;
                let time = Timestamp::new(seconds, nanos).map_err(Error::custom)?;
                Scalar::Text(Cow::Owned(time.to_string()))
            }
            Form::Quantity => text(bytes_of(bytes, 1)?),
            Form::IntOrString => {
                let [(_, is_text), (_, number)] = numbers(bytes)?;
                if is_text == 1 {
                    text(bytes_of(bytes, 3)?)
                } else {
                    Scalar::Int(number)
                }
            }
            Form::Json => match bytes_of(bytes, 1)? {
                [] => Scalar::Null,
                json => Scalar::Object(Fields::json(json)),
            },
            Form::Object(message) => Scalar::Object(Fields::of(bytes, message)),
        })
    }
}

enum Scalar<'de> {
    Null,
    Bool(bool),
    Int(i64),
    Text(Cow<'de, str>),
    Object(Fields<'de>),
}

/// Go writes what is no UTF-8 the same way into JSON.
fn text(bytes: &[u8]) -> Scalar<'_> {
    Scalar::Text(String::from_utf8_lossy(bytes))
}

/// The fields 1 and 2, each a number.
fn numbers(bytes: &[u8]) -> Result<[(u32, i64); 2], Error> {
    let mut found = [(1, 0), (2, 0)];
    let mut wire = Wire(bytes);
    while let Some((number, raw)) = wire.field().map_err(malformed)? {
        for (wanted, value) in &mut found {
            if let (true, Raw::Number(number)) = (*wanted == number, raw) {
                *value = number.cast_signed();
            }
        }
    }
    Ok(found)
}

/// The one field of this number.
fn bytes_of(bytes: &[u8], wanted: u32) -> Result<&[u8], Error> {
    let mut wire = Wire(bytes);
    while let Some((number, raw)) = wire.field().map_err(malformed)? {
        if let (true, Raw::Bytes(found)) = (number == wanted, raw) {
            return Ok(found);
        }
    }
    Ok(&[])
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let form = self.form;
        match self.held {
            Held::One(_) => match self.scalar()? {
                Scalar::Null => visitor.visit_unit(),
                Scalar::Bool(value) => visitor.visit_bool(value),
                Scalar::Int(value) => visitor.visit_i64(value),
                Scalar::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
                Scalar::Text(Cow::Owned(text)) => visitor.visit_string(text),
                Scalar::Object(fields) => visitor.visit_map(Members::of(Of::Message(fields))),
            },
            Held::Many(wire) => visitor.visit_seq(Elements { wire, form }),
            Held::Map(wire) => visitor.visit_map(Members::of(Of::Map(Entries { wire, form }))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == RAW_VALUE {
            let json = serde_json::Value::deserialize(self)?.to_string();
            return visitor.visit_map(MapDeserializer::new(std::iter::once((name, json))));
        }
        visitor.visit_newtype_struct(self)
    }

    /// A field that is not wanted was jumped over already.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier
    }
}

/// The fields of a message that are there in its JSON.
struct Fields<'de> {
    wire: Wire<'de>,
    message: Message,
    /// Where in the message the next field probably is: they come in order.
    at: usize,
    /// JSON that stands for the whole object.
    verbatim: Option<Value<'de>>,
    /// What goes on when the fields of an inner message are read.
    outer: Vec<(Wire<'de>, Message)>,
}

impl<'de> Fields<'de> {
    fn of(bytes: &'de [u8], message: &'static Message) -> Self {
        Fields {
            wire: Wire(bytes),
            message,
            at: 0,
            verbatim: None,
            outer: Vec::new(),
        }
    }

    /// JSON as serde_json's own types take it that hold any: one field of that name with the text.
    fn json(json: &'de [u8]) -> Self {
        let text = Value {
            form: Form::Text,
            held: Held::One(Raw::Bytes(json)),
        };
        Fields {
            verbatim: Some(text),
            ..Fields::of(&[], &const { &[] as Message })
        }
    }

    fn known(&mut self, number: u32) -> Option<&'static Field> {
        let message = self.message;
        if let Some(field) = message.get(self.at).filter(|field| field.0 == number) {
            return Some(field);
        }
        self.at = message.iter().position(|field| field.0 == number)?;
        message.get(self.at)
    }

    /// The next field with what it holds.
    fn next(&mut self) -> Result<Option<(Key<'de>, Value<'de>)>, Error> {
        if let Some(json) = self.verbatim.take() {
            return Ok(Some((Key::Name(RAW_VALUE), json)));
        }
        loop {
            let before = self.wire;
            let Some((number, raw)) = self.wire.field().map_err(malformed)? else {
                let Some((wire, message)) = self.outer.pop() else {
                    return Ok(None);
                };
                (self.wire, self.message, self.at) = (wire, message, 0);
                continue;
            };
            let Some(Field(_, name, form, presence)) = self.known(number) else {
                continue;
            };
            let value = Value::one(*form, raw)?;
            let held = match presence {
                Presence::Inline => {
                    if let Form::Object(message) = form {
                        self.outer.push((self.wire, self.message));
                        (self.wire, self.message, self.at) = (Wire(value.bytes()), *message, 0);
                    }
                    continue;
                }
                Presence::Omitted if value.is_zero() => continue,
                Presence::Many => Held::Many(self.run(before, number)?),
                Presence::Map => Held::Map(self.run(before, number)?),
                // the zero time is null
                _ if matches!(form, Form::Time | Form::MicroTime) && value.is_zero() => continue,
                _ => value.held,
            };
            return Ok(Some((Key::Name(name), Value { form: *form, held })));
        }
    }

    /// All fields of this number that follow each other, from `start` on.
    fn run(&mut self, start: Wire<'de>, number: u32) -> Result<Wire<'de>, Error> {
        let mut after = self.wire;
        while let Some((next, _)) = after.field().map_err(malformed)? {
            if next != number {
                break;
            }
            self.wire = after;
        }
        let length = start.0.len() - self.wire.0.len();
        Ok(Wire(start.0.get(..length).unwrap_or_default()))
    }
}

/// The elements of an array.
struct Elements<'de> {
    wire: Wire<'de>,
    form: Form,
}

impl<'de> Elements<'de> {
    fn next(&mut self) -> Result<Option<Value<'de>>, Error> {
        let Some((_, raw)) = self.wire.field().map_err(malformed)? else {
            return Ok(None);
        };
        Value::one(self.form, raw).map(Some)
    }
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(element) = self.next()? else {
            return Ok(None);
        };
        seed.deserialize(element).map(Some)
    }
}

/// The entries of a map: messages with the key as 1 and the value as 2.
struct Entries<'de> {
    wire: Wire<'de>,
    form: Form,
}

impl<'de> Entries<'de> {
    /// The next entry.
    fn next(&mut self) -> Result<Option<(Key<'de>, Value<'de>)>, Error> {
        let Some((_, Raw::Bytes(entry))) = self.wire.field().map_err(malformed)? else {
            return Ok(None);
        };
        let (mut key, mut value): (&[u8], Raw<'de>) = (&[], Raw::Bytes(&[]));
        let mut entry = Wire(entry);
        while let Some((number, raw)) = entry.field().map_err(malformed)? {
            match (number, raw) {
                (1, Raw::Bytes(bytes)) => key = bytes,
                (2, raw) => value = raw,
                _ => {}
            }
        }
        Ok(Some((Key::Text(key), Value::one(self.form, value)?)))
    }
}

/// What is an object in JSON. One type for both, since what takes an object is made anew for each type that it comes from.
struct Members<'de> {
    of: Of<'de>,
    value: Option<Value<'de>>,
}

enum Of<'de> {
    Message(Fields<'de>),
    Map(Entries<'de>),
}

impl<'de> Members<'de> {
    fn of(of: Of<'de>) -> Self {
        Members { of, value: None }
    }

    /// The next key; its value is kept for who asks next.
    fn next(&mut self) -> Result<Option<Key<'de>>, Error> {
        let next = match &mut self.of {
            Of::Message(fields) => fields.next()?,
            Of::Map(entries) => entries.next()?,
        };
        let (key, value) = next.unzip();
        self.value = value;
        Ok(key)
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let key = self.next()?;
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self.value.take().ok_or_else(|| malformed(Malformed))?;
        seed.deserialize(value)
    }
}

enum Key<'de> {
    /// Of a field.
    Name(&'static str),
    /// Of a map's entry.
    Text(&'de [u8]),
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = match self {
            Key::Name(name) => Cow::Borrowed(name),
            Key::Text(bytes) => String::from_utf8_lossy(bytes),
        };
        match text {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}
