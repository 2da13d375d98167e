//! Takes compression off while it is read: gzip, xz, bzip2 and zstd, one within another too.
//!
//! A few kilobytes can be made to unpack to more than any disk holds, so there is a bound.

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use std::cell::Cell;
use std::io::{self, Cursor, Read};

/// How much of a text is looked at to tell what it is.
pub(in super::super) const HEAD: u64 = 8 << 10;

/// A compressed archive, compressed again by who sent it; more is made to do harm.
const LAYERS: usize = 4;

/// What `xz -9` asks of who unpacks is a third of it, in KiB (xz(1)).
const XZ_MEMORY: u32 = 192 << 10;

/// Logs, which are packed best, come to a fiftieth of their size.
const RATIO: u64 = 250;

/// A text whose beginning is known.
pub(in super::super) struct Text<'a> {
    /// Up to [`HEAD`] bytes of it.
    pub(in super::super) head: Vec<u8>,
    /// All of it, head included.
    pub(in super::super) reader: Box<dyn Read + 'a>,
}

/// What was read of files, and what became of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meter<'a> {
    /// Bytes as they lie there.
    pub(super) read: &'a Cell<u64>,
    /// Bytes that came out of compression.
    pub(super) unpacked: &'a Cell<u64>,
    /// How many may come out without asking from how many.
    pub(super) free: u64,
}

/// Looks at the beginning.
pub(super) fn peek<'a>(mut reader: Box<dyn Read + 'a>) -> io::Result<Text<'a>> {
    let mut head = Vec::new();
    while head.trim_ascii().is_empty() {
        // a page of blanks says nothing
        head.clear();
        if reader.by_ref().take(HEAD).read_to_end(&mut head)? == 0 {
            break;
        }
    }
    Ok(Text {
        reader: Box::new(Cursor::new(head.clone()).chain(reader)),
        head,
    })
}

/// What is left once no compression is.
pub(super) fn plain<'a>(reader: Box<dyn Read + 'a>, meter: Meter<'a>) -> io::Result<Text<'a>> {
    let mut text = peek(reader)?;
    for _ in 0..LAYERS {
        let reader: Box<dyn Read + 'a> = match text.head.as_slice() {
            // RFC 1952 §2.3.1
            [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(text.reader)),
            // xz-file-format.txt §2.1.1.1
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
                let reader = lzma_rust2::XzReader::new_mem_limit(text.reader, true, XZ_MEMORY);
                Box::new(reader)
            }
            // the block of bzip2 begins with the digits of pi
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..] => {
                Box::new(bzip2::read::MultiBzDecoder::new(text.reader))
            }
            // RFC 8878 §3.1.1
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(Zstd::new(text.reader)),
            _ => return Ok(text),
        };
        text = peek(Box::new(Unpacked { reader, meter }))?;
    }
    Ok(text)
}

/// Counts what is unpacked, and stops at what no dump comes to.
struct Unpacked<'a> {
    reader: Box<dyn Read + 'a>,
    meter: Meter<'a>,
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let Meter {
            read: packed,
            unpacked,
            free,
        } = self.meter;
        unpacked.set(unpacked.get().saturating_add(read as u64));
        if unpacked.get() > free.max(packed.get().saturating_mul(RATIO)) {
            let message = format!("it unpacks to more than {RATIO} times its size");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(read)
    }
}

type Source<'a> = io::Chain<Cursor<Vec<u8>>, Box<dyn Read + 'a>>;

/// Frame after frame; the decoder ends with the first. Its window is bounded by the decoder (128 MiB).
struct Zstd<'a> {
    /// Before the first frame and after the last.
    waiting: Option<Box<dyn Read + 'a>>,
    frame: Option<StreamingDecoder<Source<'a>, ruzstd::decoding::FrameDecoder>>,
}

impl<'a> Zstd<'a> {
    fn new(reader: Box<dyn Read + 'a>) -> Self {
        Zstd {
            waiting: Some(reader),
            frame: None,
        }
    }

    /// Begins the next frame; `false` at the end.
    fn next_frame(&mut self) -> io::Result<bool> {
        let Some(mut reader) = self.waiting.take() else {
            return Ok(false);
        };
        let mut first = Vec::new();
        reader.by_ref().take(1).read_to_end(&mut first)?;
        if first.is_empty() {
            return Ok(false);
        }
        let frame = StreamingDecoder::new(Cursor::new(first).chain(reader));
        self.frame = Some(frame.map_err(io::Error::other)?);
        Ok(true)
    }
}

impl Read for Zstd<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut frame) = self.frame.take() {
                let read = frame.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    self.frame = Some(frame);
                    return Ok(read);
                }
                self.waiting = Some(frame.into_inner().into_inner().1);
            }
            if !self.next_frame()? {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::GzEncoder;

    #[test]
    fn what_unpacks_without_end_is_refused() {
        let packed = |length: u64| {
            let mut packed = Vec::new();
            let mut encoder = GzEncoder::new(io::repeat(7).take(length), Compression::best());
            encoder.read_to_end(&mut packed).unwrap();
            packed
        };
        let read = |packed: &[u8]| {
            let (read, unpacked) = (Cell::new(packed.len() as u64), Cell::new(0));
            let meter = Meter {
                read: &read,
                unpacked: &unpacked,
                free: 1 << 20,
            };
            let text = plain(Box::new(packed), meter)?;
            let outcome = io::copy(&mut { text.reader }, &mut io::sink());
            assert!(unpacked.get() < 2 << 20, "it goes on");
            outcome
        };
        assert_eq!(read(&packed(1 << 20)).unwrap(), 1 << 20);
        let refused = read(&packed(8 << 20)).unwrap_err();
        assert!(
            refused.to_string().contains("more than 250 times"),
            "{refused}"
        );
        let mut encoder = GzEncoder::new(io::Cursor::new(packed(64 << 20)), Compression::best());
        let mut twice = Vec::new();
        encoder.read_to_end(&mut twice).unwrap();
        assert!(read(&twice).is_err());
    }
}
