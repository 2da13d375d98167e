//! `crash-app-error`: a container's program ends itself with an exit code other than 0.

use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::crash::{Crash, crashes, last_words, meaning};
use crate::rules::shared::template::Template;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Role;
use crate::text::{Sentence, say};

/// A container's program ends itself with an exit code other than 0.
pub static RULE: Rule = Rule {
    cause: "crash-app-error",
    layer: Layer::Container,
    title: "the container's program fails",
    seen_as: &["CrashLoopBackOff", "Error", "BackOff", "Running"],
    explanation: include_str!("crash_app_error.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// SIGKILL: no program chooses it.
const KILLED: i32 = 137;

fn check(case: &Case<'_>) -> Vec<Finding> {
    crashes(case)
        .iter()
        .filter(|crash| crash.end.exit_code != 0 && !crash.never_ran())
        .map(|crash| finding(case, crash))
        .collect()
}

fn finding(case: &Case<'_>, crash: &Crash<'_>) -> Finding {
    let code = crash.end.exit_code;
    let last_words = last_words(crash.message());
    let fix = if last_words.is_some() {
        say!(
            "crash-app-error.correct-what-they-name",
            "correct what its last words name"
        )
    } else {
        say!(
            "crash-app-error.find-last-words",
            "find its last words in the log, and correct what they name"
        )
    };
    let variable = last_words.as_deref().and_then(unset_variable);
    let mut finding = crash
        .finding(case, headline(code, last_words.is_some()))
        .fact("meaning", meaning(code))
        .fix(variable.and_then(|variable| set_variable(case, crash, variable)))
        .fact_if("lastWords", last_words)
        .fix([Fix::advice(fix, Who::Owner)]);
    finding.why = why(crash);
    if code == KILLED {
        finding.certainty = Certainty::Likely;
    }
    if crash.container.role == Role::Init {
        // behind the finding that says what it holds up
        finding.rank = 2;
    }
    finding
}

/// The environment variable that a program says it lacks, as far as one can tell by how such names are written.
fn unset_variable(last_words: &str) -> Option<&str> {
    const LACKS: [&str; 6] = [
        "not set",
        "must be set",
        "required",
        "missing",
        "undefined",
        "not defined",
    ];
    let lower = last_words.to_lowercase();
    let is_name = |word: &&str| {
        let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        word.contains('_')
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().all(capital)
    };
    let mut names = last_words
        .split(|c: char| c != '_' && !c.is_ascii_alphanumeric())
        .filter(is_name);
    let only = names
        .next()
        .filter(|only| names.all(|other| other == *only))?;
    LACKS
        .iter()
        .any(|words| lower.contains(words))
        .then_some(only)
}

/// With a template of the command, where the container says nothing of the variable.
fn set_variable(case: &Case<'_>, crash: &Crash<'_>, variable: &str) -> Option<Fix> {
    let env = crash.container.spec?.env.iter().flatten();
    let knows = env.clone().any(|known| known.name == variable);
    if knows || Template::of(case).is_none() {
        return None;
    }
    let change = say!(
        "crash-app-error.set-variable",
        "set {variable} in {role} {container}, if that is an environment variable"
    );
    let (owner, value) = (case.subject().argument(), format!("{variable}=VALUE"));
    let words = ["set", "env", &owner, "-c", crash.container.name(), &value];
    let fix = Fix::advice(change, Who::Owner).template(case.kubectl(words));
    Some(fix.fact("variable", variable))
}

fn headline(code: i32, has_last_words: bool) -> Sentence {
    match code {
        KILLED => say!(
            "crash-app-error.killed",
            "{role} {container} is killed by SIGKILL, and nothing read says by whom"
        ),
        _ if has_last_words => say!(
            "crash-app-error.last-words",
            "{role} {container} exits with code {exitCode}: {lastWords}"
        ),
        _ => say!(
            "crash-app-error.code",
            "{role} {container} exits with code {exitCode}: {meaning}"
        ),
    }
}

fn why(crash: &Crash<'_>) -> Option<Sentence> {
    if crash.end.exit_code == KILLED {
        return Some(say!(
            "crash-app-error.why-killed",
            "the runtime does not blame a memory limit; the kubelet kills so when a grace period is over, and so does a node that is out of memory"
        ));
    }
    crash.lasted()?;
    Some(if crash.container.status.restart_count > 0 {
        say!(
            "crash-app-error.why-again",
            "its last run took {lasted}; it was restarted {restarts} {restarts|time|times}"
        )
    } else {
        say!("crash-app-error.why-once", "it ran for {lasted}")
    })
}

#[cfg(test)]
mod tests {
    use super::unset_variable;

    #[test]
    fn a_variable_is_told_by_how_it_is_written() {
        for (words, expected) in [
            ("fatal: SMTP_HOST is not set", Some("SMTP_HOST")),
            ("KeyError: missing 'DB_URL'", Some("DB_URL")),
            ("FATAL: required setting is missing", None),
            ("A_B or C_D must be set", None),
            ("connected as DB_USER", None),
        ] {
            assert_eq!(unset_variable(words), expected, "{words}");
        }
    }
}
