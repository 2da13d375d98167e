//! `-o name`: what is stuck, as `kubectl get -o name` writes it, for xargs.

use crate::kubernetes::text::is_visible;
use crate::report::{Diagnosis, Report};
use crate::snapshot::{Kind, ObjectRef};
use crate::triage::Layer;
use std::collections::BTreeSet;

/// One object a line, each once, in the order of the report: `pod/web-0`, `deployment.apps/web`.
pub fn name(report: &Report) -> String {
    let sure = report.diagnoses.iter().filter(|one| !one.is_hint());
    let diagnosed = sure.flat_map(stuck);
    let unexplained = report.unexplained.iter().map(|one| one.object.object());
    let mut told = BTreeSet::new();
    diagnosed
        .chain(unexplained)
        .filter(|object| told.insert(object.clone()))
        .fold(String::new(), |out, object| out + &argument(&object) + "\n")
}

/// What a diagnosis is about, and the node for whose sake its pods are stuck.
fn stuck(diagnosis: &Diagnosis) -> impl Iterator<Item = ObjectRef> {
    let affected = diagnosis.affected.iter().map(|one| one.object());
    let is_node = diagnosis.layer == Layer::Node && diagnosis.subject.kind == Kind::Node.as_str();
    affected.chain(is_node.then(|| diagnosis.subject.clone()))
}

fn argument(object: &ObjectRef) -> String {
    let kind = object.kind.to_lowercase();
    let group = Kind::of_manifest(&object.kind).map_or("", Kind::group);
    let dot = if group.is_empty() { "" } else { "." };
    // these words are given to `xargs`, which parts at blanks and reads quotes
    let is_plain = |c: char| is_visible(c) && !c.is_whitespace() && !matches!(c, '\'' | '"' | '\\');
    let shown = |c| if is_plain(c) { c } else { '\u{fffd}' };
    let name: String = object.name.chars().map(shown).collect();
    format!(
        "{}{dot}{group}/{name}",
        kind.replace(|c| !is_plain(c), "\u{fffd}")
    )
}
