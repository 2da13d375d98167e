//! Who wrote an event: [`short`] is the component without which of its pods it was.
//!
//! Sources: `sig-storage-lib-external-provisioner/controller/controller.go` (provisioner, host and UUID, with `_`
//! between); client-go `rand.SafeEncodeString` (the letters of generated names).

/// The letters of which Kubernetes makes the ends of names.
const SAFE: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The component's own name.
pub fn short(component: &str) -> &str {
    let name = match component.split_once('_') {
        Some((name, instance)) if name.contains(['.', '/']) || ends_in_uuid(instance) => name,
        _ => component,
    };
    match without_pod(name).unwrap_or(name) {
        "" => component,
        name => name,
    }
}

fn ends_in_uuid(text: &str) -> bool {
    let uuid = text.rsplit('_').next().unwrap_or_default();
    uuid.len() == 36 && uuid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// The Deployment's name in that of its pod: without the hash of the template and the pod's own letters.
fn without_pod(name: &str) -> Option<&str> {
    let (rest, own) = name.rsplit_once('-')?;
    let (deployment, hash) = rest.rsplit_once('-')?;
    let is_safe = |text: &str| text.chars().all(|c| SAFE.contains(c));
    (own.len() == 5 && (8..=10).contains(&hash.len()) && is_safe(own) && is_safe(hash))
        .then_some(deployment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_pod_it_was_goes() {
        for (component, expected) in [
            ("kubelet", "kubelet"),
            ("", ""),
            ("persistentvolume-controller", "persistentvolume-controller"),
            ("my_controller", "my_controller"),
            (
                "disk.example.com_csi-controller-7d9c5bf6d8-x2k4q_1b4e28ba-2fa1-11d2-883f-0016d3cca427",
                "disk.example.com",
            ),
            ("disk.example.com_csi-controller-1_x", "disk.example.com"),
            ("example.com/nfs_nfs-0_x", "example.com/nfs"),
            ("nfs_1b4e28ba-2fa1-11d2-883f-0016d3cca427", "nfs"),
            (
                "external-resizer disk.example.com",
                "external-resizer disk.example.com",
            ),
            ("karpenter-7d9c5bf6d8-x2k4q", "karpenter"),
            (
                "_x_1b4e28ba-2fa1-11d2-883f-0016d3cca427",
                "_x_1b4e28ba-2fa1-11d2-883f-0016d3cca427",
            ),
        ] {
            assert_eq!(short(component), expected);
        }
    }
}
