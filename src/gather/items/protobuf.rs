//! Cuts a list that is protobuf into its objects while it arrives.
//!
//! The API server sends four bytes, then a `runtime.Unknown` with the kind and, as bytes, the list: its metadata and its objects
//! (apimachinery 0.37 `pkg/runtime/serializer/protobuf/{protobuf,collections}.go`). Here too at most one object is held.

use super::{HEAD_LIMIT, ITEM_LIMIT, IsExpected, ListHead, SplitError};
use crate::kubernetes::protobuf::Message;
use crate::kubernetes::protobuf::wire::{Raw, Wire};
use crate::snapshot::Encoded;

const MAGIC: &[u8] = b"k8s\0";
/// No tag with its number or length is longer.
const LONGEST_HEAD: usize = 20;

/// Takes chunks, gives objects.
pub struct ProtobufSplitter {
    message: &'static Message,
    limit: usize,
    at: At,
    /// What earlier chunks brought of something that has not ended.
    pending: Vec<u8>,
    offset: u64,
    seen_list: bool,
    head: ListHead,
    is_expected: Option<IsExpected>,
}

/// Where the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Magic,
    Envelope,
    /// In the list, of which so many bytes are left.
    List(u64),
}

/// A tag, and what its field takes with it.
struct Head {
    number: u32,
    /// Bytes before the content.
    before: usize,
    /// Bytes of the content; none of what is no content.
    content: Option<u64>,
}

impl ProtobufSplitter {
    /// Cuts a list of such messages.
    pub fn new(message: &'static Message) -> Self {
        Self::with_limit(message, ITEM_LIMIT)
    }

    /// The same with another limit for one object.
    pub fn with_limit(message: &'static Message, limit: usize) -> Self {
        Self {
            message,
            limit,
            at: At::Magic,
            pending: Vec::new(),
            offset: 0,
            seen_list: false,
            head: ListHead::default(),
            is_expected: None,
        }
    }

    /// Refuses a list of anything else, before its first object.
    pub fn expecting(mut self, is_expected: impl Fn(&str, &str) -> bool + 'static) -> Self {
        self.is_expected = Some(Box::new(is_expected));
        self
    }

