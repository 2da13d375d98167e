//! One object of the API as it was sent.

use crate::kubernetes::protobuf::{self, Message};
use serde::Deserialize;

/// The bytes of an object, and how they are read.
#[derive(Debug, Clone, Copy)]
pub enum Encoded<'a> {
    /// Its JSON.
    Json(&'a [u8]),
    /// Its message.
    Protobuf(&'a [u8], &'static Message),
}

impl<'a> Encoded<'a> {
    /// Decodes what is asked for, and nothing else of it.
    ///
    /// # Errors
    /// When the bytes do not hold that.
    pub fn decode<T: Deserialize<'a>>(self) -> Result<T, serde_json::Error> {
        match self {
            Encoded::Json(json) => serde_json::from_slice(json),
            Encoded::Protobuf(bytes, message) => protobuf::decode(bytes, message),
        }
    }

    /// As it was sent.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Encoded::Json(bytes) | Encoded::Protobuf(bytes, _) => bytes,
        }
    }
}

impl<'a> From<&'a [u8]> for Encoded<'a> {
    fn from(json: &'a [u8]) -> Self {
        Encoded::Json(json)
    }
}
