//! What `--dump` has written, for standard error.

use super::Layout;
use super::line::Line;
use super::style::Style;
use super::words::bytes;
use super::writer::{Detail, Writer};
use crate::text::{Message, say};

/// Where it is, how large, and what is still in it. `place` is absent for standard output.
pub fn dumped(
    place: Option<&str>,
    objects: u64,
    size: u64,
    masked: bool,
    layout: Layout,
) -> String {
    let mut writer = Writer::new(layout, Detail::Short);
    let objects = usize::try_from(objects).unwrap_or(usize::MAX);
    let place = match place {
        Some(path) => Message::new(say!("dump.file", "{path}")).fact("path", path),
        None => say!("dump.stdout", "standard output").into(),
    };
    let readable = Message::from(if masked {
        say!(
            "dump.masked",
            "masked are environment values, probe headers, foreign annotations and what looks like a credential; readable are names, labels, images, addresses, other arguments and messages"
        )
    } else {
        say!(
            "dump.unmasked",
            "environment values, arguments, probe headers, annotations and messages are in it as they are"
        )
    });
    let words = Message::new(say!(
        "dump.written",
        "dump written to {place}: {objects} {objects|object|objects}, {size}; values of Secrets and ConfigMaps are left out; {readable}"
    ))
    .fact("readable", readable)
    .fact("place", place)
    .fact("objects", objects)
    .fact("size", bytes(size));
    let line = Line::new().sentence(writer.language(), &words, |_| Style::Plain);
    writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    writer.finish()
}
