//! Who put a finalizer there.

/// The domains of finalizers, each once: that of a controller is its own.
pub(super) fn domains<'f>(finalizers: impl IntoIterator<Item = &'f str>) -> Vec<String> {
    let mut domains = Vec::new();
    for finalizer in finalizers {
        let domain = finalizer.split('/').next().unwrap_or(finalizer).to_owned();
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    domains
}
