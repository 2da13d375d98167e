//! How a node comes by a login to a registry: advice that several causes share.

use super::failed_pull::FailedPull;
use super::hosts::{self, Cloud};
use super::pull_secrets::PullSecret;
use super::{image_edit, pull_secrets};
use crate::kubernetes::shell;
use crate::rules::finding::{Fix, NextCommand, Who};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::say;

/// A name that the reader chooses.
const NAME: &str = "NAME";

/// What gives the pod a login to the image's registry, step by step.
pub(super) fn advice(failed: &FailedPull<'_>) -> Vec<Fix> {
    let cloud = failed
        .registry()
        .and_then(|registry| hosts::cloud(&registry));
    let (change, who) = match cloud {
        Some(Cloud::Amazon) => (
            say!(
                "login.amazon-role",
                "let the role of the nodes pull: ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on that repository"
            ),
            Who::Admin,
        ),
        Some(Cloud::Azure) => (
            say!(
                "login.azure-role",
                "give the kubelet's identity the role AcrPull on {registry}"
            ),
            Who::Admin,
        ),
        Some(Cloud::Google) => (
            say!(
                "login.google-role",
                "give the service account of the nodes the role roles/artifactregistry.reader on that repository"
            ),
            Who::Admin,
        ),
        None => return new_secret(failed, None),
    };
    vec![Fix::advice(change, who)]
}

/// A Secret that holds a login, in place of one that holds none if there is such.
pub(super) fn new_secret(failed: &FailedPull<'_>, instead_of: Option<&str>) -> Vec<Fix> {
    let make = match instead_of {
        None => say!(
            "login.create-secret",
            "make a Secret that holds a login to {server}"
        ),
        Some(_) => say!(
            "login.remake",
            "make one of the right type under another name; Secret {secret} may serve something else"
        ),
    };
    let make = Fix::advice(make, Who::Owner)
        .fact("server", server(failed))
        .template(creation(failed, NAME));
    let name = say!(
        "login.name-secret",
        "name it under imagePullSecrets[ of {account}]"
    );
    let name = image_edit::set_pull_secret(failed.case, name, instead_of, NAME).follows();
    let of_account = match &name.target {
        Some(target) => target.known_kind() == Some(Kind::ServiceAccount),
        None => instead_of.is_none(),
    };
    let account = pull_secrets::account(failed.case).argument();
    let name = Fix {
        template: name.command,
        command: String::new(),
        patch: Vec::new(),
        ..name
    };
    let name = name
        .when(!of_account, Fix::of_template)
        .when(of_account, |name| name.fact("account", account));
    let anew = of_account.then(|| take_list(failed).follows());
    [make, name].into_iter().chain(anew).collect()
}

/// Only pods that are made later take the list of a ServiceAccount.
fn take_list(failed: &FailedPull<'_>) -> Fix {
    let anew = say!(
        "login.restart",
        "make the pods anew, so that they take the list of {account}"
    );
    let account = pull_secrets::account(failed.case).argument();
    image_edit::restart(failed.case, anew).fact("account", account)
}

/// Whether a mirror was asked for an image that Docker Hub gives to everybody. A mirror is told whose image it is asked for
/// (containerd `core/remotes/docker/resolver.go`), the hosts that a registry redirects to are not.
pub(super) fn is_official_from_mirror(failed: &FailedPull<'_>) -> bool {
    let reference = failed.reference();
    let is_official = reference.is_some_and(|image| image.repository.starts_with("library/"));
    is_official && failed.was_sent_elsewhere() && failed.says("ns=docker.io")
}

/// What helps where the mirror refuses it.
fn without_mirror() -> Vec<Fix> {
    let check = say!(
        "login.check-official",
        "check that Docker Hub has the name and the tag of image {image}"
    );
    let repair = say!(
        "login.repair-mirror",
        "let the mirror {host} serve it, or take the mirror out of the runtime's configuration on {node}"
    );
    vec![
        Fix::advice(check, Who::Owner),
        Fix::advice(repair, Who::Admin),
    ]
}

/// What helps against a refusal, by what the pod names.
pub(super) fn fixes(failed: &FailedPull<'_>, named: &[PullSecret<'_>]) -> Vec<Fix> {
    if !pull_secrets::are_known(failed.case) {
        return advice(failed);
    }
    match named {
        _ if is_official_from_mirror(failed) => without_mirror(),
        [] => use_existing_secret(failed)
            .into_iter()
            .chain(advice(failed))
            .collect(),
        _ if !pull_secrets::pod_names_any(failed.case) => vec![take_list(failed)],
        named if named.iter().all(PullSecret::is_of_platform) => beside_platform(failed),
        [only] if only.is_of_old_type() => remake(failed, only.name),
        [only] => vec![renew(failed, only.name)],
        _ => advice(failed),
    }
}

