//! Containers that a runtime could not start, and in which words it said so.
//!
//! A start error shows in turns as RunContainerError with the runtime's words, as CrashLoopBackOff
//! without, and as the last end (StartError, ContainerCannotRun); CRI-O reports it as
//! CreateContainerError. A missing interpreter and a wrong CPU show only after the start, in the
//! log, and so at best in the termination message.

use crate::text::Sentence;
use crate::messages::config::{self, ConfigFailure};
use crate::messages::start::{self, StartFailure};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::crash::{Crash, crashes, log};
use crate::rules::shared::template::role_word;
use crate::snapshot::ContainerView;
use crate::snapshot::Evidence;

/// A container that did not start, or not far.
pub(super) struct StartError<'a> {
    /// The container.
    pub(super) container: ContainerView<'a>,
    /// What the words mean.
    pub(super) failure: StartFailure,
    /// The words.
    pub(super) proof: Evidence,
    /// Whether the runtime said it; otherwise only an exit code hints at it.
    pub(super) said: bool,
    /// Whether a process ran: only then there is a log.
    ran: bool,
}

impl StartError<'_> {
    /// A finding about it.
    pub(super) fn finding(&self, case: &Case<'_>, headline: Sentence) -> Finding {
        let finding = Finding::new(case.subject(), headline, self.proof.clone())
            .container(self.container.name())
            .fact("role", role_word(self.container.role))
            .fact("image", self.container.image())
            .certainty(if self.said {
                Certainty::Proven
            } else {
                Certainty::Likely
            });
        match self.container.last_end() {
            Some((_, end)) if self.ran => finding
                .fact("exitCode", end.exit_code)
                .look(log(case, &self.container)),
            Some((_, end)) => finding
                .fact("exitCode", end.exit_code)
                .look(case.describe_pod()),
            None => finding.look(case.describe_pod()),
        }
    }
}

/// Every container of the pod that a runtime could not start.
pub(super) fn start_errors<'a>(case: &Case<'a>) -> Vec<StartError<'a>> {
    if case.pod().is_terminating() {
        return Vec::new();
    }
    let mut found: Vec<StartError<'a>> = Vec::new();
    for container in case.pod().containers() {
        found.extend(waiting(case, container));
    }
    for crash in crashes(case) {
        let known = found
            .iter()
            .any(|error| error.container.name() == crash.container.name());
        if !known {
            found.extend(ended(case, &crash));
        }
    }
    found
}

/// By the words of the waiting state, or of the event where the state has none.
fn waiting<'a>(case: &Case<'a>, container: ContainerView<'a>) -> Option<StartError<'a>> {
    let reason = container.waiting_reason();
    if !matches!(reason, "RunContainerError" | "CreateContainerError") {
        return None;
    }
    let (message, proof) = words(case, &container)?;
    let failure = match start::read(&message) {
        // what no container layer's runtime says is an error of creation
        Some(failure) if config::read(&message) == ConfigFailure::Unknown => failure,
        _ if reason == "RunContainerError" => StartFailure::Other,
        _ => return None,
    };
    Some(StartError {
        container,
        failure,
        proof,
        said: true,
        ran: false,
    })
}

/// The message of the waiting state, or else of the newest event Failed.
pub(super) fn words(case: &Case<'_>, container: &ContainerView<'_>) -> Option<(String, Evidence)> {
    let message = container
        .waiting()
        .and_then(|waiting| waiting.message.as_deref())
        .filter(|message| !message.is_empty());
    if let Some(message) = message {
        let path = format!("{}.state.waiting.message", container.path());
        return Some((message.to_owned(), case.field(path, message)));
    }
    let event = case.newest_event_of(container.name(), &["Failed"])?;
    Some((event.message.clone(), case.event(event)))
}

fn ended<'a>(case: &Case<'a>, crash: &Crash<'a>) -> Option<StartError<'a>> {
    let code = crash.end.exit_code;
    if code == 0 || crash.reason() == "OOMKilled" {
        return None;
    }
    let read = start::read(crash.message()).or_else(|| start::shell(crash.message(), code));
    let (failure, said) = match (read, code) {
        (Some(failure), _) => (failure, true),
        (None, 127) => (StartFailure::NotFound { what: None }, crash.never_ran()),
        (None, 126) => (
            StartFailure::NotExecutable { what: None },
            crash.never_ran(),
        ),
        (None, _) if crash.never_ran() => (StartFailure::Other, true),
        _ => return None,
    };
    let proof = match crash.said(case) {
        Some(words) if said => words,
        _ => crash.proof(case),
    };
    Some(StartError {
        container: crash.container,
        failure,
        proof,
        said,
        ran: !crash.never_ran(),
    })
}
