//! Opens what `-f` names: files, directories, tar archives and standard input.
//!
//! Everything is streamed; nothing of an archive is unpacked to disk. What is compressed and what is
//! an archive, its first bytes say. What a text means is not decided here.

use super::error;
use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use std::cell::Cell;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

/// How much of a text is looked at to tell what it is.
const HEAD: u64 = 8 << 10;

/// Deeper than any dump.
const DEPTH: usize = 24;

/// One file, open and not yet read.
pub(super) struct File<'a> {
    /// How messages name it: as it was typed, or from there on.
    pub(super) label: &'a Path,
    /// Its path, absolute where it lies in a file system: the layout of the dump.
    pub(super) path: &'a Path,
    /// Whether it was named itself, not found in a directory or an archive.
    pub(super) named: bool,
    /// Its text as UTF-8.
    pub(super) text: io::Result<Text<'a>>,
}

/// A text whose beginning is known.
pub(super) struct Text<'a> {
    /// Up to [`HEAD`] bytes of it.
    pub(super) head: Vec<u8>,
    /// All of it, head included.
    pub(super) reader: Box<dyn Read + 'a>,
}

type OnFile<'a> = dyn FnMut(File<'_>) -> Result<()> + 'a;

/// Hands on every file under `path`, directories in order of their names, and counts bytes.
pub(super) fn each(path: &Path, bytes: &Cell<u64>, on_file: &mut OnFile<'_>) -> Result<()> {
    let mut walk = Walk {
        bytes,
        on_file,
        root: PathBuf::new(),
    };
    if path == Path::new("-") {
        return walk.stream(path, path, true, &mut io::stdin().lock());
    }
    let unreadable = || error::unreadable(path);
    // a layout is told by the folders above as well: `-f .` inside of a bundle
    let absolute = fs::canonicalize(path).with_context(unreadable)?;
    if absolute.is_dir() {
        fs::read_dir(&absolute).with_context(unreadable)?;
        walk.root.clone_from(&absolute);
        return walk.folder(&absolute, DEPTH);
    }
    let mut file = fs::File::open(&absolute).with_context(unreadable)?;
    walk.stream(path, &absolute, true, &mut file)
}

struct Walk<'a, 'f> {
    bytes: &'a Cell<u64>,
    on_file: &'a mut OnFile<'f>,
    /// The directory that was named.
    root: PathBuf,
}

impl Walk<'_, '_> {
    fn folder(&mut self, path: &Path, depth: usize) -> Result<()> {
        // a folder that may not be entered is like one that was not saved
        let Ok(entries) = fs::read_dir(path) else {
            return Ok(());
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_file() && self.lies_within(&path) {
                self.file(&path)?;
            } else if path.is_dir() && !path.is_symlink() && depth > 0 {
                // a link to a folder could lead back up
                self.folder(&path, depth - 1)?;
            }
        }
        Ok(())
    }

    /// A link that leads out of the directory was not named: whoever packed it could have any file read.
    fn lies_within(&self, path: &Path) -> bool {
        !path.is_symlink() || fs::canonicalize(path).is_ok_and(|real| real.starts_with(&self.root))
    }

    fn file(&mut self, path: &Path) -> Result<()> {
        let root = self.root.clone();
        let label = path.strip_prefix(&root).unwrap_or(path);
        match fs::File::open(path) {
            Ok(mut file) => self.stream(label, path, false, &mut file),
            Err(cause) => self.hand_on(label, path, false, Err(cause)),
        }
    }

    fn stream(
        &mut self,
        label: &Path,
        path: &Path,
        named: bool,
        reader: &mut dyn Read,
    ) -> Result<()> {
        let bytes = self.bytes;
        match plain(Box::new(Counted { reader, bytes })) {
            Ok(text) if is_tar(&text.head) => match self.archive(text) {
                Ok(outcome) => outcome,
                Err(cause) => self.hand_on(label, path, named, Err(cause)),
            },
            text => self.hand_on(label, path, named, text.and_then(decoded)),
        }
    }

    /// The outer error is the archive's, the inner one comes from a file of it.
    fn archive(&mut self, text: Text<'_>) -> io::Result<Result<()>> {
        let mut archive = tar::Archive::new(text.reader);
        for entry in archive.entries()? {
            let entry = entry?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = entry.path()?.into_owned();
            let text = plain(Box::new(entry)).and_then(decoded);
            if let Err(error) = self.hand_on(&path, &path, false, text) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    fn hand_on(
        &mut self,
        label: &Path,
        path: &Path,
        named: bool,
        text: io::Result<Text<'_>>,
    ) -> Result<()> {
        (self.on_file)(File {
            label,
            path,
            named,
            text,
        })
    }
}

struct Counted<'a> {
    reader: &'a mut dyn Read,
    bytes: &'a Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes.set(self.bytes.get().saturating_add(read as u64));
        Ok(read)
    }
}

fn peek<'a>(mut reader: Box<dyn Read + 'a>) -> io::Result<Text<'a>> {
    let mut head = Vec::new();
    reader.by_ref().take(HEAD).read_to_end(&mut head)?;
    Ok(Text {
        reader: Box::new(Cursor::new(head.clone()).chain(reader)),
        head,
    })
}

/// Takes gzip off (RFC 1952 §2.3.1: it begins with 1f 8b).
fn plain<'a>(reader: Box<dyn Read + 'a>) -> io::Result<Text<'a>> {
    let text = peek(reader)?;
    if text.head.starts_with(&[0x1f, 0x8b]) {
        return peek(Box::new(MultiGzDecoder::new(text.reader)));
    }
    Ok(text)
}

/// POSIX and GNU archives alike have this word in their first header (POSIX.1-2017, `pax`).
fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// UTF-8 without a byte order mark. PowerShell's `>` writes UTF-16 with one.
fn decoded(mut text: Text<'_>) -> io::Result<Text<'_>> {
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
            .take(HEAD)
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
