//! Completes what is being typed: names from the cluster, flags, causes.
//!
//! kubectl runs `kubectl_complete-diagnose ARG... LAST`, reads one candidate a line
//! (`value<TAB>description`) and a last line `:N` of Cobra's directives
//! (k8s.io/kubectl/pkg/cmd/plugin_completion.go; spf13/cobra completions.go). That name is a link to this
//! binary, or a script that runs `kubectl-diagnose __complete "$@"`; the shells' own scripts run the same. It must
//! answer fast and never ask for a password, so trouble of any kind means no candidates.

use crate::cli::explain;
use crate::cli::{Cli, Documents};
use crate::gather::kubeconfig::{ConnectionFlags, Environment, contexts};
use crate::gather::names;
use crate::kubernetes::shell;
use crate::rules::Layer;
use crate::snapshot::Kind;
use clap::{Arg, Command, CommandFactory, ValueEnum};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// The first argument with which scripts ask for candidates, as they ask programs made with Cobra.
const ASKS: &str = "__complete";
/// The name by which kubectl asks for them.
const ASKED_AS: &str = "kubectl_complete-";

/// The words to complete, when that is what the program was run for.
pub fn asked(arguments: &[OsString]) -> Option<Vec<String>> {
    let (program, words) = arguments.split_first()?;
    let name = Path::new(program).file_name()?.to_string_lossy();
    let words = if name.starts_with(ASKED_AS) {
        words
    } else {
        let (first, words) = words.split_first()?;
        (first == ASKS).then_some(words)?
    };
    Some(
        words
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
    )
}

/// A shell for which there is a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// source <(kubectl-diagnose completion bash)
    Bash,
    /// source <(kubectl-diagnose completion zsh)
    Zsh,
    /// kubectl-diagnose completion fish | source
    Fish,
    /// kubectl-diagnose completion powershell | Out-String | Invoke-Expression
    Powershell,
}

impl Shell {
    /// The script with which it completes the binary itself; `kubectl diagnose` is completed by kubectl's.
    pub fn script(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("completion/bash.sh"),
            Shell::Zsh => include_str!("completion/zsh.sh"),
            Shell::Fish => include_str!("completion/fish.fish"),
            Shell::Powershell => include_str!("completion/powershell.ps1"),
        }
    }
}

/// Cobra: candidates may be file names.
const FILES: &str = ":0\n";
/// Cobra: candidates are never file names.
const NO_FILES: &str = ":4\n";

/// How long a person waits for a TAB.
const PATIENCE: Duration = Duration::from_secs(2);

/// The candidates for the last of `words`, as kubectl reads them.
pub fn candidates(words: &[String], environment: &Environment) -> String {
    let Some((last, before)) = words.split_last() else {
        return NO_FILES.to_owned();
    };
    let command = Cli::command();
    let typed = Typed::read(&command, before);
    if let Some(flag) = typed.open {
        return values(flag, last, &typed, environment);
    }
    if let (true, Some((name, value))) = (last.starts_with("--"), last.split_once('=')) {
        // only the value is completed; who asked knows what stands before it
        let flag = find(&command, name);
        return flag.map_or(NO_FILES.to_owned(), |flag| {
            values(flag, value, &typed, environment)
        });
    }
    if last.starts_with('-') {
        return lines(flags(&command), last, NO_FILES);
    }
    positional(&command, last, &typed, environment)
}

/// What stands before the word that is being typed.
#[derive(Default)]
struct Typed<'a> {
    positional: Vec<&'a str>,
    given: Vec<(&'a str, &'a str)>,
    open: Option<&'a Arg>,
}

impl<'a> Typed<'a> {
    fn read(command: &'a Command, words: &'a [String]) -> Self {
        let mut typed = Typed::default();
        for word in words {
            if let Some(flag) = typed.open.take() {
                typed.given.push((flag.get_id().as_str(), word));
            } else if let Some((name, value)) =
                word.split_once('=').filter(|_| word.starts_with("--"))
            {
                typed
                    .given
                    .extend(find(command, name).map(|flag| (flag.get_id().as_str(), value)));
            } else if word.starts_with('-') && word.len() > 1 {
                let waits =
                    |flag: &&Arg| flag.get_action().takes_values() && !flag.is_require_equals_set();
                typed.open = find(command, word).filter(waits);
            } else {
                typed.positional.push(word);
            }
        }
        typed
    }

