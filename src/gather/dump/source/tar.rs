//! The files of a tar archive, with the names that do not fit into a header, which the library would
//! read however long they are.

use std::io::{self, Read};
use std::path::PathBuf;
use tar::{Archive, Entries, Entry, EntryType, PaxExtensions};

/// Linux takes no longer path (`PATH_MAX`), and a pax header holds little else.
const NAME_LIMIT: u64 = 64 << 10;

/// POSIX and GNU archives alike have this word in their first header (POSIX.1-2017, `pax`).
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// The files, in the order in which they lie there.
pub(super) struct Tar<'a, R: Read> {
    entries: Entries<'a, R>,
    /// What the next file is called.
    name: Option<PathBuf>,
}

impl<'a, R: Read> Tar<'a, R> {
    pub(super) fn new(archive: &'a mut Archive<R>) -> io::Result<Self> {
        Ok(Tar {
            entries: archive.entries()?.raw(true),
            name: None,
        })
    }

    fn next_file(&mut self) -> io::Result<Option<(PathBuf, Entry<'a, R>)>> {
        for entry in self.entries.by_ref() {
            let mut entry = entry?;
            match entry.header().entry_type() {
                EntryType::GNULongName => {
                    let mut name = limited(&mut entry)?;
                    name.retain(|byte| *byte != 0);
                    self.name = Some(String::from_utf8_lossy(&name).into_owned().into());
                }
                EntryType::XHeader => {
                    let header = limited(&mut entry)?;
                    for extension in PaxExtensions::new(&header) {
                        let extension = extension?;
                        match extension.key_bytes() {
                            b"path" => {
                                let name = String::from_utf8_lossy(extension.value_bytes());
                                self.name = Some(name.into_owned().into());
                            }
                            b"size" => return Err(refused("holds a file of more than 8 GiB")),
                            _ => {}
                        }
                    }
                }
                EntryType::Regular | EntryType::Continuous => {
                    let path = match self.name.take() {
                        Some(name) => name,
                        None => entry.path()?.into_owned(),
                    };
                    return Ok(Some((path, entry)));
                }
                // the name of a link is not that of the next file
                EntryType::GNULongLink | EntryType::XGlobalHeader => {}
                _ => self.name = None,
            }
        }
        Ok(None)
    }
}

impl<'a, R: Read> Iterator for Tar<'a, R> {
    type Item = io::Result<(PathBuf, Entry<'a, R>)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_file().transpose()
    }
}

fn limited(entry: &mut Entry<'_, impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if entry.size() > NAME_LIMIT {
        return Err(refused("holds a name of more than 64 KiB"));
    }
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the tar archive {why}"))
}
