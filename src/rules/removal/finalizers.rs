//! Who put a finalizer there.

/// What the garbage collector takes away by itself once what the object owns is gone, or is nobody's (apimachinery
/// `meta/v1/types.go`, FinalizerDeleteDependents and FinalizerOrphanDependents).
const OF_DEPENDENTS: [&str; 2] = ["foregroundDeletion", "orphan"];

/// Those of the garbage collector, each once.
pub(super) fn of_dependents<'f>(
    finalizers: impl IntoIterator<Item = &'f str>,
) -> Option<Vec<String>> {
    let finalizers: Vec<&str> = finalizers.into_iter().collect();
    let own = OF_DEPENDENTS.iter().filter(|one| finalizers.contains(one));
    let own: Vec<String> = own.map(|one| (*one).to_owned()).collect();
    (!own.is_empty()).then_some(own)
}

/// The domains of the others, each once: that of a controller is its own.
pub(super) fn domains<'f>(finalizers: impl IntoIterator<Item = &'f str>) -> Vec<String> {
    let mut domains = Vec::new();
    let others = finalizers.into_iter();
    for finalizer in others.filter(|one| !OF_DEPENDENTS.contains(one)) {
        let domain = finalizer.split('/').next().unwrap_or(finalizer).to_owned();
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    domains
}
