//! What a program said before it ended, as far as its termination message or its log holds it, and the variable that it lacks.

use crate::kubernetes::text;
use crate::messages::ending;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::crash::Crash;
use crate::rules::shared::template::Template;
use crate::text::say;

/// The most columns of last words that a headline takes.
const WORDS: usize = 120;

/// The line of a crash's last words that says most.
pub(in crate::rules) fn of(crash: &Crash<'_>) -> Option<String> {
    telling(crash.said())
}

/// The line that says most, as far as a headline holds it.
pub(in crate::rules) fn telling(words: &str) -> Option<String> {
    let line = ending::telling(words)?;
    Some(text::truncate_width(&line, WORDS).into_owned())
}

/// The finding with these words, and what they ask for where that can be told.
pub(in crate::rules) fn told(
    case: &Case<'_>,
    crash: &Crash<'_>,
    finding: Finding,
    last_words: Option<String>,
) -> Finding {
    let variable = last_words.as_deref().and_then(lacking_variable);
    finding
        .fix(variable.and_then(|variable| set_variable(case, crash, &variable)))
        .fact_if("lastWords", last_words)
}

/// A variable that a program complains of.
#[derive(Debug, PartialEq, Eq)]
struct Variable<'w> {
    name: &'w str,
    /// It has a value that the program cannot read.
    is_set: bool,
}

/// The environment variable that a program says it lacks, as far as one can tell by how such names are written.
fn lacking_variable(last_words: &str) -> Option<Variable<'_>> {
    const CANNOT_READ: [&str; 4] = ["parse", "invalid", "malformed", "unsupported"];
    const LACKS: [&str; 7] = [
        // what Python's os.environ raises
        "keyerror",
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
    let says = |words: &[&str]| words.iter().any(|words| lower.contains(words));
    let is_set = says(&CANNOT_READ);
    (is_set || says(&LACKS)).then_some(Variable { name: only, is_set })
}

/// With a template of the command, where the container says nothing of the variable.
fn set_variable(case: &Case<'_>, crash: &Crash<'_>, variable: &Variable<'_>) -> Option<Fix> {
    let env = crash.container.spec?.env.iter().flatten();
    let mut known = env.clone().filter(|known| known.name == variable.name);
    // a value from elsewhere is corrected there
    let is_elsewhere = known.clone().any(|known| known.value_from.is_some());
    let is_told = known.next().is_some() && !variable.is_set;
    if is_elsewhere || is_told || Template::of(case).is_none() {
        return None;
    }
    let change = if variable.is_set {
        say!(
            "last-words.correct-variable",
            "correct the value of {variable} in {role} {container}, if that is an environment variable"
        )
    } else {
        say!(
            "last-words.set-variable",
            "set {variable} in {role} {container}, if that is an environment variable"
        )
    };
    let (owner, value) = (
        case.subject().argument(),
        format!("{}=VALUE", variable.name),
    );
    let words = ["set", "env", &owner, "-c", crash.container.name(), &value];
    let fix = Fix::advice(change, Who::Owner).template(case.kubectl(words));
    Some(fix.fact("variable", variable.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_fit_a_line() {
        let long = telling(&"error ".repeat(100)).unwrap();
        assert!(text::width(&long) <= WORDS, "{long}");
    }

    #[test]
    fn a_variable_is_told_by_how_it_is_written() {
        for (words, expected) in [
            ("fatal: SMTP_HOST is not set", Some(("SMTP_HOST", false))),
            ("KeyError: missing 'DB_URL'", Some(("DB_URL", false))),
            (
                "cannot parse DB_URL: missing scheme",
                Some(("DB_URL", true)),
            ),
            ("FATAL: required setting is missing", None),
            ("A_B or C_D must be set", None),
            ("connected as DB_USER", None),
        ] {
            let found = lacking_variable(words);
            let found = found.map(|found| (found.name, found.is_set));
            assert_eq!(found, expected, "{words}");
        }
    }
}
