//! Puts masks in place of what a dump gives away to whoever it is shown.
//!
//! Masked are all values of environment variables but the hosts for which a command waits, of the headers of probes and
//! hooks, and of annotations that are not Kubernetes' own; and what looks like a credential in arguments, commands,
//! parameters and messages. Equal values get equal masks, so that what was compared before can be compared after. No rule
//! reads a value that is masked: a trial holds the reports of all cases against each other.
//!
//! A mask is a number and no hash: of a short password a hash can be tried out.

use crate::messages::awaited::{self, Awaited, Variable};
use regex::{Captures, Regex};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Annotations that rules and triage read, and those of Kubernetes: by the end of what stands before the slash.
const KEPT: [&str; 6] = [
    "kubernetes.io",
    "k8s.io",
    "kubectl-diagnose",
    "volcano.sh",
    "yunikorn.apache.org",
    "karpenter.sh",
];

/// Words in the names of what is secret.
const SECRET: &str = "passwd|password|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential";

/// Ends of names that only point to a secret, or count them.
const POINTERS: [&str; 14] = [
    "name",
    "namespace",
    "file",
    "path",
    "dir",
    "ref",
    "url",
    "uri",
    "ttl",
    "secrets",
    "tokens",
    "type",
    "mode",
    "id",
];

/// Options before a user with a password.
const LOGINS: [&str; 4] = ["-u", "--user", "--auth", "--basic-auth"];

/// Options before what is secret whatever its name.
const OPTIONS: [&str; 4] = ["requirepass", "masterauth", "cookie", "license-key"];

/// The same of one program.
const OF_PROGRAMS: [(&str, &str); 2] = [("sshpass", "-p"), ("redis-cli", "-a")];

/// Programs that take a password right behind `-p`.
const GLUED: [&str; 6] = [
    "mysql",
    "mysqladmin",
    "mysqldump",
    "mariadb",
    "mariadb-admin",
    "mariadb-dump",
];

/// Shorter values occur by chance.
const LONG_ENOUGH: usize = 6;

/// The masks of one dump.
pub(super) struct Masks {
    given: HashMap<String, usize>,
    patterns: &'static Patterns,
    /// Values of this object that are secret by their names, wherever else in it they stand.
    known: Vec<(String, String)>,
    /// Values of variables of this container by which its command names what it waits for.
    awaited: Vec<String>,
    /// Nothing is compared with what is masked here.
    anonymous: bool,
}

/// What looks like a credential. In each the last group is what is masked; a group `key` says what it is of.
struct Patterns {
    /// In any text.
    text: Vec<Regex>,
    /// In a command line.
    command: Vec<Regex>,
    /// In a log, where a colon stands for an equals sign.
    log: Vec<Regex>,
    /// In a name.
    key: Regex,
}

