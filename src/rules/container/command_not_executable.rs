//! `command-not-executable`: the file that a container is to run may not be executed.

use super::command_not_found::written;
use super::start_failure::{StartError, start_errors};
use crate::messages::start::StartFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::{field_path, place};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::ContainerView;
use crate::snapshot::Evidence;
use crate::text::{Sentence, say};

/// The file that a container is to run may not be executed.
pub static RULE: Rule = Rule {
    cause: "command-not-executable",
    layer: Layer::Container,
    title: "the container's command may not be executed",
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
    explanation: include_str!("command_not_executable.md"),
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
    let what = named(&error.failure);
    let mount = what.and_then(|what| mount_over(case, &error.container, what));
    let (headline, why, fix) = match (&error.failure, &mount) {
        (StartFailure::Directory { .. }, _) => (
            say!(
                "command-not-executable.directory",
                "{role} {container} is to run `{what}`, which is a directory"
            ),
            None,
            say!(
                "command-not-executable.name-a-file",
                "name a file in command of {role} {container}"
            ),
        ),
        (StartFailure::NotExecutable { what: Some(_) }, Some(_)) => (
            NO_RIGHT,
            Some(say!(
                "command-not-executable.why-volume",
                "the file comes from a volume: ConfigMaps and Secrets give files without that right unless defaultMode says so"
            )),
            say!(
                "command-not-executable.set-default-mode",
                "set defaultMode: 0755 on the volume, or run the script by its shell: command: [[\"/bin/sh\", \"{what}\"]]"
            ),
        ),
        (StartFailure::NotExecutable { what: Some(_) }, None) => (
            NO_RIGHT,
            None,
            say!(
                "command-not-executable.chmod",
                "give `{what}` the right to be executed when the image is built (chmod +x), for the user that the container runs as"
            ),
        ),
        (StartFailure::NotExecutable { what: None }, _) => (
            say!(
                "command-not-executable.code-126",
                "{role} {container} exits with code 126: a command could not be executed"
            ),
            Some(say!(
                "command-not-executable.why-code-126",
                "a shell ends with 126 when it finds the command and may not execute it"
            )),
            say!(
                "command-not-executable.chmod-from-log",
                "give the file the right to be executed; the log names it"
            ),
        ),
        _ => return None,
    };
    // a right that the image gives is changed in the image
    let is_in_spec = mount.is_some() || matches!(error.failure, StartFailure::Directory { .. });
    let list = match (what, &mount) {
        (Some(what), None) => case.in_image(error.container.image(), ["ls", "-l", what]),
        _ => case
            .kubectl([
                "get",
                &case.object().argument(),
                "-o",
                "jsonpath={.spec.volumes}",
            ])
            .into(),
    };
    let mut finding = error
        .finding(case, headline)
        .fact_if("what", what)
        .evidence(written(case, &error.container))
        .evidence(mount)
        .fix([Fix::advice(fix, Who::Owner).when(is_in_spec, Fix::of_template)]);
    finding.why = why;
    if what.is_some() {
        finding = finding.inspect(list);
    }
    Some(finding)
}

const NO_RIGHT: Sentence = say!(
    "command-not-executable.no-right",
    "{role} {container} is to run `{what}`, which has no right to be executed"
);

fn named(failure: &StartFailure) -> Option<&str> {
    match failure {
        StartFailure::NotExecutable { what } => what.as_deref(),
        StartFailure::Directory { what } => Some(what),
        _ => None,
    }
}

/// The volume mount that the file lies in.
pub(super) fn mount_over(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    file: &str,
) -> Option<Evidence> {
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
