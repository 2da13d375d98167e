//! Keys, from the bytes that a terminal sends for them.
//!
//! Cursor keys are sequences that begin as the Escape key does, and a slow line may bring them in pieces. So a lone Escape is
//! one only when nothing has followed it for a while, which whoever reads has to wait ([`Keys::is_unsure`]).
//!
//! Sources: ECMA-48 for control sequences; xterm's ctlseqs for the keys.

/// What was pressed. Keys that mean nothing here are none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// One up.
    Up,
    /// One down.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the start.
    Home,
    /// To the end.
    End,
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Backspace.
    Backspace,
    /// A letter, a digit, a sign, or a blank.
    Char(char),
    /// A letter with Ctrl.
    Control(char),
}

const ESCAPE: u8 = 0x1b;

/// What came so far and is not whole.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pending: Vec<u8>,
}

impl Keys {
    /// The keys that these bytes bring to an end.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.pending.extend_from_slice(bytes);
        let mut keys = Vec::new();
        let mut at = 0;
        while let Some(rest) = self.pending.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((key, length)) = first(rest) else {
                break;
            };
            keys.extend(key);
            at += length;
        }
        self.pending.drain(..at);
        keys
    }

    /// Whether more may follow that makes another key of what came.
    pub(super) fn is_unsure(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Nothing followed.
    pub(super) fn settle(&mut self) -> Option<Key> {
        let is_escape = self.pending == [ESCAPE];
        self.pending.clear();
        is_escape.then_some(Key::Escape)
    }
}

/// The first key, if it has a meaning, and how many bytes it takes; nothing while it is not whole.
fn first(bytes: &[u8]) -> Option<(Option<Key>, usize)> {
    let (&byte, rest) = bytes.split_first()?;
    if byte == ESCAPE {
        return match rest.split_first()? {
            (b'[', rest) => sequence(rest),
            (b'O', rest) => rest.first().map(|last| (cursor(*last), 3)),
            // Escape, and another key behind it
            _ => Some((Some(Key::Escape), 1)),
        };
    }
    let key = match byte {
        b'\r' | b'\n' => Some(Key::Enter),
        0x08 | 0x7f => Some(Key::Backspace),
        0x01..=0x1a => Some(Key::Control(char::from(byte + b'a' - 1))),
        b' '..=b'~' => Some(Key::Char(char::from(byte))),
        _ => None,
    };
    Some((key, 1))
}

/// Behind `ESC [`: parameters, and one byte that ends them.
fn sequence(rest: &[u8]) -> Option<(Option<Key>, usize)> {
    let end = rest.iter().position(|byte| matches!(byte, b'@'..=b'~'))?;
    let (parameters, last) = (rest.get(..end)?, *rest.get(end)?);
    let key = match last {
        b'~' => numbered(parameters),
        last => cursor(last),
    };
    Some((key, end + 3))
}

fn cursor(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        b'M' => Key::Enter,
        _ => return None,
    })
}

/// By its number; behind a `;` stands what was held down with it.
fn numbered(parameters: &[u8]) -> Option<Key> {
    let number = parameters.split(|byte| *byte == b';').next()?;
    Some(match number {
        b"1" | b"7" => Key::Home,
        b"4" | b"8" => Key::End,
        b"5" => Key::PageUp,
        b"6" => Key::PageDown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_keys() {
        for (bytes, expected) in [
            (&b"\x1b[A"[..], &[Key::Up][..]),
            (b"\x1bOB", &[Key::Down]),
            (b"\x1b[1;5C", &[Key::Right]),
            (b"\x1b[5~\x1b[6;2~", &[Key::PageUp, Key::PageDown]),
            (b"\x1b[H\x1b[4~", &[Key::Home, Key::End]),
            (b"jq", &[Key::Char('j'), Key::Char('q')]),
            (b"\r\x7f", &[Key::Enter, Key::Backspace]),
            (b"\x03\x1a", &[Key::Control('c'), Key::Control('z')]),
            (b"\x1bq", &[Key::Escape, Key::Char('q')]),
            // what means nothing here, and what is not typed on a keyboard
            (b"\x1b[15~\x1b[200~\x1b[Z\x00", &[]),
            ("ü漢".as_bytes(), &[]),
        ] {
            let mut keys = Keys::default();
            assert_eq!(keys.feed(bytes), expected, "{bytes:?}");
            assert!(!keys.is_unsure(), "{bytes:?}");
        }
    }

    #[test]
    fn a_sequence_may_come_in_pieces() {
        let mut keys = Keys::default();
        for piece in [&b"\x1b"[..], b"[", b"5"] {
            assert_eq!(keys.feed(piece), []);
            assert!(keys.is_unsure());
        }
        assert_eq!(keys.feed(b"~"), [Key::PageUp]);
        assert_eq!(keys.settle(), None);
    }

    #[test]
    fn a_lone_escape_is_the_key() {
        let mut keys = Keys::default();
        assert_eq!(keys.feed(b"j\x1b"), [Key::Char('j')]);
        assert_eq!(keys.settle(), Some(Key::Escape));
        assert_eq!(keys.settle(), None);
        assert_eq!(keys.feed(b"\x1b["), []);
        assert_eq!(keys.settle(), None, "no key begins so");
        assert_eq!(keys.feed(b"A"), [Key::Char('A')]);
    }
}