/// Where all that the pod names was made by OpenShift: that login is for the cluster's own registry, and the platform's to keep.
fn beside_platform(failed: &FailedPull<'_>) -> Vec<Fix> {
    let account = pull_secrets::account(failed.case);
    let reference = failed.reference().filter(|_| is_of_own_registry(failed));
    let repository = reference
        .map(|reference| reference.repository)
        .unwrap_or_default();
    if let Some((project, _)) = repository.split_once('/') {
        let who = format!(
            "system:serviceaccount:{}:{}",
            failed.case.namespace(),
            account.name
        );
        let words = [
            "oc",
            "policy",
            "add-role-to-user",
            "system:image-puller",
            &who,
            "-n",
            project,
        ];
        let change = say!(
            "login.grant-puller",
            "let {account} pull from project {project}: grant it the role system:image-puller there"
        );
        let project = ObjectRef::new(Kind::Namespace, "", project);
        let grant = Fix::command(change, Who::Admin, project.clone(), shell::command(words))
            .fact("account", account.argument())
            .fact("project", project.name);
        return vec![grant];
    }
    let make = say!(
        "login.create-secret-beside",
        "make a Secret that holds a login to {server}; those that OpenShift made hold one to its own registry and are not to be changed"
    );
    let link = [
        "oc",
        "secrets",
        "link",
        &account.name,
        NAME,
        "--for=pull",
        "-n",
        failed.case.namespace(),
    ];
    let make = Fix::advice(make, Who::Owner)
        .fact("server", server(failed))
        .template(creation(failed, NAME));
    let change = say!("login.link-secret", "link it to {account}");
    let link = Fix::advice(change, Who::Owner)
        .fact("account", account.argument())
        .template(shell::command(link))
        .follows();
    vec![make, link, take_list(failed).follows()]
}

/// Whether the image is in the registry that OpenShift brings along.
pub(super) fn is_of_own_registry(failed: &FailedPull<'_>) -> bool {
    failed
        .registry()
        .is_some_and(|registry| hosts::is_of_openshift(&registry))
}

/// Puts a new login into a Secret that is there. The command writes all of it, so that logins to other registries have to be
/// given again.
fn renew(failed: &FailedPull<'_>, secret: &str) -> Fix {
    Fix::advice(
        say!(
            "login.renew",
            "look whether Secret {secret} holds a login to {server} that may pull, and renew it; the command replaces every login in it, also those to other registries"
        ),
        Who::Owner,
    )
    .template(format!(
        "{} --dry-run=client -o yaml | kubectl apply -f -",
        creation(failed, secret)
    ))
    .fact("secret", secret)
    .fact("server", server(failed))
}

/// Replaces a Secret of another type: a Secret's type cannot be changed.
pub(super) fn remake(failed: &FailedPull<'_>, secret: &str) -> Vec<Fix> {
    let fixes = new_secret(failed, Some(secret)).into_iter();
    fixes.map(|fix| fix.fact("secret", secret)).collect()
}

/// Which registries a Secret holds logins to; the logins are not shown.
pub(super) fn servers(failed: &FailedPull<'_>, secret: &str) -> NextCommand {
    let secret = format!("secret/{secret}");
    let field = "jsonpath={.data.\\.dockerconfigjson}";
    let get = failed.case.kubectl(["get", &secret, "-o", field]);
    format!("{get} | base64 -d | jq '.auths | keys'").into()
}

/// The command that makes a Secret with a login, but for the login itself.
pub(super) fn creation(failed: &FailedPull<'_>, secret: &str) -> String {
    let server = format!("--docker-server={}", server(failed));
    failed.case.kubectl([
        "create",
        "secret",
        "docker-registry",
        secret,
        &server,
        "--docker-username=USER",
        "--docker-password=TOKEN",
    ])
}

/// The Secrets with a login that the namespace holds and the pod does not name.
fn unused(failed: &FailedPull<'_>) -> Vec<String> {
    let named = pull_secrets::named(failed.case);
    let is_unused = |secret: &&str| named.iter().all(|named| named.name != *secret);
    let at_hand = pull_secrets::at_hand(failed.case).into_iter();
    at_hand.filter(is_unused).map(str::to_owned).collect()
}

/// Whether there is a login that the pod could use and does not.
pub(super) fn is_at_hand(failed: &FailedPull<'_>) -> bool {
    !unused(failed).is_empty()
}

/// Uses one of them. To which registries they hold a login is their content, which is never read.
fn use_existing_secret(failed: &FailedPull<'_>) -> Option<Fix> {
    match unused(failed).as_slice() {
        [] => None,
        [only] => Some(image_edit::set_pull_secret(
            failed.case,
            say!(
                "login.use-existing-secret",
                "pull with Secret {offered}, if it holds a login to {registry}"
            ),
            None,
            only,
        )),
        several => Some(
            Fix::advice(
                say!(
                    "login.use-one-of",
                    "pull with that of the Secrets {offered} which holds a login to {registry}; what they hold is not read"
                ),
                Who::Owner,
            )
            .fact("offered", several.to_vec()),
        ),
    }
}

/// The name under which a docker configuration files the login (credentialprovider/keyring.go).
pub(super) fn server(failed: &FailedPull<'_>) -> String {
    if failed.is_of_docker_hub() {
        return "https://index.docker.io/v1/".to_owned();
    }
    // only for an image whose name cannot be read: one more word in capitals for the reader to fill in
    failed.registry().unwrap_or_else(|| "SERVER".to_owned())
}