    fn value(&self, flag: &str) -> Option<String> {
        let mut given = self.given.iter().rev();
        given
            .find(|(name, _)| *name == flag)
            .map(|(_, value)| (*value).to_owned())
    }

    fn connection(&self) -> ConnectionFlags {
        ConnectionFlags {
            kubeconfig: self.value("kubeconfig").map(Into::into),
            context: self.value("context"),
            cluster: self.value("cluster"),
            user: self.value("user"),
            namespace: self.value("namespace"),
            server: self.value("server"),
            request_timeout: Some(PATIENCE),
            never_ask: true,
            ..ConnectionFlags::default()
        }
    }
}

fn find<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|flag| {
        let long = flag
            .get_long()
            .is_some_and(|long| word.strip_prefix("--") == Some(long));
        let short = flag
            .get_short()
            .is_some_and(|short| word.strip_prefix('-') == Some(short.encode_utf8(&mut [0; 4])));
        long || short
    })
}

/// The values of a flag.
fn values(flag: &Arg, last: &str, typed: &Typed<'_>, environment: &Environment) -> String {
    match flag.get_id().as_str() {
        "namespace" | "exclude_namespace" => lines(
            foreign(names::of(&typed.connection(), environment, Kind::Namespace)),
            last,
            NO_FILES,
        ),
        "context" => lines(
            foreign(contexts(&typed.connection(), environment)),
            last,
            NO_FILES,
        ),
        "cause" => lines(
            plain(explain::names().map(str::to_owned).collect()),
            last,
            NO_FILES,
        ),
        "layer" => lines(
            plain(Layer::ALL.map(|it| it.to_string()).to_vec()),
            last,
            NO_FILES,
        ),
        "filename"
        | "silence"
        | "dump"
        | "kubeconfig"
        | "certificate_authority"
        | "client_certificate"
        | "client_key" => FILES.to_owned(),
        _ => {
            let values = flag.get_possible_values().into_iter().map(|value| {
                let help = value
                    .get_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                (value.get_name().to_owned(), help)
            });
            lines(values.collect(), last, NO_FILES)
        }
    }
}

