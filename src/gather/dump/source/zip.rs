//! Reads a zip archive from its beginning, file by file, so that it may come from standard input or lie
//! in another archive, and nothing of it is held in memory.
//!
//! A zip is meant to be read from its end, where its directory is; but each file also has a header of
//! its own, and deflate knows where it ends (APPNOTE.TXT 6.3.10 §4.3). That libraries for zip want to
//! seek, or refuse files whose size is written behind them, as Go's `archive/zip` does, is why this is here.

use flate2::bufread::DeflateDecoder;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;

const FILE: [u8; 4] = *b"PK\x03\x04";
const DIRECTORY: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
/// Stands before the first file where an archive was meant to be split (§8.5.4).
const SPANNED: [[u8; 4]; 2] = [*b"PK\x07\x08", *b"PK00"];

/// §4.4.5
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// How far behind a file the next one begins: what describes it, short or long, marked or not (§4.3.9).
const DESCRIBED: [usize; 4] = [12, 16, 20, 24];

/// Whether a text is such an archive.
pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(&FILE) || head.starts_with(&END)
}

/// An archive that is being read.
pub(super) struct Zip<R> {
    reader: BufReader<R>,
    /// The mark that was met behind a file.
    next: Option<[u8; 4]>,
}

/// A file of it.
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) is_folder: bool,
    /// Not before this time it was written.
    pub(super) written: Option<Timestamp>,
    method: u16,
    encrypted: bool,
    /// Packed; unknown where it is written behind the file.
    size: Option<u64>,
    described: bool,
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the zip archive is damaged")
}

fn number(bytes: &[u8], at: usize, length: usize) -> io::Result<u64> {
    let bytes = bytes.get(at..at + length).ok_or_else(damaged)?;
    Ok(bytes
        .iter()
        .rev()
        .fold(0, |all, byte| all << 8 | u64::from(*byte)))
}

impl Entry {
    /// Why it cannot be read, if it cannot.
    pub(super) fn refusal(&self) -> Option<io::Error> {
        let message = match (self.method, self.size) {
            _ if self.encrypted => "it is encrypted in the zip archive",
            (STORED, Some(_)) | (DEFLATED, _) => return None,
            (STORED, None) => "the zip archive does not say how long it is: unpack it first",
            _ => "the zip archive is not packed by deflate: unpack it first",
        };
        Some(io::Error::new(io::ErrorKind::Unsupported, message))
    }
}

