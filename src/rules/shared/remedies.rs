//! Puts the changes that were verified by running the filters again before the advice of a rule.

mod wording;

use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::scheduler::Filter;
use crate::scheduler::remedy::{Action, Change, OnePer, Remedy};
use crate::snapshot::TemplateOwner;

/// The finding with the changes that remove this filter's filter failures. A rule's own advice stays for
/// those to whom no such change is offered.
pub(in crate::rules) fn before(case: &Case<'_>, mut finding: Finding, filter: Filter) -> Finding {
    if finding.nodes().is_empty() {
        return finding;
    }
    let remedies = case.engine.remedies(case.pod());
    // to ask for less of what is wanted is no reason to leave out other advice
    let (fewer, remedies): (Vec<&Remedy>, Vec<&Remedy>) =
        remedies.iter().partition(|remedy| is_fewer(remedy));
    let fewer = fewer.into_iter().filter(|it| it.removes == [filter]);
    let alone = remedies.iter().any(|remedy| remedy.removes == [filter]);
    let template_owner = TemplateOwner::of(case.pod(), case.snapshot);
    let mut fixes: Vec<_> = remedies
        .iter()
        // where removing this is enough, a change that removes more is for the sake of another cause
        .filter(|remedy| {
            if alone {
                remedy.removes == [filter]
            } else {
                remedy.removes.contains(&filter)
            }
        })
        // without either the rule's own advice says more
        .filter(|remedy| remedy.verified.is_some() || !remedy.command.is_empty())
        .map(|remedy| fix(remedy, &template_owner))
        .collect();
    let advice = std::mem::take(&mut finding.fixes);
    let left: Vec<_> = advice
        .into_iter()
        .filter(|advice| fixes.iter().all(|fix| fix.who != advice.who))
        .collect();
    fixes.extend(fewer.map(|remedy| fix(remedy, &template_owner)));
    // a taint guards its node against all pods: to be let in as the only one is less of a change
    let untaints = remedies
        .iter()
        .filter(|remedy| remedy.removes.contains(&filter));
    let untaints =
        untaints.clone().next().is_some() && untaints.into_iter().all(|it| is_untaint(it));
    if untaints {
        let (own, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|it| it.who == Who::Owner);
        fixes.splice(0..0, own);
        fixes.extend(others);
    } else {
        fixes.extend(left);
    }
    finding.fixes = fixes;
    finding
}

/// Whether fewer pods are to run for want of room.
fn is_fewer(remedy: &Remedy) -> bool {
    let room = OnePer::Room;
    matches!(&remedy.action, Action::FewerReplicas { one_per, .. } if *one_per == room)
}

fn is_untaint(remedy: &Remedy) -> bool {
    let is_one = |change: &Change| matches!(change, Change::Untaint { .. });
    matches!(&remedy.action, Action::Change(changes) if changes.iter().any(is_one))
}

/// A remedy in words, for those who may apply it.
fn fix(remedy: &Remedy, template_owner: &TemplateOwner) -> Fix {
    Fix {
        target: remedy.target.clone(),
        patch: remedy.patch.clone(),
        command: remedy.command.clone(),
        verified: remedy.verified.clone(),
        room: remedy.room,
        ..Fix::advice(
            wording::message(&remedy.action, template_owner),
            who(remedy),
        )
    }
}

/// The owner of a workload changes its pods, an administrator the nodes.
fn who(remedy: &Remedy) -> Who {
    let of_node = |change: &Change| change.node().is_some();
    match &remedy.action {
        Action::Change(changes) if changes.iter().any(of_node) => Who::Admin,
        Action::Change(_)
        | Action::PreferAndReplace(_)
        | Action::StopOldPodFirst { .. }
        | Action::FewerReplicas { .. } => Who::Owner,
    }
}

#[cfg(test)]
mod tests;
