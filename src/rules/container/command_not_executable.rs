//! `command-not-executable`: the file that a container is to run may not be executed.

use crate::text::say;
use super::command_not_found::written;
use super::start_failure::{StartError, start_errors};
use crate::messages::start::StartFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::{field_path, place};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::ContainerView;
use crate::snapshot::Evidence;

/// The file that a container is to run may not be executed.
pub static RULE: Rule = Rule {
    cause: "command-not-executable",
    layer: Layer::Container,
    title: "the container's command may not be executed",
    explanation: include_str!("command_not_executable.md"),
    reads: &[],
    refines: &["runtime-error", "crash-app-error", "container-create-error"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    start_errors(case)
        .iter()
        .filter_map(|error| finding(case, error))
        .collect()
}

fn finding(case: &Case<'_>, error: &StartError<'_>) -> Option<Finding> {
    let mount = named(&error.failure).and_then(|what| mount_over(case, &error.container, what));
    let (headline, why, fix) = match (&error.failure, &mount) {
        (StartFailure::Directory { .. }, _) => (
            say!("command-not-executable.text", "{role} {container} is to run `{what}`, which is a directory"),
            "",
            say!("command-not-executable.text-2", "name a file in command of {role} {container}"),
        ),
        (StartFailure::NotExecutable { what: Some(_) }, Some(_)) => (
            say!("command-not-executable.text-3", "{role} {container} is to run `{what}`, which has no right to be executed"),
            say!("command-not-executable.text-4", "the file comes from a volume: ConfigMaps and Secrets give files without that right unless defaultMode says so"),
            say!("command-not-executable.text-5", "set defaultMode: 0755 on the volume, or run the script by its shell: command: [[\"/bin/sh\", \"{what}\"]]"),
        ),
        (StartFailure::NotExecutable { what: Some(_) }, None) => (
            say!("command-not-executable.text-6", "{role} {container} is to run `{what}`, which has no right to be executed"),
            "",
            say!("command-not-executable.text-7", "give `{what}` the right to be executed when the image is built (chmod +x), for the user that the container runs as"),
        ),
        (StartFailure::NotExecutable { what: None }, _) => (
            say!("command-not-executable.text-8", "{role} {container} exits with code 126: a command could not be executed"),
            say!("command-not-executable.text-9", "a shell ends with 126 when it finds the command and may not execute it"),
            say!("command-not-executable.text-10", "give the file the right to be executed; the log names it"),
        ),
        _ => return None,
    };
    let finding = error
        .finding(case, headline)
        .why(why)
        .evidence(written(case, &error.container))
        .evidence(mount)
        .fix([Fix::advice(fix, Who::Owner)]);
    Some(match named(&error.failure) {
        Some(what) => finding.fact("what", what),
        None => finding,
    })
}

fn named(failure: &StartFailure) -> Option<&str> {
    match failure {
        StartFailure::NotExecutable { what } => what.as_deref(),
        StartFailure::Directory { what } => Some(what),
        _ => None,
    }
}

/// The volume mount that the file lies in.
fn mount_over(case: &Case<'_>, container: &ContainerView<'_>, file: &str) -> Option<Evidence> {
    let mounts = container.spec?.volume_mounts.as_deref()?;
    let holds = |path: &str| {
        file.strip_prefix(path.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let index = mounts.iter().position(|mount| holds(&mount.mount_path))?;
    let mount = mounts.get(index)?;
    let place = place(case, container)?;
    let path = field_path(&format!("{place}/volumeMounts/{index}/mountPath"));
    Some(case.field(path, mount.mount_path.as_str()))
}
