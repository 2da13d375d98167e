//! What of a message may go where there is little room: [`shorten`] leaves out what says least until the rest fits, and
//! marks each gap with `…`. [`innermost`] is the end of a chain of errors, [`code()`] the word by which the error is
//! known.
//!
//! Each layer puts its own words before the error that it hands on, so the head of a message is about who called whom,
//! and its end is often an id, a link or advice. Which pieces these are is data ([`known`], [`ids`], [`advice`]); what
//! no table knows is never left out. How much room there is, whoever shows the message knows.

mod advice;
mod code;
mod ids;
mod known;

use std::borrow::Cow;
use std::ops::Range;

/// Bytes of the longest message of a component; what is longer was printed by a program, and is read by nobody here.
const LONGEST: usize = 16 << 10;
/// Stands for what is left out.
const GAP: &str = "…";

/// What a piece of a message is worth to its reader, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// A name that only machines use: of a container, a request, a digest.
    Id,
    /// What to do or to read, from somebody who does not know this cluster.
    Advice,
    /// Who called whom.
    Wrapper,
    /// A wrapper that names what the message names elsewhere, too.
    Repeat,
    /// One of many entries of a list.
    Entry,
    /// A part beside the error: around it, not of it.
    Context,
}

/// A piece that may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece<'t> {
    worth: Worth,
    place: Range<usize>,
    /// What stands elsewhere, or the piece has to stay.
    repeats: Option<&'t str>,
}

/// A message as far as it had to be shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortened<'t> {
    /// What is left, in its order and with its words; `…` where something is not.
    pub text: Cow<'t, str>,
    /// Whether something was left out that is known to stand around an error: then the rest is the error.
    pub is_known: bool,
}

/// The message without what says least, as far as is needed for it to fit: all wrappers or none, and of lists one entry after
/// the other.
pub fn shorten<'t>(message: &'t str, fits: impl Fn(&str) -> bool) -> Shortened<'t> {
    let mut shortened = Shortened {
        text: Cow::Borrowed(message),
        is_known: false,
    };
    if fits(message) || message.len() > LONGEST {
        return shortened;
    }
    let pieces = pieces(message);
    shortened.is_known = pieces.iter().any(|piece| piece.worth > Worth::Advice);
    let mut gaps = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let more = with(&gaps, &piece.place);
        let is_told = |name| says(message, &more, name);
        if says_nothing(message, &more) || !piece.repeats.is_none_or(is_told) {
            continue;
        }
        gaps = more;
        shortened.text = Cow::Owned(with_gaps(message, &gaps));
        let next = pieces.get(index + 1);
        let is_last = next.is_none_or(|next| next.worth != piece.worth);
        if (is_last || piece.worth >= Worth::Entry) && fits(&shortened.text) {
            break;
        }
    }
    shortened
}

/// The end of a chain of errors: the message without the wrappers that it begins with.
pub fn innermost(message: &str) -> &str {
    let mut rest = message.trim();
    while let Some(inner) = known::wrapper(rest)
        .and_then(|end| rest.get(end..))
        .filter(|inner| inner.contains(char::is_alphanumeric))
    {
        rest = inner.trim_start();
    }
    let before_page = ids::page(rest).and_then(|at| rest.get(..at));
    let before_page =
        before_page.map(|before| before.trim_end_matches([' ', '\n', ':', '"', '\\']));
    before_page
        .filter(|before| !before.is_empty())
        .unwrap_or(rest)
}

/// The code by which a cloud or a driver names its error, such as `UnauthorizedOperation`; else that of gRPC. It stays while
/// amounts and names in the message change.
pub fn code(message: &str) -> Option<&str> {
    code::of_cloud(message).or_else(|| code::of_status(message))
}

/// What decides of a message, for a headline: the code of a cloud, or the end of its chain of errors.
pub fn gist(message: &str) -> &str {
    code::of_cloud(message).unwrap_or_else(|| innermost(message))
}

