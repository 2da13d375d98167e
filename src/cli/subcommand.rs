//! Flags before a subcommand: an alias like `kd='kubectl diagnose -n shop'` serves `kd explain oom-killed` as well.

use super::Cli;
use clap::{Arg, ArgAction, Command, CommandFactory};
use std::ffi::OsString;

/// Flags that say for every call where to look and how to show it: a subcommand that has no use for one does without.
const OF_AN_ALIAS: [&str; 6] = [
    "namespace",
    "all_namespaces",
    "output",
    "color",
    "verbosity",
    "filters",
];
const CONNECTION: &str = "Connection";

/// The arguments with a subcommand first and the flags behind it that stood before it.
pub(super) fn first(arguments: Vec<OsString>) -> Vec<OsString> {
    let command = Cli::command();
    let Some((program, words)) = arguments.split_first() else {
        return arguments;
    };
    let mut rest = words;
    let mut flags: Vec<(&Arg, &[OsString])> = Vec::new();
    while let Some((flag, taken)) = flag(&command, rest) {
        let (own, after) = rest.split_at(taken.min(rest.len()));
        flags.push((flag, own));
        rest = after;
    }
    let subcommand = rest.first().and_then(|word| word.to_str());
    let subcommand = subcommand.and_then(|word| command.find_subcommand(word));
    let (Some(subcommand), Some((name, rest))) = (subcommand, rest.split_first()) else {
        return arguments;
    };
    let moved = flags
        .iter()
        .filter(|(flag, _)| knows(subcommand, flag) || !is_of_an_alias(flag))
        .flat_map(|(_, words)| words.iter());
    let order = [program, name].into_iter().chain(moved).chain(rest);
    order.cloned().collect()
}

/// The flag that the words begin with, and how many of them are its own.
fn flag<'c>(command: &'c Command, words: &[OsString]) -> Option<(&'c Arg, usize)> {
    let word = words.first()?.to_str()?;
    let known = |is_it: &dyn Fn(&Arg) -> bool| command.get_arguments().find(|it| is_it(it));
    let takes = |flag: &Arg| {
        let is_switch = matches!(flag.get_action(), ArgAction::SetTrue);
        !(is_switch || flag.is_require_equals_set())
    };
    if let Some(long) = word.strip_prefix("--").filter(|it| !it.is_empty()) {
        let (name, value) = long
            .split_once('=')
            .map_or((long, None), |(name, value)| (name, Some(value)));
        let flag = known(&|it| it.get_long() == Some(name))?;
        return Some((flag, 1 + usize::from(value.is_none() && takes(flag))));
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let first = letters.next()?;
    let flag = known(&|it| it.get_short() == Some(first))?;
    Some((
        flag,
        1 + usize::from(letters.next().is_none() && takes(flag)),
    ))
}

fn knows(subcommand: &Command, flag: &Arg) -> bool {
    let mut own = subcommand.get_arguments();
    own.any(|own| own.get_id() == flag.get_id())
}

fn is_of_an_alias(flag: &Arg) -> bool {
    OF_AN_ALIAS.contains(&flag.get_id().as_str()) || flag.get_help_heading() == Some(CONNECTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(text: &str) -> String {
        let words = format!("kubectl-diagnose {text}");
        let words = words.split_whitespace().map(OsString::from).collect();
        let words: Vec<String> = first(words)
            .into_iter()
            .skip(1)
            .filter_map(|word| word.into_string().ok())
            .collect();
        words.join(" ")
    }

    #[test]
    fn flags_before_a_subcommand_stand_behind_it() {
        for (text, expected) in [
            ("-n shop explain oom-killed", "explain oom-killed"),
            ("-nshop -A --context=c --token t explain a b", "explain a b"),
            ("-o json causes volume", "causes -o json volume"),
            ("-n shop -v=6 diff a b", "diff -n shop -v=6 a b"),
            ("-n shop schema", "schema"),
            ("-n shop version", "version"),
            ("-n shop --color always completion bash", "completion bash"),
            // what was asked for is not dropped without a word
            ("-l app=web explain x", "explain -l app=web x"),
            // what is named is no subcommand
            ("-n explain", "-n explain"),
            ("web explain", "web explain"),
            ("-n shop web", "-n shop web"),
            ("-- explain", "-- explain"),
            ("--nonsense explain", "--nonsense explain"),
            ("", ""),
        ] {
            assert_eq!(sorted(text), expected, "{text}");
        }
    }
}
