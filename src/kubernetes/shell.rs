//! Commands that can be pasted into a POSIX shell as they are printed.
//!
//! Here lives the quoting. Which command helps, and whether it is ever run, is decided elsewhere.
//!
//! Source: POSIX.1-2024, Shell Command Language, 2.2 Quoting.

use std::borrow::Cow;

/// One word for the shell: as it is when the shell leaves it alone, in single quotes otherwise.
pub fn quote(word: &str) -> Cow<'_, str> {
    // zsh replaces a word that starts with `=` by a path, so `=` is plain only inside
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&b);
    if !word.is_empty() && !word.starts_with('=') && word.bytes().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// A whole command line of quoted words.
pub fn command(parts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut line = String::new();
    append(&mut line, parts);
    line
}

/// Whether people take a command in at a glance, and paste it: behind the margin of a report it fills two lines of 80 columns.
pub fn is_short(command: &str) -> bool {
    command.chars().count() <= 152
}

/// A command of kubectl about what is of the cluster.
pub fn cluster(words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut line = command(["kubectl"]);
    append(&mut line, words);
    line
}

/// A command of kubectl in a namespace.
pub fn kubectl(namespace: &str, words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut line = command(["kubectl", "-n", namespace]);
    append(&mut line, words);
    line
}

fn append(line: &mut String, parts: impl IntoIterator<Item = impl AsRef<str>>) {
    for part in parts {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&quote(part.as_ref()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_change() {
        for (word, expected) in [
            ("kubectl", "kubectl"),
            ("--selector=app=web,tier", "--selector=app=web,tier"),
            ("spec.nodeName=worker-1", "spec.nodeName=worker-1"),
            ("user@host:/path_1%+", "user@host:/path_1%+"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("'", r"''\'''"),
            ("{\"spec\":{}}", "'{\"spec\":{}}'"),
            ("a;b", "'a;b'"),
            ("$HOME", "'$HOME'"),
            ("`id`", "'`id`'"),
            ("a\nb", "'a\nb'"),
            ("~", "'~'"),
            ("*", "'*'"),
            ("!x", "'!x'"),
            ("#", "'#'"),
            ("=ls", "'=ls'"),
            ("ä", "'ä'"),
            ("a\\b", "'a\\b'"),
        ] {
            assert_eq!(quote(word), expected);
        }
    }

    #[test]
    fn joins_a_command() {
        let line = command(["kubectl", "-n", "shop", "get", "pods", "-l", "app in (web)"]);
        assert_eq!(line, "kubectl -n shop get pods -l 'app in (web)'");
        assert_eq!(kubectl("shop", ["get", "pods", "-l", "app in (web)"]), line);
        assert_eq!(command([String::new()]), "''");
        assert_eq!(command(Vec::<&str>::new()), "");
    }
}