impl Patterns {
    fn new() -> Result<Self, regex::Error> {
        let (logins, options) = (LOGINS.join("|"), OPTIONS.join("|"));
        let glued = GLUED.join("|");
        let named = format!(r"(?P<key>[A-Za-z0-9_.-]*(?:{SECRET})[A-Za-z0-9_.-]*)");
        let text = [
            // scheme://user:password@host
            r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:]*:([^\s/@]+)@",
            r"(?i)(?-u:\b)(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]*[0-9][A-Za-z0-9._~+/=-]*)",
            // tokens that say what they are: JWT, AWS, GitHub, GitLab, Slack, Vault, Google
            r"(?-u:\b)(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?)",
            r"(?-u:\b)(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})",
            r"(?-u:\b)(xox[abeprs]-[A-Za-z0-9_-]{10,}|sk-[A-Za-z0-9_-]{20,}|hvs\.[A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{30,})",
            r"(-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$))",
            r#"(?i)(?-u:\b)(?:x-api-key|x-auth-token|private-token)\s*:\s*([^\s"']+)"#,
            r#"(?i)(?-u:\b)authorization["']?\s*:\s*["']?(?:(?:bearer|basic|digest|token)\s+)?([^\s"',]+)"#,
            // a signed URL, a webhook whose path is its secret, a Go DSN
            r#"(?i)[?&](?:sig|signature|x-amz-signature|x-goog-signature)=([^\s&"']+)"#,
            r#"(?-u:\b)(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/([^\s"']+)"#,
            r#"[^\s/@:"'=]+:([^\s/@"']+)@(?:tcp|unix)\("#,
            // key=value, and as JSON has it
            &format!(r#"(?i){named}=["']?([^\s,;&"')]+)"#),
            &format!(r#"(?i)["']{named}\\?["']\s*:\s*\\?["']([^"'\\]+)"#),
        ];
        // a value with no digit is mostly a word of the sentence
        let log = [&format!(
            r#"(?i){named}["']?\s*:\s+["']?([^\s,;"']*[0-9][^\s,;"']*)"#
        )];
        let command = [
            &format!(r"(?i)(?:^|\s)--?{named}\s+([^\s-]\S*)"),
            &format!(r"(?:^|\s)(?:{logins})[\s=]+[^\s:]+:(\S+)"),
            &format!(r"(?:^|\s)--?(?:{options})[\s=]+([^\s-]\S*)"),
            // `-p` is an option of its own: `--port` holds it, too
            &format!(r#"(?-u:\b)(?:{glued})(?:\s[^|;&\n]*?)??[\s"']-p([^\s"';|&]+)"#),
            r"(?-u:\b)sshpass\s+-p\s*(\S+)",
            r#"(?-u:\b)redis-cli(?:\s[^|;&\n]*?)??[\s"']-a\s+(\S+)"#,
            r#"(?-u:\b)login(?:\s[^|;&\n]*?)??[\s"']-p\s+(\S+)"#,
        ];
        Ok(Patterns {
            text: text.into_iter().map(Regex::new).collect::<Result<_, _>>()?,
            command: command
                .into_iter()
                .map(Regex::new)
                .collect::<Result<_, _>>()?,
            log: log
                .into_iter()
                .map(|it| Regex::new(it))
                .collect::<Result<_, _>>()?,
            key: Regex::new(&format!("(?i){SECRET}"))?,
        })
    }

    /// Whether what has this name is secret itself.
    fn is_secret(&self, name: &str) -> bool {
        let lower = name.trim_end_matches(':').to_ascii_lowercase();
        self.key.is_match(name) && !POINTERS.iter().any(|end| lower.ends_with(end))
    }
}

/// Compiled once: that costs more than to use them on a pod.
static PATTERNS: LazyLock<Result<Patterns, regex::Error>> = LazyLock::new(Patterns::new);

impl Masks {
    /// None is given yet.
    ///
    /// # Errors
    /// Never, as a test shows.
    pub(super) fn new() -> Result<Self, regex::Error> {
        let patterns = PATTERNS.as_ref().map_err(Clone::clone)?;
        Ok(Masks {
            given: HashMap::new(),
            patterns,
            known: Vec::new(),
            awaited: Vec::new(),
            anonymous: false,
        })
    }

    /// Masks what an object gives away.
    pub(super) fn object(&mut self, object: &mut Value) {
        self.known.clear();
        self.note(object);
        self.value("", object);
    }

    /// Notes the variables of the object that are secret by their names.
    fn note(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                let word = |field: &str| fields.get(field)?.as_str();
                if let (Some(name), Some(value)) = (word("name"), word("value"))
                    && value.len() >= LONG_ENOUGH
                    && self.patterns.is_secret(name)
                {
                    let mask = self.mask(value);
                    self.known.push((value.to_owned(), mask));
                }
                fields.values().for_each(|inner| self.note(inner));
            }
            Value::Array(all) => all.iter().for_each(|inner| self.note(inner)),
            _ => {}
        }
    }

    /// Masks what stands under this key.
    fn value(&mut self, key: &str, value: &mut Value) {
        match (key, value) {
            // names and selectors tell nothing secret, and are what objects are known by
            ("labels" | "matchLabels" | "name" | "namespace" | "uid" | "nodeName", _) => {}
            ("annotations", Value::Object(fields)) => self.annotations(fields),
            ("parameters" | "volumeAttributes" | "options", Value::Object(fields)) => {
                for (name, value) in fields {
                    match value {
                        Value::String(text) if self.patterns.is_secret(name) => {
                            *text = self.mask(text)
                        }
                        value => self.value(name, value),
                    }
                }
            }
            ("env" | "httpHeaders", Value::Array(all)) => {
                for one in all.iter_mut() {
                    if let Some(Value::String(text)) = one.get_mut("value")
                        && !self.awaited.contains(text)
                    {
                        *text = self.mask(text);
                    }
                }
            }
            ("args" | "command", Value::Array(words)) => self.command(words),
            // what a program has said is as much as its log
            ("terminated", Value::Object(fields)) => {
                for value in fields.values_mut() {
                    let Value::String(text) = value else { continue };
                    self.text(text, false);
                    self.replace(text, &self.patterns.log);
                }
            }
            (_, Value::Object(fields)) => {
                let awaited = awaited_by(fields);
                for (key, value) in fields.iter_mut() {
                    self.awaited.clone_from(&awaited);
                    self.value(key, value);
                }
            }
            (_, Value::Array(all)) => all.iter_mut().for_each(|one| self.value("", one)),
            (_, Value::String(text)) => self.text(text, false),
            _ => {}
        }
    }

    fn annotations(&mut self, fields: &mut Map<String, Value>) {
        // kubectl keeps the whole manifest here, values of Secrets included
        fields.remove(super::write::LAST_APPLIED);
        for (name, value) in fields {
            let domain = name.split_once('/').map_or("", |(domain, _)| domain);
            let is_kept = KEPT.iter().any(|kept| {
                let before = domain.strip_suffix(kept);
                before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
            });
            match value {
                // a snippet of a proxy's configuration is anybody's text
                Value::String(text) if is_kept && !name.ends_with("-snippet") => {
                    self.text(text, false);
                }
                Value::String(text) => *text = self.mask(text),
                _ => {}
            }
        }
    }