    /// Takes the next chunk and hands on every object that ends in it.
    pub fn push<E: From<SplitError>>(
        &mut self,
        chunk: &[u8],
        on_item: &mut dyn FnMut(Encoded<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.pending.is_empty() {
            let taken = self.take(chunk, on_item)?;
            let rest = chunk.get(taken..).unwrap_or_default();
            self.pending.extend_from_slice(rest);
            return Ok(());
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(chunk);
        let taken = self.take(&pending, on_item)?;
        pending.drain(..taken);
        self.pending = pending;
        Ok(())
    }

    /// Says that no chunk follows, and gives what stood around the objects.
    pub fn finish(self) -> Result<ListHead, SplitError> {
        let is_at_end = matches!(self.at, At::Envelope | At::List(0)) && self.pending.is_empty();
        if self.seen_list && is_at_end {
            return Ok(self.head);
        }
        Err(SplitError::CutOff {
            items: self.head.items,
        })
    }

    /// Takes all that is whole, and says how many bytes it was.
    fn take<E: From<SplitError>>(
        &mut self,
        bytes: &[u8],
        on_item: &mut dyn FnMut(Encoded<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut rest = bytes;
        while let Some(taken) = self.step(rest, on_item)? {
            self.offset = self.offset.saturating_add(taken as u64);
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(bytes.len() - rest.len())
    }

    /// The next field, or none before all of it is there.
    fn step<E: From<SplitError>>(
        &mut self,
        rest: &[u8],
        on_item: &mut dyn FnMut(Encoded<'_>) -> Result<(), E>,
    ) -> Result<Option<usize>, E> {
        match self.at {
            At::Magic => Ok(self.magic(rest)?),
            At::List(0) if !rest.is_empty() => {
                self.at = At::Envelope;
                Ok(Some(0))
            }
            At::Envelope => Ok(self.around(rest)?),
            At::List(left) => self.within(left, rest, on_item),
        }
    }

    fn magic(&mut self, rest: &[u8]) -> Result<Option<usize>, SplitError> {
        let begun = rest.get(..MAGIC.len()).unwrap_or(rest);
        if !MAGIC.starts_with(begun) {
            return Err(self.garbled());
        }
        if begun.len() < MAGIC.len() {
            return Ok(None);
        }
        self.at = At::Envelope;
        Ok(Some(MAGIC.len()))
    }

    /// A field of the envelope: the kind, or the head of the list.
    fn around(&mut self, rest: &[u8]) -> Result<Option<usize>, SplitError> {
        let Some(head) = self.field_head(rest)? else {
            return Ok(None);
        };
        if let (2, Some(length)) = (head.number, head.content) {
            if self.seen_list {
                return Err(self.garbled());
            }
            self.check_kind()?;
            self.seen_list = true;
            self.at = At::List(length);
            return Ok(Some(head.before));
        }
        let Some((content, taken)) = self.content(&head, rest, HEAD_LIMIT)? else {
            return Ok(None);
        };
        match head.number {
            1 => [self.head.api_version, self.head.kind] = self.texts(content, [1, 2])?,
            // nothing that is sent is encoded once more
            3 if !content.is_empty() => return Err(self.garbled()),
            _ => {}
        }
        Ok(Some(taken))
    }

    /// A field of the list: its metadata, or an object.
    fn within<E: From<SplitError>>(
        &mut self,
        left: u64,
        rest: &[u8],
        on_item: &mut dyn FnMut(Encoded<'_>) -> Result<(), E>,
    ) -> Result<Option<usize>, E> {
        let Some(head) = self.field_head(rest)? else {
            return Ok(None);
        };
        let length = head.content.unwrap_or_default();
        let whole = length.saturating_add(head.before as u64);
        let after = left.checked_sub(whole).ok_or_else(|| self.garbled())?;
        let limit = if head.number == 2 {
            self.limit
        } else {
            HEAD_LIMIT
        };
        let Some((content, taken)) = self.content(&head, rest, limit)? else {
            return Ok(None);
        };
        match head.number {
            1 => {
                let [version, token] = self.texts(content, [2, 3])?;
                self.head.resource_version = version;
                self.head.continue_token = Some(token).filter(|token| !token.is_empty());
            }
            2 => {
                self.head.items = self.head.items.saturating_add(1);
                on_item(Encoded::Protobuf(content, self.message))?;
            }
            _ => {}
        }
        self.at = At::List(after);
        Ok(Some(taken))
    }

    /// The tag and length at the front, or none before they are there.
    fn field_head(&self, rest: &[u8]) -> Result<Option<Head>, SplitError> {
        let mut wire = Wire(rest);
        let read = (|| {
            let tag = wire.varint().ok()?;
            let number = u32::try_from(tag >> 3).ok()?;
            let content = match tag & 7 {
                2 => Some(wire.varint().ok()?),
                0 => wire.varint().ok().map(|_| None)?,
                _ => return None,
            };
            Some((number, content))
        })();
        match read {
            Some((number, content)) if number > 0 => Ok(Some(Head {
                number,
                before: rest.len() - wire.0.len(),
                content,
            })),
            None if rest.len() < LONGEST_HEAD => Ok(None),
            _ => Err(self.garbled()),
        }
    }

    /// What stands behind the head, with all that it takes, or none before it is there.
    fn content<'a>(
        &self,
        head: &Head,
        rest: &'a [u8],
        limit: usize,
    ) -> Result<Option<(&'a [u8], usize)>, SplitError> {
        let length = head.content.unwrap_or_default();
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= limit);
        let length = length.ok_or(SplitError::TooLarge { limit })?;
        let end = head.before.saturating_add(length);
        Ok(rest.get(head.before..end).map(|content| (content, end)))
    }

    /// The texts of these numbers in a message.
    fn texts(&self, bytes: &[u8], wanted: [u32; 2]) -> Result<[String; 2], SplitError> {
        let mut found = [String::new(), String::new()];
        let mut wire = Wire(bytes);
        while let Some((number, raw)) = wire.field().map_err(|_| self.garbled())? {
            for (wanted, text) in wanted.iter().zip(&mut found) {
                if let (true, Raw::Bytes(bytes)) = (*wanted == number, raw) {
                    *text = String::from_utf8_lossy(bytes).into_owned();
                }
            }
        }
        Ok(found)
    }

    fn check_kind(&self) -> Result<(), SplitError> {
        let ListHead {
            kind, api_version, ..
        } = &self.head;
        match &self.is_expected {
            Some(is_expected) if !is_expected(kind, api_version) => Err(SplitError::OtherKind),
            _ => Ok(()),
        }
    }

    fn garbled(&self) -> SplitError {
        SplitError::Garbled {
            offset: self.offset,
        }
    }
}

#[cfg(test)]
mod tests;
