//! UTF-16, which PowerShell writes.

use super::packed::{Text, peek};
use std::io::{self, Cursor, Read};

/// How much is decoded at once.
const STEP: u64 = 8 << 10;

/// UTF-8 without a byte order mark. PowerShell's `>` writes UTF-16 with one.
pub(super) fn decoded(mut text: Text<'_>) -> io::Result<Text<'_>> {
    let mut drop_mark =
        |length: u64| io::copy(&mut text.reader.by_ref().take(length), &mut io::sink());
    match *text.head.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => {
            drop_mark(3)?;
            peek(text.reader)
        }
        [0xff, 0xfe, ..] => {
            drop_mark(2)?;
            peek(Box::new(Utf16::new(text.reader, u16::from_le_bytes)))
        }
        [0xfe, 0xff, ..] => {
            drop_mark(2)?;
            peek(Box::new(Utf16::new(text.reader, u16::from_be_bytes)))
        }
        _ => Ok(text),
    }
}

/// Turns UTF-16 into UTF-8 while it is read.
struct Utf16<'a> {
    reader: Box<dyn Read + 'a>,
    unit: fn([u8; 2]) -> u16,
    /// What did not make a whole character yet.
    rest: Vec<u8>,
    ready: Cursor<Vec<u8>>,
}

impl<'a> Utf16<'a> {
    fn new(reader: Box<dyn Read + 'a>, unit: fn([u8; 2]) -> u16) -> Self {
        Utf16 {
            reader,
            unit,
            rest: Vec::new(),
            ready: Cursor::default(),
        }
    }

    /// Decodes some more; `false` at the end of the text.
    fn refill(&mut self) -> io::Result<bool> {
        let read = self
            .reader
            .by_ref()
            .take(STEP)
            .read_to_end(&mut self.rest)?;
        let (pairs, _) = self.rest.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| (self.unit)(*pair)).collect();
        let high = |unit: &u16| (0xd800..0xdc00).contains(unit);
        if read > 0 && units.last().is_some_and(high) {
            units.pop();
        }
        self.rest.drain(..units.len() * 2);
        self.ready = Cursor::new(String::from_utf16_lossy(&units).into_bytes());
        Ok(read > 0)
    }
}

impl Read for Utf16<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.ready.read(buffer)?;
            if read > 0 || buffer.is_empty() || !self.refill()? {
                return if read > 0 {
                    Ok(read)
                } else {
                    self.ready.read(buffer)
                };
            }
        }
    }
}
