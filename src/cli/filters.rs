//! What of a diagnosis is to be shown, and what is known already.

use super::explain;
use crate::diagnose::{Malformed, Shown, Silence};
use crate::error::Failure;
use crate::kubernetes::nearest::nearest;
use crate::rules::finding::Certainty;
use crate::triage::Layer;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is left out is counted, and does not make the exit code 1.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Filters")]
pub struct FilterArgs {
    /// Show only these causes; repeatable, or with commas.
    #[arg(long, value_name = "CAUSE", value_delimiter = ',')]
    pub cause: Vec<String>,

    /// Show only what is stuck at these layers, like `volume,image`.
    #[arg(long, value_name = "LAYER", value_delimiter = ',')]
    pub layer: Vec<String>,

    /// Show no diagnosis that is less certain. What is unexplained stays.
    #[arg(long, value_name = "CERTAINTY")]
    pub min_certainty: Option<Least>,

    /// Look at nothing of these namespaces.
    #[arg(long, value_name = "NAMESPACE", value_delimiter = ',')]
    pub exclude_namespace: Vec<String>,

    /// In JSON and YAML list every stuck object; else of more than 1000 each diagnosis lists the first of
    /// its own and counts the rest.
    #[arg(long)]
    pub all_pods: bool,

    /// Findings that are known, in a YAML list of `{cause, fingerprint, namespace, workload, reason,
    /// until}`. On an object itself the annotation `kubectl-diagnose/silence` names causes and
    /// fingerprints.
    #[arg(long, value_name = "FILE")]
    pub silence: Vec<PathBuf>,
}

/// How sure a diagnosis has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Least {
    /// The objects or the component that decides say so.
    Proven,
    /// It fits, and something that could tell otherwise was not read.
    Likely,
    /// Everything.
    Possible,
}

impl FilterArgs {
    /// What is to be shown.
    ///
    /// # Errors
    /// When a word is no cause or no layer.
    pub fn shown(&self) -> Result<Shown> {
        let layers = || Layer::ALL.into_iter();
        let cause = |word: &String| {
            let found = explain::names().find(|name| name == word);
            found.ok_or_else(|| unknown(word, "cause", explain::names()))
        };
        let layer = |word: &String| {
            let found = layers().find(|layer| layer.as_str() == word);
            found.ok_or_else(|| unknown(word, "layer", layers().map(Layer::as_str)))
        };
        Ok(Shown {
            causes: self.cause.iter().map(cause).collect::<Result<_, _>>()?,
            layers: self.layer.iter().map(layer).collect::<Result<_, _>>()?,
            min_certainty: self.min_certainty.map(Least::certainty),
        })
    }

    /// The namespaces of which nothing is meant.
    pub fn excluded(&self) -> BTreeSet<String> {
        let names = self.exclude_namespace.iter();
        names.filter(|name| !name.is_empty()).cloned().collect()
    }

    /// What is known; `read` gives the text of a file.
    ///
    /// # Errors
    /// When a file cannot be read, or a line of it silences nothing.
    pub fn silences(&self, read: impl Fn(&Path) -> Result<String>) -> Result<Vec<Silence>> {
        let mut all = Vec::new();
        for path in &self.silence {
            all.extend(silences(path, &read(path)?)?);
        }
        Ok(all)
    }
}

impl Least {
    fn certainty(self) -> Certainty {
        match self {
            Least::Proven => Certainty::Proven,
            Least::Likely => Certainty::Likely,
            Least::Possible => Certainty::Possible,
        }
    }
}

fn unknown<'a>(word: &str, what: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let failure = Failure::new(format!("`{word}` is not a {what}"));
    match nearest(word, known) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`kubectl diagnose causes` lists them by layer"),
    }
}

