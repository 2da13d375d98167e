//! How a refused login is told: by the pull secrets that the pod has, and by what the message says of the login.

use super::failed_pull::FailedPull;
use super::image_auth::{may_be_missing, wrong_type};
use super::login;
use super::pull_secrets::{self, PullSecret};
use crate::text::{Sentence, say};

const LOGIN_REFUSED: Sentence = say!(
    "image-auth.login-refused",
    "{host} refuses the login for image {image}"
);

/// The headline, and how it comes about.
pub(super) fn of(
    failed: &FailedPull<'_>,
    named: &[PullSecret<'_>],
) -> (Sentence, Option<Sentence>) {
    if failed.of_sandbox {
        let headline = say!(
            "image-auth.sandbox",
            "{host} refuses the sandbox image {image} to the runtime of {node}, so no pod starts there"
        );
        return (headline, None);
    }
    if login::is_official_from_mirror(failed) {
        let headline = say!(
            "image-auth.official-from-mirror",
            "{host}, asked in the place of Docker Hub, denies the official image {image}"
        );
        let why = say!(
            "image-auth.official-from-mirror-why",
            "official images need no login: the mirror may not have it, not allow it, or answer so for a name or a tag that does not exist"
        );
        return (headline, Some(why));
    }
    if wrong_type(named).is_some() {
        return (
            say!(
                "image-auth.wrong-type",
                "{host} refuses image {image}: Secret {secret} of type {type} holds no login that the kubelet reads"
            ),
            Some(say!(
                "image-auth.wrong-type-why",
                "the kubelet reads the types kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg only, and pulls without a login otherwise"
            )),
        );
    }
    if !pull_secrets::are_known(failed.case) {
        return unshown(may_be_missing(failed));
    }
    if named.is_empty() {
        return match (failed.pull.anonymous, may_be_missing(failed)) {
            (Some(false), _) => (
                say!(
                    "image-auth.login-of-node",
                    "{host} refuses the login that {node} has for image {image}"
                ),
                Some(say!(
                    "image-auth.login-of-node-why",
                    "the pod names no pull secret: the login comes from the node, by a credential plugin of the kubelet or the runtime's configuration"
                )),
            ),
            (_, true) => (
                say!(
                    "image-auth.denied",
                    "{host} denies image {image}, and the pod names no pull secret"
                ),
                Some(say!(
                    "image-auth.denied-why",
                    "missing or not allowed: registries give this answer for both"
                )),
            ),
            (_, false) => (
                say!(
                    "image-auth.no-login",
                    "{host} wants a login for image {image}, and the pod names no pull secret"
                ),
                None,
            ),
        };
    }
    if !pull_secrets::pod_names_any(failed.case) {
        return (
            say!(
                "image-auth.pod-older-than-list",
                "{host} wants a login for image {image}, and the pod was made before its ServiceAccount named one"
            ),
            Some(say!(
                "image-auth.pod-older-than-list-why",
                "a ServiceAccount's list of pull secrets is copied into a pod when the pod is made"
            )),
        );
    }
    if let Some(sentences) = of_platform(failed, named) {
        return sentences;
    }
    let why = match failed.pull.anonymous {
        Some(true) => say!(
            "image-auth.login-of-other-host-why",
            "it was asked without a login: Secret {secrets} holds none for that host"
        ),
        _ => say!(
            "image-auth.login-refused-why",
            "the login in Secret {secrets} is wrong, has run out, lacks the right to pull, or is for another host: what a Secret holds is not read"
        ),
    };
    (LOGIN_REFUSED, Some(why))
}

/// Where the pod's pull secrets are not shown.
fn unshown(may_be_missing: bool) -> (Sentence, Option<Sentence>) {
    if may_be_missing {
        let why = say!(
            "image-auth.denied-unshown-why",
            "missing or not allowed: registries give this answer for both; kubectl describe does not show whether the pod names a pull secret"
        );
        return (
            say!("image-auth.denied-unshown", "{host} denies image {image}"),
            Some(why),
        );
    }
    let why = say!(
        "image-auth.unshown-why",
        "kubectl describe does not show which pull secrets the pod names: there is none, or the login in it is refused"
    );
    let headline = say!(
        "image-auth.unshown",
        "{host} wants a login that may pull image {image}"
    );
    (headline, Some(why))
}

/// Where the pod names nothing but the login that OpenShift keeps for its ServiceAccount.
fn of_platform(
    failed: &FailedPull<'_>,
    named: &[PullSecret<'_>],
) -> Option<(Sentence, Option<Sentence>)> {
    let only = named.iter().all(PullSecret::is_of_platform);
    only.then(|| if login::is_of_own_registry(failed) {
        (
            LOGIN_REFUSED,
            Some(say!("image-auth.no-right-to-project-why", "the login in Secret {secrets} is the one that OpenShift keeps for the pod's ServiceAccount: it may pull from its own project, and from another one only where somebody has granted that")),
        )
    } else {
        (
            say!("image-auth.login-of-platform", "{host} wants a login for image {image}, and the pod has only the one that OpenShift made for its own registry"),
            None,
        )
    })
}
