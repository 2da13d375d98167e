//! Reads JSON values one after another, and the lists among them item by item.
//!
//! One item is held at a time, as the bytes that it is written with. Between the values of
//! `kubectl cluster-info dump` stand the logs of containers, of which the ends are kept.

use super::error::Fault;
use super::logs::{END, End, LogOf, START};
use super::sniff::is_stray;
use super::take::DumpSink;
use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Read};

/// No object comes near it: etcd refuses requests of more than 1.5 MiB (etcd 3.5, `--max-request-bytes`).
pub(super) const ITEM_LIMIT: usize = 8 << 20;

/// Reads all values of a text.
pub(super) fn read(reader: &mut dyn BufRead, sink: &mut DumpSink<'_>) -> Result<(), Fault> {
    let spent = Cell::new(0);
    let mut reader = Limited {
        reader,
        spent: &spent,
        offset: 0,
    };
    while let Some(first) = reader.skip_space()? {
        if first == b'{' || (first == b'[' && !reader.is_at_stray()?) {
            spent.set(0);
            let mut deserializer = serde_json::Deserializer::from_reader(&mut reader);
            let outcome = Document {
                sink,
                spent: &spent,
            }
            .deserialize(&mut deserializer);
            if let Err(cause) = outcome {
                return Err(fault(&cause, sink, &reader));
            }
        } else {
            between(&mut reader, sink)?;
        }
    }
    Ok(())
}

/// Reads one value that is in memory.
pub(super) fn value(json: &[u8], sink: &mut DumpSink<'_>) -> Result<(), Fault> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let spent = Cell::new(0);
    let outcome = Document {
        sink,
        spent: &spent,
    }
    .deserialize(&mut deserializer);
    outcome.map_err(|_| sink.stopped().unwrap_or(Fault::Foreign))
}

fn fault(cause: &serde_json::Error, sink: &mut DumpSink<'_>, reader: &Limited<'_>) -> Fault {
    let (objects, offset) = (sink.objects(), reader.offset);
    if let Some(fault) = sink.stopped() {
        return fault;
    }
    if reader.spent.get() > ITEM_LIMIT {
        return Fault::TooLarge { limit: ITEM_LIMIT };
    }
    match cause.io_error_kind() {
        Some(kind) => Fault::Io(kind.into()),
        // it is json, and no object
        None if cause.is_data() => Fault::Foreign,
        None if cause.is_eof() => Fault::CutOff { objects, offset },
        None => Fault::NotJson { objects, offset },
    }
}

/// Passes over what is not JSON, such as what kubectl writes to standard error; the end of a log is kept.
fn between(reader: &mut Limited<'_>, sink: &mut DumpSink<'_>) -> Result<(), Fault> {
    let offset = reader.offset;
    let line = reader.line()?;
    if let Some(of) = line.strip_prefix(START) {
        let mut log = End::default();
        let end = format!("{END}{of}");
        // a log may hold anything but this line
        while !reader.at_end()? {
            let line = reader.line()?;
            if line == end {
                sink.logs().keep(LogOf::of_mark(of), &mut log);
                return Ok(());
            }
            log.line(&line);
        }
        return Err(Fault::CutOff {
            objects: sink.objects(),
            offset,
        });
    }
    if line == "---" || is_stray(&line) {
        sink.said(&line);
        return Ok(());
    }
    Err(Fault::NotJson {
        objects: sink.objects(),
        offset,
    })
}

/// Counts what one item takes, and stops at the limit.
struct Limited<'a> {
    reader: &'a mut dyn BufRead,
    spent: &'a Cell<usize>,
    offset: u64,
}