    /// Words of a command line, of which one may say what the next is.
    fn command(&mut self, words: &mut [Value]) {
        let mut before = String::new();
        let program = words.first().and_then(Value::as_str).unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or_default().to_owned();
        for word in words {
            let Value::String(text) = word else { continue };
            let is_flag = text.starts_with('-');
            let flag = std::mem::replace(
                &mut before,
                if is_flag { text.clone() } else { String::new() },
            );
            let login = text
                .split_once(':')
                .filter(|_| LOGINS.contains(&flag.as_str()));
            let glued = text
                .strip_prefix("-p")
                .filter(|rest| !rest.is_empty() && GLUED.contains(&program.as_str()));
            let is_secret = || {
                let named = !flag.contains('=') && self.patterns.is_secret(&flag);
                named || OPTIONS.contains(&flag.trim_start_matches('-'))
            };
            let of_program = || OF_PROGRAMS.contains(&(&*program, &*flag));
            if let Some((user, password)) = login {
                *text = format!("{user}:{}", self.mask(password));
            } else if let Some(password) = glued {
                *text = format!("-p{}", self.mask(password));
            } else if of_program() || !is_flag && is_secret() {
                *text = self.mask(text);
            } else {
                self.text(text, true);
            }
        }
    }

    fn text(&mut self, text: &mut String, is_command: bool) {
        let known = std::mem::take(&mut self.known);
        for (value, mask) in &known {
            if text.contains(value.as_str()) {
                *text = text.replace(value.as_str(), mask);
            }
        }
        self.known = known;
        let patterns = self.patterns;
        self.replace(text, &patterns.text);
        if is_command {
            self.replace(text, &patterns.command);
        }
    }

    fn replace(&mut self, text: &mut String, patterns: &[Regex]) {
        for pattern in patterns {
            if pattern.is_match(text) {
                *text = pattern
                    .replace_all(text, |found: &Captures<'_>| self.found(found))
                    .into_owned();
            }
        }
    }

    /// What was found, with its last group masked.
    fn found(&mut self, found: &Captures<'_>) -> String {
        let whole = found.get(0).map_or("", |all| all.as_str());
        let start = found.get(0).map_or(0, |all| all.start());
        let Some(secret) = found.iter().flatten().last() else {
            return whole.to_owned();
        };
        let is_pointer = |key: regex::Match<'_>| !self.patterns.is_secret(key.as_str());
        let stays = found.name("key").is_some_and(is_pointer)
            // a variable, or what is masked already
            || secret.as_str().starts_with('$')
            || secret.as_str().starts_with(MASK);
        let (before, after) = (secret.start() - start, secret.end() - start);
        match (whole.get(..before), whole.get(after..)) {
            (Some(before), Some(after)) if !stays => {
                format!("{before}{}{after}", self.mask(secret.as_str()))
            }
            _ => whole.to_owned(),
        }
    }

    /// The mask of a value, the same for the same value; nothing has none.
    fn mask(&mut self, value: &str) -> String {
        if value.is_empty() {
            return String::new();
        }
        if self.anonymous {
            return MASK.trim_end_matches('-').to_owned();
        }
        let next = self.given.len() + 1;
        let number = self.given.entry(value.to_owned()).or_insert(next);
        format!("{MASK}{number}")
    }
}

/// A log without what looks like a credential, and without the secret values of its pod's variables. Nothing of it where the
/// patterns cannot be had.
pub(in crate::gather) fn of_log(pod: &Value, log: &str) -> String {
    let Ok(mut masks) = Masks::new() else {
        return String::new();
    };
    masks.anonymous = true;
    masks.note(pod);
    let mut text = log.to_owned();
    masks.text(&mut text, true);
    let patterns = masks.patterns;
    masks.replace(&mut text, &patterns.log);
    text
}

/// The values of a container's variables that are hosts or ports for which its command waits: names of Services, no more secret
/// than in the command itself.
fn awaited_by(container: &Map<String, Value>) -> Vec<String> {
    let list = |field: &str| container.get(field).and_then(Value::as_array);
    let Some(env) = list("env") else {
        return Vec::new();
    };
    let words = ["command", "args"].into_iter().filter_map(list).flatten();
    let value = |name: &str| {
        let one = env.iter().find(|one| one["name"] == name);
        let value = one.and_then(|one| one["value"].as_str());
        value.map_or(Variable::Unknown, |value| Variable::Is(value.to_owned()))
    };
    let awaited = awaited::read(words.filter_map(Value::as_str), value).into_iter();
    let parts = awaited.flat_map(|one| match one {
        Awaited::Host { host, port } => vec![Some(host), port.map(|port| port.to_string())],
        Awaited::Forever => Vec::new(),
    });
    parts.flatten().collect()
}

/// How a mask begins.
const MASK: &str = "masked-";

#[cfg(test)]
mod tests;
