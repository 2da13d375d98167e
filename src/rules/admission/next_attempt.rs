//! What is done where nothing keeps a workload from what it makes any more: its controller only has to try again.

use crate::rules::finding::Fix;
use crate::rules::finding::Who;
use crate::rules::shared::refused::WorkloadCase;
use crate::text::say;
use crate::triage::Subject;

/// Any change of the workload makes its controller try at once.
pub(super) fn wait(case: &WorkloadCase<'_>) -> Fix {
    let change = say!(
        "next-attempt.wait",
        "wait for the next attempt, or bring it on at once with any change of {controller}, such as an annotation"
    );
    let object = case.it.object();
    let command = case.kubectl(["annotate", &object.argument(), "retry=1"]);
    let argument = object.argument();
    Fix::command(change, Who::Owner, object, command).fact("controller", argument)
}
