//! Commands that can be pasted into a POSIX shell as they are printed.
//!
//! Words of a cluster are written by others. None of them ends the line or its quotes, none holds what a terminal obeys
//! or nobody sees, and none is taken for an option: such a character is written as `�`, so that the command asks for
//! nothing that there is. Which command helps, and whether it is ever run, is decided elsewhere.
//!
//! Source: POSIX.1-2024, Shell Command Language, 2.2 Quoting.

use super::text::{is_visible, visible};
use serde_json::Value;
use std::borrow::Cow;

/// Every option of the commands that are printed. Any other word that begins with a dash is a name or a value.
const OPTIONS: [&str; 58] = [
    "-A",
    "-L",
    "-a",
    "-c",
    "-f",
    "-i",
    "-l",
    "-n",
    "-o",
    "-p",
    "-u",
    "-v",
    "-x",
    "--all-containers",
    "--as",
    "--clusterrole",
    "--config",
    "--creds",
    "--docker-password",
    "--docker-server",
    "--docker-username",
    "--entrypoint",
    "--field-selector",
    "--for",
    "--force",
    "--from",
    "--from-literal",
    "--grace-period",
    "--hard",
    "--hosts-dir",
    "--image-ids",
    "--include-tags",
    "--limits",
    "--name",
    "--overwrite",
    "--previous",
    "--raw",
    "--region",
    "--registry-id",
    "--replicas",
    "--repository",
    "--repository-name",
    "--requests",
    "--resource",
    "--rm",
    "--role",
    "--selector",
    "--serviceaccount",
    "--show-labels",
    "--show-managed-fields",
    "--since",
    "--tail",
    "--to-revision",
    "--type",
    "--user",
    "--value",
    "--verb",
    "--",
];

/// Those behind which the next word is their value, whatever it looks like.
const WITH_VALUE: [&str; 6] = ["-L", "-c", "-f", "-l", "-n", "-o"];

/// One word for the shell: as it is when the shell leaves it alone, in single quotes otherwise.
pub fn quote(word: &str) -> Cow<'_, str> {
    if is_plain(word) {
        return Cow::Borrowed(word);
    }
    let word = visible(word);
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

/// Whether a shell takes the word as it stands.
pub fn is_plain(word: &str) -> bool {
    // zsh replaces a word that starts with `=` by a path, so `=` is plain only inside
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&b);
    !word.is_empty() && !word.starts_with('=') && word.bytes().all(is_plain)
}

/// A whole command line of quoted words.
pub fn command(parts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut line = String::new();
    append(&mut line, parts);
    line
}

/// Words as somebody else's command line has them, options among them: to be read, not to be pasted.
pub fn words(words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let quoted = words
        .into_iter()
        .map(|word| quote(word.as_ref()).into_owned());
    quoted.collect::<Vec<_>>().join(" ")
}

/// JSON as a word of a command: what cannot be seen is escaped, and so kept.
pub fn json(value: &Value) -> String {
    let mut escaped = String::new();
    for c in value.to_string().chars() {
        if is_visible(c) {
            escaped.push(c);
        } else {
            let units = c
                .encode_utf16(&mut [0; 2])
                .iter()
                .map(|unit| format!("\\u{unit:04x}"))
                .collect::<String>();
            escaped.push_str(&units);
        }
    }
    escaped
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
    let mut is_value = false;
    for part in parts {
        if !line.is_empty() {
            line.push(' ');
        }
        let part = part.as_ref();
        let is_name = is_value || !is_option(part);
        match part.strip_prefix('-').filter(|_| is_name) {
            Some(rest) => line.push_str(&quote(&format!("\u{fffd}{rest}"))),
            None => line.push_str(&quote(part)),
        }
        is_value = WITH_VALUE.contains(&part);
    }
}

fn is_option(word: &str) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    OPTIONS.contains(&name)
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
            ("a\nb", "'a�b'"),
            ("a\u{1b}[", "'a�['"),
            ("a\u{9b}'; id", r"'a�'\''; id'"),
            ("we\u{200d}b\u{202e}", "'we�b�'"),
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
    fn a_name_is_never_an_option() {
        let line = kubectl(
            "--token=x",
            ["describe", "pvc", "--server=https://evil", "-y=9"],
        );
        assert_eq!(
            line,
            "kubectl -n '�-token=x' describe pvc '�-server=https://evil' '�y=9'"
        );
        assert_eq!(
            command(["logs", "--tail=5", "-c", "a"]),
            "logs --tail=5 -c a"
        );
        // also where it is one that some command has
        assert_eq!(
            command(["diagnose", "-n", "--force", "-l", "-A"]),
            "diagnose -n '�-force' -l '�A'"
        );
        assert_eq!(words(["sh", "-c", "a b"]), "sh -c 'a b'");
    }

    #[test]
    fn json_keeps_what_cannot_be_seen() {
        let value = serde_json::json!({"a": "\u{9b}1m\u{202e}\u{e0041}\n"});
        let line = json(&value);
        assert_eq!(line, r#"{"a":"\u009b1m\u202e\udb40\udc41\n"}"#);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
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
