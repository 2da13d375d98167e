//! Cuts a Kubernetes list into its objects while it arrives.
//!
//! A list of 10,000 pods is 100 MB of JSON; kept whole, decoded or not, it would be the largest thing in memory by far.
//! [`Splitter`] takes the body in chunks of any size and hands on the bytes of one object at a time. It keeps the few
//! fields around the array ([`ListHead`]) and at most one object.
//!
//! Here lives the cutting only. Whether an object is valid JSON is for its decoder to say, so brackets inside an object
//! are counted, not matched. Keys may come in any order and the text may be indented, as in `kubectl get -o json`.

mod protobuf;

pub use protobuf::ProtobufSplitter;

use memchr::memchr2;
use serde::Deserialize;

/// No object of a cluster comes near it: etcd refuses requests over 1.5 MiB (etcd 3.5, `--max-request-bytes`).
pub const ITEM_LIMIT: usize = 32 << 20;

/// `metadata` of a list holds a version and a token.
const HEAD_LIMIT: usize = 1 << 20;

/// What stands around the array of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListHead {
    /// `PodList` and the like.
    pub kind: String,
    /// `v1` and the like.
    pub api_version: String,
    /// The version of the whole list; empty in a list that a client put together.
    pub resource_version: String,
    /// The token for the next page, when there is one.
    pub continue_token: Option<String>,
    /// How many objects were handed on.
    pub items: u64,
}

/// Why the bytes could not be cut. No variant carries a byte of the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// The text ended before the list did: what was handed on is not all of it.
    #[error("the list is cut off after {items} objects")]
    CutOff {
        /// Whole objects before the end.
        items: u64,
    },
    /// The text is not a JSON object, or its outermost level is malformed.
    #[error("the list is not valid json near byte {offset}")]
    Malformed {
        /// Where, counted from the start of the body.
        offset: u64,
    },
    /// The bytes are not the protobuf of a list.
    #[error("the list is not valid protobuf near byte {offset}")]
    Garbled {
        /// Where, counted from the start of the body.
        offset: u64,
    },
    /// The text is a JSON object, but not a list.
    #[error("the answer is not a list: it has no {key}")]
    NotAList {
        /// The key that was looked for.
        key: &'static str,
    },
    /// The list says that it holds something else than what was asked for.
    #[error("the answer is of another kind than was asked for")]
    OtherKind,
    /// One object is larger than anything a cluster can hold.
    #[error("an object of the list is larger than {limit} bytes")]
    TooLarge {
        /// The limit that it passed.
        limit: usize,
    },
}

/// Whether a list of this kind and `apiVersion` is what was asked for.
type IsExpected = Box<dyn Fn(&str, &str) -> bool>;

/// Takes chunks, gives objects.
pub struct Splitter {
    array: &'static str,
    limit: usize,
    at: At,
    scan: Scan,
    /// The part of a key, a head field or an object that earlier chunks brought.
    pending: Vec<u8>,
    offset: u64,
    seen_array: bool,
    head: ListHead,
    is_expected: Option<IsExpected>,
}

/// Where in the list the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Key,
    KeyText,
    Colon(Field),
    Value(Field),
    InValue(Field),
    Array,
    InItem,
    End,
}

/// The fields of the outermost object that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Kind,
    ApiVersion,
    Metadata,
    Array,
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    resource_version: Option<String>,
    #[serde(rename = "continue")]
    continue_token: Option<String>,
}

impl Splitter {
    /// Cuts the array under this key: `items` of a list, `rows` of a Table.
    pub fn new(array: &'static str) -> Self {
        Self::with_limit(array, ITEM_LIMIT)
    }

    /// The same with another limit for one object.
    pub fn with_limit(array: &'static str, limit: usize) -> Self {
        Self {
            array,
            limit,
            at: At::Start,
            scan: Scan::default(),
            pending: Vec::new(),
            offset: 0,
            seen_array: false,
            head: ListHead::default(),
            is_expected: None,
        }
    }

    /// Refuses a list of anything else, before its first object where its kind stands there.
    pub fn expecting(mut self, is_expected: impl Fn(&str, &str) -> bool + 'static) -> Self {
        self.is_expected = Some(Box::new(is_expected));
        self
    }

