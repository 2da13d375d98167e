//! A controller has no right to make what a workload lacks.
//!
//! Sources: kube-apiserver `endpoints/handlers/responsewriters/errors.go` (the words of a refusal by RBAC),
//! `plugin/pkg/admission/gc` (blockOwnerDeletion), `plugin/pkg/auth/authorizer/rbac/bootstrappolicy` (the roles of
//! controllers, restored when it starts), 1.37.

use crate::kubernetes::shell;
use crate::messages::admission::Denial;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::rules::{Check, Layer, Root, Rule};
use crate::text::{Message, Sentence, say};

/// `controller-forbidden`
pub static RULE: Rule = Rule {
    cause: "controller-forbidden",
    layer: Layer::Admission,
    title: "a controller has no right to create the pods",
    seen_as: &["FailedCreate", "ReplicaFailure", "ReplicaSetCreateError"],
    explanation: include_str!("controller_forbidden.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!("controller-forbidden.root", "{who} may not {act}")),
    check: Check::Workload(check),
};

/// How users that are ServiceAccounts are named.
const ACCOUNT: &str = "system:serviceaccount:";
/// Where the controllers of Kubernetes itself have theirs; their roles are `system:controller:<name>`.
const OF_SYSTEM: &str = "kube-system";

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = Refused::of(case.it, case.snapshot).and_then(|refused| match &refused.denial {
        Denial::Rbac {
            user,
            verb,
            resource,
        } => Some(no_right(case, &refused, &User::of(user), verb, resource)),
        Denial::OwnerFinalizers => Some(no_finalizers(case, &refused)),
        _ => None,
    });
    finding.into_iter().collect()
}

/// Who lacks the right.
struct User<'r> {
    name: &'r str,
    /// Namespace and name of a ServiceAccount.
    account: Option<(&'r str, &'r str)>,
}

impl<'r> User<'r> {
    fn of(name: &'r str) -> Self {
        User {
            name,
            account: name
                .strip_prefix(ACCOUNT)
                .and_then(|rest| rest.split_once(':')),
        }
    }

    fn told(&self) -> Message {
        let Some((namespace, account)) = self.account else {
            return Message::new(say!("controller-forbidden.user", "user {user}"))
                .fact("user", self.name);
        };
        let sentence = say!(
            "controller-forbidden.account",
            "ServiceAccount {account} of {namespace}"
        );
        Message::new(sentence)
            .fact("account", account)
            .fact("namespace", namespace)
    }

    /// The role that the API server itself keeps for it.
    fn role(&self) -> Option<String> {
        match self.account {
            Some((OF_SYSTEM, account)) if account.ends_with("-controller") => {
                Some(format!("system:controller:{account}"))
            }
            None if self.name.starts_with("system:") => Some(self.name.to_owned()),
            _ => None,
        }
    }
}

const HEADLINE: Sentence = say!("controller-forbidden.headline", "{who} may not {act}");

fn no_right(
    case: &WorkloadCase<'_>,
    refused: &Refused<'_>,
    user: &User<'_>,
    verb: &str,
    resource: &str,
) -> Finding {
    let act = Message::new(say!("controller-forbidden.act", "{verb} {resource}"))
        .fact("verb", verb)
        .fact("resource", resource);
    let asked = ["auth", "can-i", verb, resource, "--as", user.name];
    refused
        .finding(case, case.subject(), HEADLINE)
        .why(say!(
            "controller-forbidden.why",
            "the controller of {controller} asks the API server as that user, and no role that is bound to it allows that"
        ))
        .fact("who", user.told())
        .fact("act", act)
        .fact("controller", case.object().argument())
        .fix(match user.role() {
            Some(role) => vec![restore(&role)],
            None => grant(case, user, verb, resource),
        })
        .inspect(case.kubectl(asked))
}

/// The API server makes its own roles anew when it starts.
fn restore(role: &str) -> Fix {
    let change = say!(
        "controller-forbidden.restore",
        "restore the ClusterRole {role} and its binding: an API server makes both as they were when it starts, unless they are annotated rbac.authorization.kubernetes.io/autoupdate=false"
    );
    Fix::advice(change, Who::Admin).fact("role", role)
}

/// A role for this and its binding.
fn grant(case: &WorkloadCase<'_>, user: &User<'_>, verb: &str, resource: &str) -> Vec<Fix> {
    let make = say!(
        "controller-forbidden.make-role",
        "allow it, if it is meant to: make a role for it in namespace {namespace}"
    );
    let bind = say!("controller-forbidden.bind-role", "and bind that to it");
    let who = match user.account {
        Some((namespace, account)) => format!("--serviceaccount={namespace}:{account}"),
        None => format!("--user={}", user.name),
    };
    let role = format!("{verb}-{}", resource.replace(['/', '.'], "-"));
    let make_command = case.kubectl([
        "create",
        "role",
        &role,
        &format!("--verb={verb}"),
        &format!("--resource={resource}"),
    ]);
    let of_role = format!("--role={role}");
    let bind_command = case.kubectl(["create", "rolebinding", &role, &of_role, &who]);
    let fix = |change, command| {
        let mut fix = Fix::advice(change, Who::Admin);
        fix.command = command;
        fix.fact("namespace", case.namespace())
    };
    vec![fix(make, make_command), fix(bind, bind_command).follows()]
}

/// Whoever makes an owned object that keeps its owner from being gone has to have a right on the owner.
fn no_finalizers(case: &WorkloadCase<'_>, refused: &Refused<'_>) -> Finding {
    let owner = case.it.kind;
    let resource = [owner.plural(), owner.group()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(".");
    let who = Message::new(say!(
        "controller-forbidden.controller",
        "the controller of {controller}"
    ));
    let act = say!(
        "controller-forbidden.block-deletion",
        "set blockOwnerDeletion on what it makes"
    );
    let allow = say!(
        "controller-forbidden.allow-finalizers",
        "allow the controller's user to update {resource}/finalizers"
    );
    refused
        .finding(case, case.subject(), HEADLINE)
        .why(say!(
            "controller-forbidden.finalizers-why",
            "the admission plugin OwnerReferencesPermissionEnforcement wants whoever makes an object that holds its owner back to have the right to update {resource}/finalizers"
        ))
        .fact("who", who.fact("controller", case.object().argument()))
        .fact("act", act)
        .fact("resource", resource)
        .fix([Fix::advice(allow, Who::Admin)])
        .inspect(shell::cluster(["get", "clusterrolebindings", "-o", "wide"]))
}