impl Limited<'_> {
    /// The next byte that is not white space, left where it is; `None` at the end.
    fn skip_space(&mut self) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let blank = buffer
                .iter()
                .take_while(|b| b.is_ascii_whitespace())
                .count();
            let next = buffer.get(blank).copied();
            let ended = buffer.is_empty();
            self.reader.consume(blank);
            self.offset += blank as u64;
            if ended || next.is_some() {
                return Ok(next);
            }
        }
    }

    /// Whether a line begins here that is none of the dump, as far as it is in the buffer.
    fn is_at_stray(&mut self) -> io::Result<bool> {
        let buffer = self.reader.fill_buf()?;
        let line = buffer.split(|byte| *byte == b'\n').next();
        let line = line.and_then(|line| line.get(..line.len().min(512)));
        Ok(is_stray(&String::from_utf8_lossy(line.unwrap_or_default())))
    }

    fn at_end(&mut self) -> io::Result<bool> {
        Ok(self.reader.fill_buf()?.is_empty())
    }

    /// The next line, without its end. Of a longer one only the beginning is kept.
    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        loop {
            let buffer = self.reader.fill_buf()?;
            let end = memchr::memchr(b'\n', buffer);
            let part = end.and_then(|end| buffer.get(..end)).unwrap_or(buffer);
            if line.len() < 4096 {
                line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            self.offset += used as u64;
            if end.is_some() || used == 0 {
                let line = String::from_utf8_lossy(&line);
                return Ok(line.trim_end_matches('\r').to_owned());
            }
        }
    }
}

impl Read for Limited<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.spent.get() > ITEM_LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.reader.read(into)?;
        self.spent.set(self.spent.get() + read);
        self.offset += read as u64;
        Ok(read)
    }
}

/// A value that is a list, an array of objects, or one object.
struct Document<'t, 'i> {
    sink: &'t mut DumpSink<'i>,
    spent: &'t Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Document { sink, spent } = self;
        let mut fields: Vec<(String, Box<RawValue>)> = Vec::new();
        let mut listed = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "Items" {
                let stop = sink.refuse(None, Fault::Internal).err();
                return Err(sink.stop(stop.unwrap_or(Fault::Internal)));
            }
            if key == "items" && !listed {
                sink.begin_list(kind_of(&fields));
                map.next_value_seed(Items { sink, spent })?;
                listed = true;
            } else {
                fields.push((key, map.next_value()?));
            }
        }
        if listed && is_a_page(&fields) {
            sink.is_a_page();
        }
        let outcome = if listed {
            sink.end_list(
                kind_of(&fields).as_deref(),
                text_of(&fields, "apiVersion").is_some(),
            )
        } else {
            sink.single(&joined(&fields))
        };
        outcome.map_err(|fault| sink.stop(fault))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        let Document { sink, spent } = self;
        sink.begin_list(None);
        Items { sink, spent }.visit_seq(seq)?;
        sink.end_list(None, false).map_err(|fault| sink.stop(fault))
    }
}

fn text_of(fields: &[(String, Box<RawValue>)], key: &str) -> Option<String> {
    let (_, value) = fields.iter().find(|(name, _)| name == key)?;
    serde_json::from_str(value.get()).ok()
}

/// Whether a list says that more is to come (`metadata.continue`).
fn is_a_page(fields: &[(String, Box<RawValue>)]) -> bool {
    let metadata = fields.iter().find(|(name, _)| name == "metadata");
    let metadata = metadata.and_then(|(_, value)| serde_json::from_str(value.get()).ok());
    let metadata: Value = metadata.unwrap_or_default();
    let token = metadata.get("continue").and_then(Value::as_str);
    token.is_some_and(|it| !it.is_empty())
}

fn kind_of(fields: &[(String, Box<RawValue>)]) -> Option<String> {
    text_of(fields, "kind")
}

/// The object again, as it was written.
fn joined(fields: &[(String, Box<RawValue>)]) -> Vec<u8> {
    let mut json = Vec::new();
    for (key, value) in fields {
        json.push(if json.is_empty() { b'{' } else { b',' });
        json.extend_from_slice(Value::from(key.as_str()).to_string().as_bytes());
        json.push(b':');
        json.extend_from_slice(value.get().as_bytes());
    }
    if json.is_empty() {
        json.push(b'{');
    }
    json.push(b'}');
    json
}

/// The array of a list.
struct Items<'t, 'i> {
    sink: &'t mut DumpSink<'i>,
    spent: &'t Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    /// Go writes a nil slice as null.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Items { sink, spent } = self;
        spent.set(0);
        while let Some(item) = seq.next_element::<Box<RawValue>>()? {
            sink.item(item.get().as_bytes())
                .map_err(|fault| sink.stop(fault))?;
            spent.set(0);
        }
        Ok(())
    }
}
