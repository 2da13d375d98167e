//! Opens what `-f` names: files, directories, archives and standard input.
//!
//! Everything is streamed; nothing of an archive is unpacked to disk. What is compressed and what is
//! an archive, its first bytes say. What a text means is not decided here.

mod packed;
mod tar;
mod utf16;
mod zip;

pub(super) use packed::{HEAD, Text};

use super::{error, other};
use anyhow::{Context, Result};
use jiff::Timestamp;
use packed::{Meter, plain};
use std::cell::Cell;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tar::Tar;
use zip::Zip;

/// Deeper than any dump.
const DEPTH: usize = 24;

/// So much may come out of archives whatever they are.
const UNPACKED: u64 = 1 << 30;

/// An archive for each node in that of the cluster (rancher/support-bundle-kit), and that sent in another.
const ARCHIVES: usize = 3;

/// One file, open and not yet read.
pub(super) struct File<'a> {
    /// How messages name it: as it was typed, or from there on.
    pub(super) label: &'a Path,
    /// Its path, absolute where it lies in a file system: the layout of the dump.
    pub(super) path: &'a Path,
    /// Whether it was named itself, not found in a directory or an archive.
    pub(super) named: bool,
    /// Whether it is an archive, of which nobody knows what it would have held.
    pub(super) archive: bool,
    /// When it was written, by the archive in which it lies.
    pub(super) written: Option<Timestamp>,
    /// Its text as UTF-8.
    pub(super) text: io::Result<Text<'a>>,
}

type OnFile<'a> = dyn FnMut(File<'_>) -> Result<()> + 'a;

/// Hands on every file under `path`, directories in order of their names, and counts bytes.
pub(super) fn each(path: &Path, bytes: &Cell<u64>, on_file: &mut OnFile<'_>) -> Result<()> {
    let unpacked = Cell::new(0);
    let mut walk = Walk {
        meter: Meter {
            read: bytes,
            unpacked: &unpacked,
            free: UNPACKED,
        },
        on_file,
        root: PathBuf::new(),
    };
    if path == Path::new("-") {
        return walk.stream(At::named(path, path), &mut io::stdin().lock());
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
    walk.stream(At::named(path, &absolute), &mut file)
}

/// Where a file lies.
#[derive(Clone, Copy)]
struct At<'a> {
    label: &'a Path,
    path: &'a Path,
    named: bool,
    written: Option<Timestamp>,
    /// How many archives may still lie in one another.
    archives: usize,
}

impl<'a> At<'a> {
    fn named(label: &'a Path, path: &'a Path) -> Self {
        At {
            label,
            path,
            named: true,
            written: None,
            archives: ARCHIVES,
        }
    }
}

struct Walk<'a, 'f> {
    meter: Meter<'a>,
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
            if path.is_file() || leads_nowhere(&path) {
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
        let at = At {
            named: false,
            ..At::named(label, path)
        };
        let file = if self.lies_within(path) {
            fs::File::open(path)
        } else {
            Err(io::Error::other(
                "it is a link that leads out of the directory",
            ))
        };
        match file {
            Ok(mut file) => self.stream(at, &mut file),
            Err(cause) => self.hand_on(at, false, Err(cause)),
        }
    }

    fn stream(&mut self, at: At<'_>, reader: &mut dyn Read) -> Result<()> {
        let meter = self.meter;
        let counted = Counted {
            reader,
            bytes: meter.read,
        };
        let text = plain(Box::new(counted), meter);
        self.text(at, text)
    }

    /// A text without compression: an archive, or something that is read.
    fn text(&mut self, at: At<'_>, text: io::Result<Text<'_>>) -> Result<()> {
        let text = match text {
            Err(cause) => return self.hand_on(at, true, Err(cause)),
            Ok(text) => text,
        };
        if let Some(cause) = other::packed(&text.head) {
            return self.hand_on(at, true, Err(cause));
        }
        let outcome = if at.archives == 0 {
            return self.hand_on(at, false, utf16::decoded(text));
        } else if tar::is_tar(&text.head) {
            self.tar(at, text)
        } else if zip::is_zip(&text.head) {
            self.zip(at, text)
        } else {
            return self.hand_on(at, false, utf16::decoded(text));
        };
        match outcome {
            Ok(outcome) => outcome,
            Err(cause) => self.hand_on(at, true, Err(cause)),
        }
    }

    /// The outer error is the archive's, the inner one comes from a file of it.
    fn tar(&mut self, at: At<'_>, text: Text<'_>) -> io::Result<Result<()>> {
        let mut tar = ::tar::Archive::new(text.reader);
        for entry in Tar::new(&mut tar)? {
            let (path, mut entry) = entry?;
            let seconds = entry.header().mtime().ok();
            let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok());
            let at = At {
                written: seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()),
                ..at
            };
            if let Err(error) = self.within(at, &path, Ok(&mut entry)) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    fn zip(&mut self, at: At<'_>, text: Text<'_>) -> io::Result<Result<()>> {
        let mut zip = Zip::new(text.reader);
        while let Some(entry) = zip.entry()? {
            let at = At {
                written: entry.written,
                ..at
            };
            let outcome = if let Some(cause) = entry.refusal() {
                let outcome = self.within(at, &entry.path, Err(cause));
                zip.skip(&entry)?;
                outcome
            } else {
                let mut contents = zip.contents(&entry);
                let outcome = if entry.is_folder {
                    Ok(())
                } else {
                    self.within(at, &entry.path, Ok(&mut *contents))
                };
                // what nobody wanted to read to its end
                io::copy(&mut contents, &mut io::sink())?;
                outcome
            };
            if outcome.is_err() {
                return Ok(outcome);
            }
            zip.finish(&entry)?;
        }
        Ok(Ok(()))
    }

    /// A file of an archive. Its label says in which, where that was not named itself.
    fn within(&mut self, at: At<'_>, path: &Path, reader: io::Result<&mut dyn Read>) -> Result<()> {
        let label = if at.named {
            path.to_owned()
        } else {
            at.label.join(path)
        };
        let at = At {
            label: &label,
            path,
            named: false,
            written: at.written,
            archives: at.archives - 1,
        };
        match reader {
            Ok(reader) => {
                let text = plain(Box::new(reader), self.meter);
                self.text(at, text)
            }
            Err(cause) => self.hand_on(at, true, Err(cause)),
        }
    }

    fn hand_on(&mut self, at: At<'_>, archive: bool, text: io::Result<Text<'_>>) -> Result<()> {
        (self.on_file)(File {
            label: at.label,
            path: at.path,
            named: at.named,
            archive,
            written: at.written,
            text,
        })
    }
}

/// A link to something that is not here.
fn leads_nowhere(path: &Path) -> bool {
    path.is_symlink() && !path.exists()
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
