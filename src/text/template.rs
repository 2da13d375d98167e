//! The grammar of a sentence with holes.

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// Words as they stand.
    Words(String),
    /// `{name}`
    Hole(&'t str),
    /// `{name|one|many}`
    Number(&'t str, Vec<Part<'t>>, Vec<Part<'t>>),
    /// `[…]`
    Optional(Vec<Part<'t>>),
}

/// The parts of a sentence. What is not closed ends with the sentence; a test finds it.
pub(super) fn parse(text: &str) -> Vec<Part<'_>> {
    let mut at = 0;
    parts(text, &mut at, &[])
}

/// The names of all holes, in their order; some may come twice.
pub(super) fn names(text: &str) -> Vec<&str> {
    fn collect<'t>(parts: Vec<Part<'t>>, names: &mut Vec<&'t str>) {
        for part in parts {
            match part {
                Part::Words(_) => {}
                Part::Hole(name) => names.push(name),
                Part::Number(name, one, many) => {
                    names.push(name);
                    collect(one, names);
                    collect(many, names);
                }
                Part::Optional(inner) => collect(inner, names),
            }
        }
    }
    let mut names = Vec::new();
    collect(parse(text), &mut names);
    names
}

/// Reads parts up to one of the characters of `until`, which stays.
fn parts<'t>(text: &'t str, at: &mut usize, until: &[char]) -> Vec<Part<'t>> {
    let mut found = Vec::new();
    let mut words = String::new();
    while let Some(next) = rest(text, *at).chars().next() {
        let doubled = rest(text, *at + next.len_utf8()).starts_with(next);
        if matches!(next, '{' | '}' | '[' | ']') && doubled {
            words.push(next);
            *at += 2 * next.len_utf8();
            continue;
        }
        if until.contains(&next) {
            break;
        }
        match next {
            '{' => {
                flush(&mut words, &mut found);
                *at += 1;
                found.push(hole(text, at));
            }
            '[' => {
                flush(&mut words, &mut found);
                *at += 1;
                found.push(Part::Optional(parts(text, at, &[']'])));
                *at += 1;
            }
            other => {
                words.push(other);
                *at += other.len_utf8();
            }
        }
    }
    flush(&mut words, &mut found);
    found
}

fn hole<'t>(text: &'t str, at: &mut usize) -> Part<'t> {
    let inner = rest(text, *at);
    let end = inner.find(['|', '}']).unwrap_or(inner.len());
    let name = inner.get(..end).unwrap_or_default();
    *at += end;
    if !rest(text, *at).starts_with('|') {
        *at += 1;
        return Part::Hole(name);
    }
    *at += 1;
    let one = parts(text, at, &['|', '}']);
    *at += 1;
    let many = parts(text, at, &['}']);
    *at += 1;
    Part::Number(name, one, many)
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

fn flush(words: &mut String, found: &mut Vec<Part<'_>>) {
    if !words.is_empty() {
        found.push(Part::Words(std::mem::take(words)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_part_is_read() {
        let words = |text: &str| Part::Words(text.to_owned());
        assert_eq!(
            parse("port {port} {n|is|are {n}}[ by {who}] [[x]]"),
            [
                words("port "),
                Part::Hole("port"),
                words(" "),
                Part::Number("n", vec![words("is")], vec![words("are "), Part::Hole("n")]),
                Part::Optional(vec![words(" by "), Part::Hole("who")]),
                words(" [x]"),
            ]
        );
        assert_eq!(names("{a|{b}|x}[{c}]{d}"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn what_is_not_closed_ends_with_the_sentence() {
        for text in ["{", "{a", "{a|", "{a|b", "[", "[x", "}", "]", "{{", ""] {
            parse(text);
        }
    }
}
