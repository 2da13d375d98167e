//! What was named and is not there: what was probably meant, and what a name without a kind stands for.

use super::client::{Accept, Client, path};
use super::names;
use super::plan::Read;
use super::read_error::ReadError;
use crate::error::Failure;
use crate::kubernetes::nearest::distance;
use crate::snapshot::Kind;
use crate::triage::scope::{Scope, Target};
use anyhow::{Result, bail};
use futures_util::future::join_all;

/// More namespaces than this are not told one by one.
const FEW: usize = 8;
const SUCCEEDED: &str = "status.phase=Succeeded";

/// An object that might be meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// Somebody who asks why something does not run does not mean what does.
    pub(super) healthy: bool,
    pub(super) kind: Kind,
    pub(super) name: String,
}

impl Candidate {
    /// As it is typed: `deploy/web`, and a pod by its name.
    fn typed(&self) -> String {
        match self.kind {
            Kind::Pod => self.name.clone(),
            kind => {
                let long = kind.as_str().to_ascii_lowercase();
                let short = kind.short_names().first().copied();
                format!("{}/{}", short.unwrap_or(&long), self.name)
            }
        }
    }
}

/// The object that was probably meant: another kind's of that name, or the nearest name, and of equally near ones one that is
/// not healthy.
pub(super) fn meant(kind: Kind, wanted: &str, candidates: &[Candidate]) -> Option<String> {
    let mut others = candidates.iter().filter(|other| other.kind != kind);
    if let Some(same) = others.find(|other| other.name == wanted) {
        return Some(same.typed());
    }
    let near = candidates
        .iter()
        .filter_map(|one| Some((distance(wanted, &one.name)?, one)));
    let (_, found) = near.min()?;
    Some(match found.kind {
        of if of == kind => found.name.clone(),
        _ => found.typed(),
    })
}

/// The scope with workloads in place of pods that do not exist, when names were typed without a kind; else it stays.
pub(super) async fn or_workloads(
    client: &Client,
    scope: &Scope,
    outcomes: &[(Read, Result<(), ReadError>)],
) -> Option<Scope> {
    let namespace = scope.namespace.as_deref();
    let missing = outcomes.iter().filter_map(|(read, outcome)| match read {
        Read::Get { name, .. } if matches!(outcome, Err(ReadError::NotFound { .. })) => Some(name),
        _ => None,
    });
    let missing: Vec<&String> = missing.filter(|_| scope.bare).collect();
    let reads = missing.iter().flat_map(|name| {
        let workloads = Kind::all().filter(|kind| kind.is_workload());
        workloads.map(move |kind| async move {
            let path = path(kind, namespace, Some(name));
            let there = client.get(&path, Accept::Metadata).await.is_ok();
            there.then(|| Target::new(kind, name.as_str()))
        })
    });
    let found: Vec<Target> = join_all(reads).await.into_iter().flatten().collect();
    if found.is_empty() {
        return None;
    }
    let is_replaced = |pod: &Target| found.iter().any(|workload| workload.name == pod.name);
    let mut targets = scope.targets.clone();
    targets.retain(|pod| !is_replaced(pod));
    targets.extend(found);
    Some(Scope {
        targets,
        ..scope.clone()
    })
}

/// A namespace without pods may be one that does not exist; only then it is worth a request.
pub(super) async fn namespace_is_there(client: &Client, scope: &Scope) -> Result<()> {
    for namespace in scope.places().into_iter().flatten() {
        if is_absent(client, namespace).await {
            bail!(absent(client, scope, Kind::Namespace, namespace).await)
        }
    }
    Ok(())
}

/// Whether there is no such namespace; not where that may not be known: then an empty namespace is what was read.
pub(super) async fn is_absent(client: &Client, namespace: &str) -> bool {
    let path = path(Kind::Namespace, None, Some(namespace));
    let there = client.get(&path, Accept::Metadata).await;
    matches!(there, Err(ReadError::NotFound { .. }))
}