fn silences(path: &Path, text: &str) -> Result<Vec<Silence>> {
    let name = path.display().to_string();
    // a file in which everything is commented out is an empty list
    let lines = text.lines().map(str::trim);
    if lines
        .into_iter()
        .all(|line| line.is_empty() || line.starts_with('#'))
    {
        return Ok(Vec::new());
    }
    let mut silences: Vec<Silence> = serde_saphyr::from_str(text).map_err(|error| {
        Failure::new(format!("{name} is no list of known findings: {}", at(&error)))
            .hint("an entry is written like `- {cause: oom-killed, workload: deploy/web, until: 2026-12-31}`")
    })?;
    for (at, silence) in silences.iter_mut().enumerate() {
        if let Err(malformed) = silence.check() {
            let failure = match &malformed {
                Malformed::Cause(cause) => unknown(cause, "cause", explain::names()),
                _ => Failure::new(malformed.to_string()),
            };
            let place = format!("entry {} of {name}: {}", at + 1, failure.message);
            bail!(Failure {
                message: place,
                ..failure
            });
        }
        silence.file.clone_from(&name);
    }
    Ok(silences)
}

/// `line 3, column 7: unknown field`: the parser's words, without the excerpt that it makes for an editor.
fn at(error: &serde_saphyr::Error) -> String {
    let said = error.without_snippet();
    let words = said.to_string();
    let words = words.lines().next().unwrap_or_default();
    let place = error.location();
    let place = place.map(|at| (at.line(), at.column()));
    let Some((line, column)) = place.filter(|(line, _)| *line > 0) else {
        return words.to_owned();
    };
    let words = words.strip_prefix("error: ").unwrap_or(words);
    let again = [
        format!("line {line} column {column}: "),
        format!(" at line {line}, column {column}"),
    ];
    let words = again
        .iter()
        .fold(words.to_owned(), |words, place| words.replace(place, ""));
    format!("line {line}, column {column}: {words}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::hints;

    fn filter(causes: &[&str], layers: &[&str]) -> Result<Shown, String> {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let args = FilterArgs {
            cause: words(causes),
            layer: words(layers),
            ..FilterArgs::default()
        };
        let said = |error: anyhow::Error| format!("{error}; {}", hints(&error).join(" "));
        args.shown().map_err(said)
    }

    #[test]
    fn unknown_words_are_refused_with_the_nearest() {
        let known = filter(&["oom-killed", "unexplained"], &["volume"]).unwrap();
        assert_eq!((known.causes.len(), known.layers.len()), (2, 1));
        let cause = filter(&["oom-kiled"], &[]).unwrap_err();
        assert_eq!(
            cause,
            "`oom-kiled` is not a cause; did you mean `oom-killed`?"
        );
        let layer = filter(&[], &["volum"]).unwrap_err();
        assert_eq!(layer, "`volum` is not a layer; did you mean `volume`?");
    }

    #[test]
    fn a_file_tells_which_entry_is_wrong() {
        let read = |text: &str| {
            let said = |error: anyhow::Error| format!("{error}; {}", hints(&error).join(" "));
            silences(Path::new("known.yaml"), text).map_err(said)
        };
        let well = "# known\n- cause: oom-killed\n  until: 2026-12-31\n- {fingerprint: 0123456789abcdef}\n";
        let well = read(well).unwrap();
        assert_eq!(well.len(), 2);
        assert_eq!(well[0].file, "known.yaml");
        assert_eq!(read("# nothing yet\n"), Ok(Vec::new()));
        let wrong = read("- cause: oom-killed\n- cause: oom-kiled\n").unwrap_err();
        assert_eq!(
            wrong,
            "entry 2 of known.yaml: `oom-kiled` is not a cause; did you mean `oom-killed`?"
        );
        for (text, expected) in [
            (
                "- causes: x\n",
                "known.yaml is no list of known findings: line 1, column 3: unknown field `causes`, expected one of \
                 fingerprint, cause, namespace, workload, reason, until; an entry is written like",
            ),
            (
                "- {cause: [\n",
                "known.yaml is no list of known findings: line 1, column 11: unclosed bracket '['; an entry",
            ),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.starts_with(expected) && !said.contains('\n'), "{said}");
        }
    }
}
