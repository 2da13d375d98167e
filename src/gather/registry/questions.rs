//! Which images are asked for: those of the scope's pods that wait for one, each once, with the Secrets that those pods name.

use crate::kubernetes::image_reference::ImageReference;
use crate::messages::pull;
use crate::snapshot::{ContainerView, PodView, Store};
use crate::triage::scope::Scope;
use std::collections::{BTreeMap, BTreeSet};

/// One image.
pub(in crate::gather) struct Wanted {
    pub(super) image: ImageReference,
    /// Namespace and name.
    pub(in crate::gather) secrets: BTreeSet<(String, String)>,
}

/// The waiting reasons of a container whose image was asked for in vain.
const REASONS: [&str; 3] = ["ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"];

/// The images by their complete names.
pub(in crate::gather) fn wanted(store: &Store, scope: &Scope) -> BTreeMap<String, Wanted> {
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for pod in store.whole_pods().filter(|pod| is_meant(pod, store, scope)) {
        let secrets = secrets(pod, store);
        for image in pod
            .containers()
            .filter(|one| waits(pod, one, store))
            .flat_map(|one| images(pod, &one))
        {
            let Ok(image) = ImageReference::parse(&image).map(ImageReference::complete) else {
                continue;
            };
            let entry = wanted.entry(image.to_string()).or_insert_with(|| Wanted {
                image,
                secrets: BTreeSet::new(),
            });
            entry.secrets.extend(secrets.iter().cloned());
        }
    }
    wanted
}

fn is_meant(pod: &PodView, store: &Store, scope: &Scope) -> bool {
    let has_ended = matches!(pod.phase(), "Failed" | "Succeeded");
    !has_ended && !pod.is_terminating() && scope.covers(&pod.identity(), store)
}

fn waits(pod: &PodView, container: &ContainerView<'_>, store: &Store) -> bool {
    let Some(waiting) = container.waiting() else {
        return false;
    };
    let message = waiting.message.as_deref().unwrap_or_default();
    let is_told = || {
        let events = store.events_of(&pod.object(), pod.uid()).yes();
        let mut events = events.into_iter().flatten();
        events.any(|event| event.reason == "Failed" && pull::is_of_pull(&event.message))
    };
    let reason = container.waiting_reason();
    REASONS.contains(&reason)
        || pull::is_of_pull(reason)
        || pull::is_of_pull(message)
        || (reason == "ContainerCreating" && is_told())
}

/// The container's own, and those of the pod's image volumes that the message names.
fn images(pod: &PodView, container: &ContainerView<'_>) -> Vec<String> {
    let message = container
        .waiting()
        .and_then(|waiting| waiting.message.as_deref());
    let volumes = pod.spec().volumes.iter().flatten();
    let volumes = volumes.filter_map(|volume| volume.image.as_ref()?.reference.as_deref());
    let named = volumes.filter(|image| message.is_some_and(|message| message.contains(*image)));
    let own = [container.image()].into_iter();
    own.chain(named).map(str::to_owned).collect()
}

/// The pod's own, else those that its ServiceAccount names for pods to come.
fn secrets(pod: &PodView, store: &Store) -> BTreeSet<(String, String)> {
    let spec = pod.spec();
    let own = spec.image_pull_secrets.iter().flatten();
    let own = own.map(|own| own.name.as_str());
    let account = spec.service_account_name.as_deref().unwrap_or("default");
    let account = store.service_accounts().get(pod.namespace(), account).yes();
    let of_account = account.and_then(|account| account.image_pull_secrets.as_deref());
    let of_account = of_account.unwrap_or_default().iter();
    let of_account = of_account.filter_map(|named| named.name.as_deref());
    let own: Vec<&str> = own.filter(|name| !name.is_empty()).collect();
    let names: Vec<&str> = if own.is_empty() {
        of_account.collect()
    } else {
        own
    };
    let namespace = pod.namespace();
    let keys = names
        .into_iter()
        .map(|name| (namespace.to_owned(), name.to_owned()));
    keys.collect()
}
