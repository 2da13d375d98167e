//! A node that is lost since somebody takes it away: an autoscaler, or the cloud.

use super::forced_deletion::{NodeCase, delete_node};
use crate::kubernetes::shell;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::leaving;
use crate::text::say;

/// A node that somebody takes away need not be brought back.
pub(super) fn told(case: &NodeCase<'_>, finding: Finding) -> Finding {
    let Some((leaving, _, mark)) = leaving::of_node(case.it.name, case.snapshot) else {
        return finding;
    };
    let mut finding = finding
        .fact("leaving", leaving::words(leaving))
        .evidence([mark]);
    if leaving.is_final() {
        let let_go = say!(
            "node-lost.let-go",
            "let {node} go; where it is still listed in some minutes, see why what takes it away does not delete it"
        );
        finding.fixes = vec![Fix::advice(let_go, Who::Admin), delete_node(case)];
        finding = finding.why(say!(
            "node-lost.leaving-why",
            "its pods are deleted with it, and their controllers make others elsewhere"
        ));
        finding = finding.inspect(shell::cluster(["describe", &case.object().argument()]));
    }
    finding
}