/// Whether pods of the scope have succeeded. They are in no list of what is looked at.
pub(super) async fn has_succeeded_pods(client: &Client, scope: &Scope) -> bool {
    let fields = scope.fields.as_ref().map(ToString::to_string);
    let fields: Vec<String> = fields.into_iter().chain([SUCCEEDED.to_owned()]).collect();
    let fields = fields.join(",");
    let labels = scope.selector.as_ref().map(ToString::to_string);
    let labels = labels.unwrap_or_default();
    let mut query = vec![("limit", "1"), ("fieldSelector", fields.as_str())];
    query.extend((!labels.is_empty()).then_some(("labelSelector", labels.as_str())));
    let mut is_there = false;
    let mut take = |_: &[u8]| {
        is_there = true;
        // stops the list: one is enough
        Err(ReadError::Invalid {
            message: "more pods than are of interest".to_owned(),
        })
    };
    let path = path(Kind::Pod, scope.namespace.as_deref(), None);
    // where it cannot be read, none is known
    let _ = client
        .list(&path, &query, Accept::Metadata, &mut take)
        .await;
    is_there
}

/// Why there is no diagnosis of it, with what was probably meant.
pub(super) async fn absent(client: &Client, scope: &Scope, kind: Kind, name: &str) -> Failure {
    let namespace = scope.namespace.as_deref().filter(|_| kind.namespaced());
    let mut candidates = names::candidates(client, kind, namespace).await;
    if kind == Kind::Pod {
        let workloads = Kind::all().filter(|kind| kind.is_workload());
        let lists = workloads.map(|kind| names::candidates(client, kind, namespace));
        candidates.extend(join_all(lists).await.into_iter().flatten());
    }
    let place = namespace.map(|namespace| format!(" in namespace {namespace}"));
    let place = place.unwrap_or_default();
    let failure = Failure::new(not_found(scope.bare, kind, name, &place));
    if let Some(near) = meant(kind, name, &candidates) {
        return failure.hint(format!("did you mean {near}?"));
    }
    let plural = kind.plural();
    let of_kind = candidates.iter().filter(|one| one.kind == kind);
    let names: Vec<&str> = of_kind.map(|one| one.name.as_str()).collect();
    match (names.is_empty(), kind.namespaced()) {
        (true, true) => failure.hint(format!(
            "no {plural} can be seen{place}; -n names another namespace"
        )),
        (false, true) => failure.hint("another namespace is named with -n"),
        (_, false) => {
            let few = few(kind, &names);
            failure.hint(few.unwrap_or_else(|| format!("all of them: kubectl get {plural}")))
        }
    }
}

/// The names themselves, where they are few.
pub(super) fn few(kind: Kind, names: &[&str]) -> Option<String> {
    let plural = kind.plural();
    (1..=FEW)
        .contains(&names.len())
        .then(|| format!("{plural} are {}", names.join(", ")))
}

/// That it is not there, as it was typed.
pub(super) fn not_found(bare: bool, kind: Kind, name: &str, place: &str) -> String {
    if bare {
        return format!("no pod and no workload is named {name}{place}");
    }
    let what = kind.as_str().to_ascii_lowercase();
    format!("{what} {name} not found{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stuck_is_meant_before_what_is_healthy() {
        let one = |kind, name: &str, healthy| Candidate {
            healthy,
            kind,
            name: name.to_owned(),
        };
        let there = vec![
            one(Kind::Pod, "cart-797555f79b-klzzn", true),
            one(Kind::Pod, "cart-884947b4c-8pqts", false),
            one(Kind::Deployment, "cart", false),
            one(Kind::Deployment, "mailer", false),
            one(Kind::Pod, "job-a-x", true),
            one(Kind::Pod, "job-a-y", false),
        ];
        for (kind, wanted, expected) in [
            (Kind::Pod, "cart", Some("deploy/cart")),
            (Kind::Pod, "crat", Some("deploy/cart")),
            (
                Kind::Pod,
                "cart-884947b4c-8pqtz",
                Some("cart-884947b4c-8pqts"),
            ),
            (
                Kind::Pod,
                "cart-797555f79b-klzzm",
                Some("cart-797555f79b-klzzn"),
            ),
            (Kind::Deployment, "mialer", Some("mailer")),
            (Kind::Pod, "job-a", Some("job-a-y")),
            (Kind::Pod, "billing", None),
        ] {
            let found = meant(kind, wanted, &there);
            assert_eq!(found.as_deref(), expected, "{wanted}");
        }
    }
}