fn flags(command: &Command) -> Vec<(String, String)> {
    let long = |flag: &Arg| {
        let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
        flag.get_long()
            .map(|long| (format!("--{long}"), first_line(&help)))
    };
    let shown = command.get_arguments().filter(|flag| !flag.is_hide_set());
    shown.filter_map(long).collect()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn positional(
    command: &Command,
    last: &str,
    typed: &Typed<'_>,
    environment: &Environment,
) -> String {
    if let Some((kind, name)) = last.split_once('/') {
        let prefix = format!("{kind}/");
        let named = objects(kind, typed, environment)
            .into_iter()
            .map(|name| format!("{prefix}{name}"));
        return lines(
            foreign(named.collect()),
            &format!("{prefix}{name}"),
            NO_FILES,
        );
    }
    match typed.positional.as_slice() {
        [] => first(command, last, typed, environment),
        ["diff", ..] => FILES.to_owned(),
        ["explain", ..] => lines(
            explain::offers()
                .map(|(word, title)| (word.to_owned(), title))
                .collect(),
            last,
            NO_FILES,
        ),
        ["causes", ..] => lines(
            Layer::ALL
                .map(|layer| (layer.to_string(), explain::meaning(layer).en.to_owned()))
                .to_vec(),
            last,
            NO_FILES,
        ),
        ["completion"] => lines(plain(choice::<Shell>()), last, NO_FILES),
        ["schema"] => lines(plain(choice::<Documents>()), last, NO_FILES),
        [word, ..] if command.find_subcommand(word).is_some() => NO_FILES.to_owned(),
        [kind, ..] if Kind::of_argument(kind).is_some() => {
            lines(foreign(objects(kind, typed, environment)), last, NO_FILES)
        }
        _ => lines(foreign(objects("pod", typed, environment)), last, NO_FILES),
    }
}

/// The words of a fixed choice.
fn choice<V: ValueEnum>() -> Vec<String> {
    let all = V::value_variants().iter();
    let all = all.filter_map(ValueEnum::to_possible_value);
    all.map(|value| value.get_name().to_owned()).collect()
}

/// The first word: a subcommand, a kind, or a pod.
fn first(command: &Command, last: &str, typed: &Typed<'_>, environment: &Environment) -> String {
    let about = |sub: &Command| sub.get_about().map(ToString::to_string).unwrap_or_default();
    let subcommands = command
        .get_subcommands()
        .map(|sub| (sub.get_name().to_owned(), about(sub)));
    let kinds = crate::cli::targets::KINDS.iter().map(|kind| {
        (
            kind.as_str().to_ascii_lowercase(),
            format!("a {kind} by name"),
        )
    });
    let pods = foreign(objects("pod", typed, environment));
    let all: Vec<(String, String)> = pods.into_iter().chain(kinds).chain(subcommands).collect();
    lines(all, last, NO_FILES)
}

fn objects(kind: &str, typed: &Typed<'_>, environment: &Environment) -> Vec<String> {
    match Kind::of_argument(kind) {
        Some(kind) if crate::cli::targets::KINDS.contains(&kind) => {
            names::of(&typed.connection(), environment, kind)
        }
        _ => Vec::new(),
    }
}

fn plain(values: Vec<String>) -> Vec<(String, String)> {
    values
        .into_iter()
        .map(|value| (value, String::new()))
        .collect()
}

/// Words that a server or a kubeconfig brings. A shell puts them on the line as they are, so that one with a line end, a
/// control character, a quote or a dash in front could forge candidates, a directive, a command or an option: it is not
/// offered.
fn foreign(values: Vec<String>) -> Vec<(String, String)> {
    let is_harmless = |value: &String| shell::is_plain(value) && !value.starts_with(['-', ':']);
    plain(values.into_iter().filter(is_harmless).collect())
}

fn lines(candidates: Vec<(String, String)>, last: &str, directive: &str) -> String {
    let mut out = String::new();
    for (value, description) in candidates
        .into_iter()
        .filter(|(value, _)| value.starts_with(last))
    {
        out.push_str(&value);
        if !description.is_empty() {
            out.push('\t');
            out.push_str(&description);
        }
        out.push('\n');
    }
    out + directive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        candidates(&words, &Environment::default())
    }

    #[test]
    fn causes_are_completed_with_their_titles() {
        let out = complete(&["explain", "unexp"]);
        assert!(out.starts_with("unexplained"), "{out}");
        assert!(out.ends_with(":4\n"));
    }

    #[test]
    fn it_is_asked_for_by_either_name() {
        let asked = |words: &[&str]| asked(&words.iter().map(OsString::from).collect::<Vec<_>>());
        let words = |words: &[&str]| Some(words.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(
            asked(&["/bin/kubectl_complete-diagnose", "-o", ""]),
            words(&["-o", ""])
        );
        assert_eq!(asked(&[r"kubectl_complete-diagnose.exe"]), words(&[]));
        assert_eq!(
            asked(&["kubectl-diagnose", "__complete", "de"]),
            words(&["de"])
        );
        assert_eq!(asked(&["kubectl-diagnose", "de"]), None);
        assert_eq!(asked(&["kubectl-diagnose"]), None);
    }

    #[test]
    fn flags_and_their_values_are_completed() {
        assert!(complete(&["--all"]).starts_with("--all-namespaces\t"));
        assert!(complete(&["-o", "j"]).starts_with("json\t"));
        assert_eq!(complete(&["-f", ""]), FILES);
        assert!(complete(&["-v", "expl"]).starts_with("explain\t"));
        assert!(complete(&["--output=j"]).starts_with("json\t"));
        assert_eq!(complete(&["--filename=x"]), FILES);
        assert_eq!(complete(&["--nonsense=x"]), NO_FILES);
    }

    #[test]
    fn what_others_named_forges_nothing() {
        let context = "arn:aws:eks:eu-west-1:1:cluster/dev";
        let hostile = [
            "a\n:0",
            "a\tb",
            "\u{1b}]52;c;eA==\u{7}",
            "\u{9b}2J",
            "\u{202e}a",
            "$(id)",
            "a;id",
            "--server=x",
            ":0",
            "a b",
            "é",
        ];
        let named = hostile
            .into_iter()
            .chain(["web-0", context])
            .map(str::to_owned);
        let offered = foreign(named.collect()).into_iter().map(|(value, _)| value);
        assert_eq!(offered.collect::<Vec<_>>(), ["web-0", context]);
    }

    #[test]
    fn the_first_word_is_a_kind_or_a_subcommand() {
        let out = complete(&["de"]);
        assert!(out.contains("deployment\t"), "{out}");
        assert!(complete(&["exp"]).starts_with("explain\t"));
    }
}
