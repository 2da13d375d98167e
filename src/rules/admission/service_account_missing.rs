//! The ServiceAccount that the template names does not exist, so that the API server refuses the pods.
//!
//! Source: kube-apiserver `plugin/pkg/admission/serviceaccount` (1.37); who makes the account `default` of each namespace:
//! kube-controller-manager `pkg/controller/serviceaccount`.

use super::missing_name::{MissingName, Says};
use crate::messages::admission::Denial;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::say;

/// `service-account-missing`
pub static RULE: Rule = Rule {
    cause: "service-account-missing",
    layer: Layer::Admission,
    title: "the ServiceAccount of the pods does not exist",
    seen_as: &["FailedCreate", "ReplicaFailure"],
    explanation: include_str!("service_account_missing.md"),
    reads: &[Kind::ServiceAccount],
    refines: &[],
    root: Root::Facts(say!(
        "service-account-missing.root",
        "ServiceAccount {name} of namespace {namespace} does not exist"
    )),
    check: Check::Workload(check),
};

/// The account that each namespace gets by itself.
const DEFAULT: &str = "default";

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = Refused::of(case.it, case.snapshot).and_then(|refused| match &refused.denial {
        Denial::ServiceAccountMissing { namespace, name } => {
            Some(missing(case, &refused, namespace, name))
        }
        _ => None,
    });
    finding.into_iter().collect()
}

fn missing(case: &WorkloadCase<'_>, refused: &Refused<'_>, namespace: &str, name: &str) -> Finding {
    let object = ObjectRef::new(Kind::ServiceAccount, namespace, name);
    let accounts = case.snapshot.store().service_accounts();
    let missing = MissingName::look(case, refused, object, "serviceAccountName", accounts);
    let says = Says {
        missing: say!(
            "service-account-missing.headline",
            "ServiceAccount {name} does not exist[; {nearest} does]"
        ),
        by_now: say!(
            "service-account-missing.by-now",
            "ServiceAccount {name} did not exist, and does by now"
        ),
        why: if name == DEFAULT {
            say!(
                "service-account-missing.default-why",
                "the API server lets no pod in before its ServiceAccount is there, and kube-controller-manager makes this one in each namespace: it has not, or it was deleted and its maker is down"
            )
        } else {
            say!(
                "service-account-missing.why",
                "the template of {template} names it, and the API server lets no pod in whose ServiceAccount does not exist"
            )
        },
    };
    missing
        .finding(&says, [create(case, &missing.object, name)])
        .fact("namespace", namespace)
        .inspect(case.kubectl(["get", "serviceaccounts"]))
}

fn create(case: &WorkloadCase<'_>, account: &ObjectRef, name: &str) -> Fix {
    let change = say!(
        "service-account-missing.create",
        "create ServiceAccount {name}, with the rights that its pods need"
    );
    let default = say!(
        "service-account-missing.create-default",
        "create ServiceAccount {name}, and look whether kube-controller-manager runs"
    );
    let command = case.kubectl(["create", "serviceaccount", name]);
    let (change, who) = if name == DEFAULT {
        (default, Who::Admin)
    } else {
        (change, Who::Owner)
    };
    Fix::command(change, who, account.clone(), command)
}
