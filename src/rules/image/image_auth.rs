//! `image-auth`: the registry refuses this login, or needs one and none was used.

use super::asked::{self, Verdict};
use super::failed_pull::{self, FailedPull};
use super::{auth_headline, login, pull_secrets};
use crate::kubernetes::shell;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::say;
use pull_secrets::PullSecret;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-auth",
    layer: Layer::Image,
    title: "a registry refuses the login, or wants one",
    seen_as: NOT_PULLED,
    explanation: include_str!("image_auth.md"),
    reads: &[Kind::Secret, Kind::ServiceAccount],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "image-auth.root",
        "{host} lets nobody[ of namespace {namespace}] pull without the right login"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let class = |failure| failure == PullFailure::Auth;
    failed_pull::findings(case, class, finding)
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    if asked::is_there_now(failed) {
        return asked::there_now(failed);
    }
    let named = pull_secrets::of(failed);
    let (headline, why) = auth_headline::of(failed, &named);
    let mut finding = failed.finding(headline);
    finding.why = asked::why_refused(failed).or(why);
    // who may log in sees it, or the login is refused anew: then it is the login that is wrong, and not the image
    let is_settled = failed.is_known(Verdict::There) || asked::refuses_login(failed);
    let is_anonymous = is_anonymous(failed, &named);
    let finding = finding
        .fact("secrets", pull_secrets::names(&named))
        .fact_if("status", failed.pull.status.map(u32::from))
        .when(
            (may_be_missing(failed) || is_anonymous || login::is_official_from_mirror(failed))
                && !is_settled,
            |finding| finding.certainty(Certainty::Likely),
        )
        .evidence(named.iter().map(|named| named.named.clone()))
        .inspect(next(failed, &named));
    match wrong_type(&named) {
        Some((secret, found)) => {
            let object = ObjectRef::new(Kind::Secret, failed.case.namespace(), secret);
            finding
                .evidence([failed.case.field_of(object, "type", found)])
                .fact("secret", secret)
                .fact("type", found)
                .fix(login::remake(failed, secret))
        }
        None => finding
            .fix(login::fixes(failed, &named))
            .fix((is_anonymous && !is_settled).then(check_exists)),
    }
}

/// What tells which it is: whether the registry has the image, or which logins there are.
fn next(failed: &FailedPull<'_>, named: &[PullSecret<'_>]) -> NextCommand {
    if login::is_official_from_mirror(failed) {
        let official = failed.reference().map(|image| image.to_string());
        return failed.skopeo(&["inspect"], &official.unwrap_or_default());
    }
    let of_own_registry = login::is_of_own_registry(failed).then(|| failed.reference());
    if let Some(reference) = of_own_registry.flatten() {
        let project = reference.repository.split('/').next().unwrap_or_default();
        let words = [
            "oc",
            "policy",
            "who-can",
            "get",
            "imagestreams/layers",
            "-n",
        ];
        return shell::command(words.into_iter().chain([project])).into();
    }
    let holds_logins = |one: &PullSecret<'_>| {
        let is_there = one.secret.yes().is_some() && one.wrong_type().is_none();
        is_there && !one.is_of_old_type() && !one.is_of_platform()
    };
    match named {
        [_, ..] if !pull_secrets::pod_names_any(failed.case) => NextCommand::default(),
        [only] if holds_logins(only) => login::servers(failed, only.name),
        _ => failed.skopeo(&["inspect", "--creds", "USER:TOKEN"], failed.image),
    }
}

/// A registry that hides what it has from those who did not log in wants a login for what is not there, too.
fn is_anonymous(failed: &FailedPull<'_>, named: &[PullSecret<'_>]) -> bool {
    let by_pod = named.is_empty() || failed.pull.anonymous == Some(true);
    by_pod && failed.pull.anonymous != Some(false) && failed.says("authentication required")
}

fn check_exists() -> Fix {
    Fix::advice(
        say!(
            "image-auth.check-exists",
            "check that {registry} has the repository and the tag of {image}: without a login it answers the same for what is not there"
        ),
        Who::Owner,
    )
}

/// What a registry, or the runtime in its stead, says of a login as such.
const LOGIN: [&str; 5] = [
    "no basic auth credentials",
    "invalid username/password",
    "incorrect username or password",
    "authorization token has expired",
    "authentication required",
];

/// A refusal of rights, not of the login: registries answer it for what is not there, too.
pub(super) fn may_be_missing(failed: &FailedPull<'_>) -> bool {
    let of_rights = failed.pull.status == Some(403)
        || failed.says("denied")
        || failed.says("access to the requested resource is not authorized");
    of_rights && !LOGIN.iter().any(|text| failed.says(text))
}

/// The first of the named Secrets, when none of them is of a type that holds a login.
pub(super) fn wrong_type<'n>(named: &'n [PullSecret<'_>]) -> Option<(&'n str, &'n str)> {
    let first = named.first()?;
    let none_fits = named.iter().all(|named| named.wrong_type().is_some());
    let found = first.wrong_type().filter(|_| none_fits)?;
    Some((first.name, found))
}