/// The innermost message without ids: what is said again and again, also by another component about the first, differs in
/// nothing else.
pub fn without_ids(message: &str) -> String {
    let message = innermost(message);
    let gaps = ids::places(message).fold(Vec::new(), |gaps, id| with(&gaps, &id));
    with_gaps(message, &gaps)
}

/// What two messages have in common that differ only in ids, numbers and the name of what they are about.
pub fn normalized(message: &str, name: &str) -> String {
    let alike = without_ids(message);
    let alike = if name.is_empty() {
        alike
    } else {
        alike.replace(name, GAP)
    };
    alike.replace(|c: char| c.is_ascii_digit(), "")
}

/// All that may be left out, what says least first.
fn pieces(message: &str) -> Vec<Piece<'_>> {
    let of = |worth| {
        move |place| Piece {
            worth,
            place,
            repeats: None,
        }
    };
    let mut pieces: Vec<Piece<'_>> = ids::places(message)
        .map(of(Worth::Id))
        .chain(advice::places(message).map(of(Worth::Advice)))
        .chain(known::pieces(message))
        .collect();
    pieces.sort_by_key(|piece| (piece.worth, piece.place.start));
    pieces
}

/// The gaps with one more, in order; those that touch or overlap become one.
fn with(gaps: &[Range<usize>], more: &Range<usize>) -> Vec<Range<usize>> {
    let mut place = more.clone();
    let mut all: Vec<Range<usize>> = Vec::with_capacity(gaps.len() + 1);
    for gap in gaps {
        if gap.end < place.start || place.end < gap.start {
            all.push(gap.clone());
        } else {
            place = place.start.min(gap.start)..place.end.max(gap.end);
        }
    }
    let at = all.partition_point(|gap| gap.start < place.start);
    all.insert(at, place);
    all
}

/// The pieces between the gaps.
fn kept<'t>(message: &'t str, gaps: &[Range<usize>]) -> impl Iterator<Item = &'t str> {
    let starts = std::iter::once(0).chain(gaps.iter().map(|gap| gap.end));
    let ends = gaps.iter().map(|gap| gap.start).chain([message.len()]);
    let places: Vec<Range<usize>> = starts.zip(ends).map(|(start, end)| start..end).collect();
    places.into_iter().filter_map(|place| message.get(place))
}

fn says_nothing(message: &str, gaps: &[Range<usize>]) -> bool {
    !kept(message, gaps).any(|piece| piece.contains(char::is_alphanumeric))
}

/// Whether what is left names it: as a whole, or as the end of a path.
fn says(message: &str, gaps: &[Range<usize>], name: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    kept(message, gaps).any(|piece| {
        piece.match_indices(name).any(|(at, name)| {
            let before = piece.get(..at).and_then(|head| head.chars().next_back());
            let after = piece
                .get(at + name.len()..)
                .and_then(|tail| tail.chars().next());
            !before.is_some_and(goes_on) && !after.is_some_and(|c| goes_on(c) && c != '.')
        })
    })
}

/// The message with `…` for each gap. Blanks around a gap are one blank, and gaps with nothing else between them are one gap.
fn with_gaps(message: &str, gaps: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(message.len());
    let starts = std::iter::once(0).chain(gaps.iter().map(|gap| gap.end));
    for (piece, start) in kept(message, gaps).zip(starts) {
        if start > 0 && !out.ends_with(GAP) {
            out.push_str(GAP);
        }
        let words = piece.trim();
        if words.is_empty() {
            continue;
        }
        if start > 0 && is_apart(message, start) {
            out.push(' ');
        }
        out.push_str(words);
        let end = start + piece.len();
        let goes_on = message.get(end..).is_some_and(|rest| rest.starts_with(','));
        if end < message.len() && (goes_on || is_apart(message, end)) {
            out.push(' ');
        }
    }
    out
}

/// Whether there is a blank at this place, on either side.
fn is_apart(message: &str, at: usize) -> bool {
    let (before, after) = message.split_at_checked(at).unwrap_or_default();
    before.ends_with(char::is_whitespace) || after.starts_with(char::is_whitespace)
}

#[cfg(test)]
mod tests;