    /// Takes the next chunk and hands on every object that ends in it.
    pub fn push<E: From<SplitError>>(
        &mut self,
        chunk: &[u8],
        on_item: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = chunk;
        while let Some(&first) = rest.first() {
            let taken = match self.at {
                At::KeyText => self.take_key(rest)?,
                At::InValue(field) => self.take_value(field, rest)?,
                At::InItem => self.take_item(rest, on_item)?,
                _ if first.is_ascii_whitespace() => 1,
                _ => self.step(first)?,
            };
            self.offset = self.offset.saturating_add(taken as u64);
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Says that no chunk follows, and gives what stood around the array.
    pub fn finish(self) -> Result<ListHead, SplitError> {
        if self.at != At::End {
            return Err(SplitError::CutOff {
                items: self.head.items,
            });
        }
        if !self.seen_array {
            return Err(SplitError::NotAList { key: self.array });
        }
        self.check_kind()?;
        Ok(self.head)
    }

    fn check_kind(&self) -> Result<(), SplitError> {
        let head = &self.head;
        match &self.is_expected {
            Some(is_expected) if !is_expected(&head.kind, &head.api_version) => {
                Err(SplitError::OtherKind)
            }
            _ => Ok(()),
        }
    }

    /// One byte between tokens. Gives how many bytes were used: none when the byte begins a value.
    fn step(&mut self, byte: u8) -> Result<usize, SplitError> {
        self.at = match (self.at, byte) {
            (At::Start, b'{') | (At::Key, b',') => At::Key,
            (At::Key, b'"') => return Ok(self.begin(At::KeyText)),
            (At::Key, b'}') => At::End,
            (At::Colon(field), b':') => At::Value(field),
            (At::Value(Field::Array), b'[') => {
                // the API server says it first; some proxies sort the keys
                if !self.head.kind.is_empty() {
                    self.check_kind()?;
                }
                self.seen_array = true;
                At::Array
            }
            // Go writes a nil slice as null; anything else under the key is no list
            (At::Value(Field::Array), byte) if byte != b'n' => {
                return Err(SplitError::NotAList { key: self.array });
            }
            (At::Value(field), _) => return Ok(self.begin(At::InValue(field))),
            (At::Array, b',') => At::Array,
            (At::Array, b'{') => return Ok(self.begin(At::InItem)),
            (At::Array, b']') => At::Key,
            _ => return Err(self.malformed()),
        };
        Ok(1)
    }

    fn begin(&mut self, at: At) -> usize {
        self.at = at;
        self.scan = Scan::default();
        self.pending.clear();
        0
    }

    fn take_key(&mut self, rest: &[u8]) -> Result<usize, SplitError> {
        let end = self.scan.advance(rest);
        let taken = self.keep(rest, end, HEAD_LIMIT)?;
        if end.is_some() {
            let key: String = self.parse_pending()?;
            self.at = At::Colon(match key.as_str() {
                "kind" => Field::Kind,
                "apiVersion" => Field::ApiVersion,
                "metadata" => Field::Metadata,
                key if key == self.array => Field::Array,
                _ => Field::Other,
            });
        }
        Ok(taken)
    }

    fn take_value(&mut self, field: Field, rest: &[u8]) -> Result<usize, SplitError> {
        let end = self.scan.advance(rest);
        if field == Field::Other {
            if end.is_some() {
                self.at = At::Key;
            }
            return Ok(end.unwrap_or(rest.len()));
        }
        let taken = self.keep(rest, end, HEAD_LIMIT)?;
        if end.is_some() {
            self.set(field)?;
            self.at = At::Key;
        }
        Ok(taken)
    }

    fn set(&mut self, field: Field) -> Result<(), SplitError> {
        match field {
            Field::Kind => self.head.kind = self.parse_pending::<Option<_>>()?.unwrap_or_default(),
            Field::ApiVersion => {
                self.head.api_version = self.parse_pending::<Option<_>>()?.unwrap_or_default();
            }
            Field::Metadata => {
                if let Some(metadata) = self.parse_pending::<Option<Metadata>>()? {
                    self.head.resource_version = metadata.resource_version.unwrap_or_default();
                    self.head.continue_token =
                        metadata.continue_token.filter(|token| !token.is_empty());
                }
            }
            Field::Array => {
                self.parse_pending::<()>()?;
                self.seen_array = true;
            }
            Field::Other => {}
        }
        Ok(())
    }

    fn take_item<E: From<SplitError>>(
        &mut self,
        rest: &[u8],
        on_item: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<usize, E> {
        let end = self.scan.advance(rest);
        let whole_in_chunk = self.pending.is_empty().then_some(end).flatten();
        if let Some(item) = whole_in_chunk.and_then(|end| rest.get(..end)) {
            // the usual case: nothing is copied
            if item.len() > self.limit {
                return Err(SplitError::TooLarge { limit: self.limit }.into());
            }
            self.end_item();
            on_item(item)?;
            return Ok(item.len());
        }
        let taken = self.keep(rest, end, self.limit)?;
        if end.is_some() {
            self.end_item();
            on_item(&self.pending)?;
        }
        Ok(taken)
    }

    fn end_item(&mut self) {
        self.head.items = self.head.items.saturating_add(1);
        self.at = At::Array;
    }

    /// Keeps the part of the value that stands in this chunk, and says how long it is.
    fn keep(&mut self, rest: &[u8], end: Option<usize>, limit: usize) -> Result<usize, SplitError> {
        let part = end.and_then(|end| rest.get(..end)).unwrap_or(rest);
        if self.pending.len().saturating_add(part.len()) > limit {
            return Err(SplitError::TooLarge { limit });
        }
        self.pending.extend_from_slice(part);
        Ok(part.len())
    }

    fn parse_pending<'a, T: Deserialize<'a>>(&'a self) -> Result<T, SplitError> {
        serde_json::from_slice(&self.pending).map_err(|_| self.malformed())
    }

    fn malformed(&self) -> SplitError {
        SplitError::Malformed {
            offset: self.offset,
        }
    }
}

/// Finds the end of one JSON value without looking at what it means.
#[derive(Debug, Default)]
struct Scan {
    started: bool,
    depth: u32,
    in_string: bool,
    escaped: bool,
    in_scalar: bool,
}

impl Scan {
    /// How many of these bytes still belong to the value, or `None` when it goes on after them.
    fn advance(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.escaped {
                self.escaped = false;
            } else if self.in_string {
                at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
                self.escaped = bytes.get(at) == Some(&b'\\');
                self.in_string = self.escaped;
                if !self.in_string && self.depth == 0 {
                    return Some(at + 1);
                }
            } else if let Some(end) = self.outside_string(byte, at) {
                return Some(end);
            }
            at += 1;
        }
        None
    }

    /// A byte that is not in a string; gives the end of the value if this byte is it.
    fn outside_string(&mut self, byte: u8, at: usize) -> Option<usize> {
        let begins = !std::mem::replace(&mut self.started, true);
        match byte {
            // a number or a literal ends before what follows it
            b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if self.in_scalar => return Some(at),
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return (self.depth == 0).then_some(at + 1);
            }
            _ => self.in_scalar = self.in_scalar || begins,
        }
        None
    }
}

#[cfg(test)]
mod tests;