impl<R: Read> Zip<R> {
    pub(super) fn new(reader: R) -> Self {
        Zip {
            reader: BufReader::new(reader),
            next: None,
        }
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The next file, if there is one; what was read of the last has to be finished.
    pub(super) fn entry(&mut self) -> io::Result<Option<Entry>> {
        let mut mark = match self.next.take() {
            Some(mark) => mark,
            None => self.bytes()?,
        };
        if SPANNED.contains(&mark) {
            mark = self.bytes()?;
        }
        match mark {
            FILE => self.header().map(Some),
            DIRECTORY | END => Ok(None),
            _ => Err(damaged()),
        }
    }

    /// §4.3.7, behind the mark.
    fn header(&mut self) -> io::Result<Entry> {
        let fixed: [u8; 26] = self.bytes()?;
        let flags = number(&fixed, 2, 2)?;
        let mut text = |length: u64| {
            let mut bytes = Vec::new();
            self.reader.by_ref().take(length).read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(bytes)
        };
        let name = text(number(&fixed, 22, 2)?)?;
        let extra = text(number(&fixed, 24, 2)?)?;
        let size = match (number(&fixed, 14, 4)?, number(&fixed, 18, 4)?) {
            (0xffff_ffff, unpacked) => long_size(&extra, unpacked == 0xffff_ffff)?,
            (size, _) => size,
        };
        let described = flags & 8 != 0;
        // some programs on Windows write their own separator
        let name = String::from_utf8_lossy(&name).replace('\\', "/");
        Ok(Entry {
            is_folder: name.ends_with('/'),
            path: name.into(),
            written: written(&extra)
                .or_else(|| of_dos(number(&fixed, 8, 2).ok()?, number(&fixed, 6, 2).ok()?)),
            method: u16::try_from(number(&fixed, 4, 2)?).map_err(|_| damaged())?,
            encrypted: flags & 1 != 0,
            size: (!described || size > 0).then_some(size),
            described,
        })
    }

    /// What the file holds.
    pub(super) fn contents<'a>(&'a mut self, entry: &Entry) -> Box<dyn Read + 'a> {
        let packed = self.reader.by_ref().take(entry.size.unwrap_or(u64::MAX));
        match entry.method {
            STORED => Box::new(packed),
            _ => Box::new(DeflateDecoder::new(packed)),
        }
    }

    /// Passes over a file that is not read.
    pub(super) fn skip(&mut self, entry: &Entry) -> io::Result<()> {
        let size = entry.size.ok_or_else(damaged)?;
        let skipped = io::copy(&mut self.reader.by_ref().take(size), &mut io::sink())?;
        if skipped < size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// Passes over what describes a file that was read to its end.
    pub(super) fn finish(&mut self, entry: &Entry) -> io::Result<()> {
        if !entry.described {
            return Ok(());
        }
        let mut behind: Vec<u8> = Vec::new();
        for length in DESCRIBED {
            let missing = (length + FILE.len()).saturating_sub(behind.len());
            self.reader
                .by_ref()
                .take(missing as u64)
                .read_to_end(&mut behind)?;
            let mark = behind.last_chunk::<4>();
            if let Some(mark) = mark.filter(|mark| [FILE, DIRECTORY].contains(mark)) {
                self.next = Some(*mark);
                return Ok(());
            }
        }
        match self.reader.fill_buf()? {
            [] => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Err(damaged()),
        }
    }
}

/// Seconds of UTC, which Info-ZIP and Go write beside the time of DOS (Info-ZIP `proginfo/extrafld.txt`, 0x5455).
fn written(extra: &[u8]) -> Option<Timestamp> {
    let field = field(extra, 0x5455).ok()?;
    let has_time = field.first()? & 1 == 1;
    let seconds = number(field, 1, 4).ok().filter(|_| has_time)?;
    Timestamp::from_second(seconds.try_into().ok()?).ok()
}

/// A time of DOS is that of a wall clock, nobody knows where; none is further ahead than that of UTC+14.
fn of_dos(date: u64, time: u64) -> Option<Timestamp> {
    let part =
        |number: u64, from: u32, bits: u32| i8::try_from(number >> from & ((1 << bits) - 1)).ok();
    let year = 1980 + i16::from(part(date, 9, 7)?);
    let local = DateTime::new(
        year,
        part(date, 5, 4)?,
        part(date, 0, 5)?,
        part(time, 11, 5)?,
        part(time, 5, 6)?,
        part(time, 0, 5)?.checked_mul(2)?,
        0,
    );
    Offset::constant(14).to_timestamp(local.ok()?).ok()
}

/// The packed size of what does not fit into four bytes (§4.5.3); the unpacked one stands before it.
fn long_size(extra: &[u8], both: bool) -> io::Result<u64> {
    number(field(extra, 1)?, if both { 8 } else { 0 }, 8)
}

/// A field of what stands behind a file's name (§4.5.1).
fn field(extra: &[u8], wanted: u64) -> io::Result<&[u8]> {
    let mut rest = extra;
    loop {
        let (id, length) = (number(rest, 0, 2)?, number(rest, 2, 2)?);
        let end = 4 + usize::try_from(length).map_err(|_| damaged())?;
        if id == wanted {
            return rest.get(4..end).ok_or_else(damaged);
        }
        rest = rest.get(end..).ok_or_else(damaged)?;
    }
}
