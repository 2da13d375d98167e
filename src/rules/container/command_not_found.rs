//! `command-not-found`: the command of a container, or one that it calls, or its interpreter, is not in the image.

use super::likely_program;
use super::start_failure::{StartError, start_errors};
use crate::messages::start::StartFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::{field_path, place};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::ContainerView;
use crate::snapshot::Evidence;
use crate::text::{Sentence, say};

/// The command of a container, or one that it calls, or its interpreter, is not in the image.
pub static RULE: Rule = Rule {
    cause: "command-not-found",
    layer: Layer::Container,
    title: "the container's command is not in its image",
    seen_as: &[
        "RunContainerError",
        "CreateContainerError",
        "CrashLoopBackOff",
        "StartError",
        "ContainerCannotRun",
        "Error",
        "Failed",
        "BackOff",
    ],
    explanation: include_str!("command_not_found.md"),
    reads: &[],
    refines: &[
        "runtime-error",
        "crash-app-error",
        "container-create-error",
        "init-container-failing",
    ],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    start_errors(case)
        .iter()
        .filter_map(|error| finding(case, error))
        .collect()
}

fn finding(case: &Case<'_>, error: &StartError<'_>) -> Option<Finding> {
    let (headline, why, fix) = sentences(&error.failure)?;
    let what = match &error.failure {
        StartFailure::NotFound { what } | StartFailure::InterpreterMissing { what } => {
            what.as_deref()
        }
        StartFailure::RelativePath { what } => Some(what.as_str()),
        _ => None,
    };
    let meant = likely_program::meant(&error.container, what);
    let (written_word, meant) = meant.unzip();
    let mut finding = error
        .finding(case, headline)
        .fact_if("what", what)
        .fact_if("written", written_word)
        .fact_if("command", meant)
        .fact_if("workingDir", working_dir(&error.container))
        .evidence(written(case, &error.container))
        .fix([Fix::advice(fix, Who::Owner).of_template()]);
    finding.why = why;
    Some(finding)
}

/// The headline, how it comes about and what to change.
fn sentences(failure: &StartFailure) -> Option<(Sentence, Option<Sentence>, Sentence)> {
    Some(match failure {
        StartFailure::NotFound { what: Some(what) } if what.contains(' ') => (
            say!(
                "command-not-found.whole-line",
                "{role} {container} is to run `{what}`, a whole command line as one word"
            ),
            Some(say!(
                "command-not-found.why-whole-line",
                "without a shell the whole line is taken for the name of one file"
            )),
            say!(
                "command-not-found.split-line",
                "write each word of the command as an item of its own, or let a shell run it: command: [[\"/bin/sh\", \"-c\", …]]"
            ),
        ),
        // a path is looked up below the working directory, a bare name in PATH (os/exec.LookPath, which runc calls)
        StartFailure::NotFound { what: Some(what) } => (
            match (what.starts_with('/'), what.contains('/')) {
                (true, _) => say!(
                    "command-not-found.not-in-image",
                    "{role} {container} is to run `{what}`, which does not exist in image {image}"
                ),
                (false, true) => say!(
                    "command-not-found.not-in-working-directory",
                    "{role} {container} is to run `{what}`, which does not exist in its working directory[ {workingDir}] in image {image}"
                ),
                (false, false) => say!(
                    "command-not-found.not-in-path",
                    "{role} {container} is to run `{what}`, which is not in the PATH of image {image}"
                ),
            },
            None,
            say!(
                "command-not-found.correct-command",
                "correct command and args of {role} {container}[ (perhaps `{command}` is meant by `{written}`)], or use an image that holds `{what}`"
            ),
        ),
        StartFailure::NotFound { what: None } => (
            say!(
                "command-not-found.code-127",
                "{role} {container} exits with code 127: a command was not found"
            ),
            Some(say!(
                "command-not-found.why-code-127",
                "a shell ends with 127 when it does not find the command that it is to run"
            )),
            say!(
                "command-not-found.correct-command-from-log",
                "correct the command[ (perhaps `{command}` is meant by `{written}`)], or use an image that holds it; the log names it"
            ),
        ),
        StartFailure::InterpreterMissing { .. } => (
            say!(
                "command-not-found.no-interpreter",
                "{role} {container} starts a file whose interpreter or loader is not in image {image}"
            ),
            Some(say!(
                "command-not-found.why-no-interpreter",
                "the file is there, and what its first line (`#!`) or its header names is not: a shell that the image lacks, a line end of Windows behind `#!/bin/sh`, or a program linked against another C library"
            )),
            say!(
                "command-not-found.use-interpreter-of-image",
                "use an interpreter that the image holds, save scripts with line ends of Unix, or build the program for the image's C library"
            ),
        ),
        StartFailure::RelativePath { .. } => (
            say!(
                "command-not-found.only-in-working-directory",
                "{role} {container} is to run `{what}`, which was found only in the working directory"
            ),
            Some(say!(
                "command-not-found.why-working-directory",
                "the working directory is not searched for commands"
            )),
            say!(
                "command-not-found.write-path",
                "write the command with a path: `./{what}`"
            ),
        ),
        _ => return None,
    })
}

fn working_dir<'a>(container: &ContainerView<'a>) -> Option<&'a str> {
    container.spec?.working_dir.as_deref()
}

/// Quotes the pod's own command: without one the image's is run.
pub(super) fn written(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Evidence> {
    let command = container.spec?.command.as_ref()?;
    let path = field_path(&format!("{}/command", place(case, container)?));
    Some(case.field(path, serde_json::to_string(command).ok()?))
}
