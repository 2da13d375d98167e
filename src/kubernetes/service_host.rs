//! Which Services a host name in a pod may stand for.
//!
//! Here lives the form of the names. Whether such a Service is there is for others to say.
//!
//! Source: Kubernetes DNS-Based Service Discovery, 1.1.0: `<service>.<ns>.svc.<zone>`, `<pod>.<service>.<ns>.svc.<zone>`; the
//! search list that the kubelet writes lets a pod leave out the end (pkg/kubelet/network/dns/dns.go, 1.37).

/// A Service that may be meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceHost {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// It can be nothing else; other names may also be those of hosts outside.
    pub certain: bool,
}

/// The Services that a host name may stand for in a pod of this namespace, the likeliest first; none for an address.
pub fn services(host: &str, namespace: &str) -> Vec<ServiceHost> {
    if is_address(host) || host == "localhost" {
        return Vec::new();
    }
    let service = |name: &str, namespace: &str, certain| ServiceHost {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        certain,
    };
    let parts: Vec<&str> = host.split('.').collect();
    match parts.as_slice() {
        [name] => vec![service(name, namespace, true)],
        [name, other, "svc", ..] => vec![service(name, other, true)],
        [_, name, other, "svc", ..] => vec![service(name, other, true)],
        [first, second] => vec![
            service(first, second, false),
            service(second, namespace, false),
        ],
        [_, name, other] => vec![service(name, other, false)],
        _ => Vec::new(),
    }
}

/// Whether it is an address and no name.
pub fn is_address(host: &str) -> bool {
    let is_v4 = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_v6 = host.contains(':')
        && host
            .chars()
            .all(|c| c.is_ascii_hexdigit() || ".:".contains(c));
    is_v4 || is_v6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_leave_out_their_end() {
        let found = |host: &str| -> Vec<String> {
            let all = services(host, "shop").into_iter();
            all.map(|one| {
                format!(
                    "{}/{}{}",
                    one.namespace,
                    one.name,
                    if one.certain { "" } else { "?" }
                )
            })
            .collect()
        };
        for (host, expected) in [
            ("db", &["shop/db"][..]),
            ("db.data", &["data/db?", "shop/data?"]),
            ("db.data.svc", &["data/db"]),
            ("db.data.svc.cluster.local", &["data/db"]),
            ("db-0.db.data.svc.cluster.local", &["data/db"]),
            ("db-0.db.data", &["data/db?"]),
            ("db.example.com", &["com/example?"]),
            ("a.b.c.example.com", &[]),
            ("10.0.0.1", &[]),
            ("localhost", &[]),
        ] {
            assert_eq!(found(host), expected, "{host}");
        }
    }
}
