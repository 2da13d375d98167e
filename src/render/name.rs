//! `-o name`: what is stuck, as `kubectl get -o name` writes it, for xargs.

use crate::kubernetes::text::one_line;
use crate::report::{Affected, Report};
use crate::snapshot::Kind;
use std::collections::BTreeSet;

/// One object a line, each once: `pod/web-0`, `deployment.apps/web`.
pub fn name(report: &Report) -> String {
    let diagnosed = report.diagnoses.iter().flat_map(|one| &one.affected);
    let unexplained = report.unexplained.iter().map(|one| &one.object);
    let stuck: BTreeSet<_> = diagnosed
        .chain(unexplained)
        .map(|object| {
            (
                &object.kind,
                &object.namespace,
                &object.name,
                argument(object),
            )
        })
        .collect();
    stuck
        .into_iter()
        .fold(String::new(), |out, (.., argument)| out + &argument + "\n")
}

fn argument(object: &Affected) -> String {
    let kind = object.kind.to_lowercase();
    let group = Kind::of_manifest(&object.kind).map_or("", Kind::group);
    let dot = if group.is_empty() { "" } else { "." };
    one_line(&format!("{kind}{dot}{group}/{}", object.name)).into_owned()
}
