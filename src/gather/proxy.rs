//! Which proxy a request to the cluster goes through: Go's rules, because kubectl follows them.
//!
//! Here lives the decision only; the connecting is kube's. kube's own reading of the variables is not used: it matches
//! `NO_PROXY` against the proxy instead of the cluster, fails on an empty item, and sends loopback to the proxy
//! (kube-client 5.0.0, `config/file_loader.rs` and `config/no_proxy.rs`).
//!
//! Source of the rules: golang.org/x/net/http/httpproxy `proxy.go`, as vendored in Go 1.26, which client-go uses through
//! `http.ProxyFromEnvironment`.

use std::net::IpAddr;

use http::Uri;

/// The proxy variables, as they stood when the process started. An empty variable counts as unset.
#[derive(Clone, Default)]
pub struct ProxyVariables {
    /// `HTTP_PROXY`, or else `http_proxy`: for `http://` servers.
    pub http: Option<String>,
    /// `HTTPS_PROXY`, or else `https_proxy`: for `https://` servers.
    pub https: Option<String>,
    /// `NO_PROXY`, or else `no_proxy`: the hosts that are asked directly.
    pub except: Option<String>,
}

/// The proxy address that the variables give for this server, or `None` to connect directly.
///
/// `proxy-url` of a kubeconfig is not asked here: it wins over the variables, for loopback too.
pub fn from_variables(server: &Uri, variables: &ProxyVariables) -> Option<String> {
    let (proxy, default_port) = match server.scheme_str() {
        Some("https") => (variables.https.as_deref(), 443),
        Some("http") => (variables.http.as_deref(), 80),
        _ => return None,
    };
    let proxy = proxy.filter(|proxy| !proxy.is_empty())?;
    let target = Target::new(server.host()?, server.port_u16().unwrap_or(default_port));
    let except = variables.except.as_deref().unwrap_or_default();
    (!target.is_loopback() && !target.is_excepted(except)).then(|| proxy.to_owned())
}

/// Reads a proxy address as Go does: a bare `host:port` is an HTTP proxy.
///
/// `socks5h` names what Go's `socks5` does anyway (the proxy resolves the name), and kube knows only the latter.
pub fn parse(proxy: &str) -> Option<Uri> {
    let with_scheme = match proxy.split_once("://") {
        Some(("socks5h", rest)) => format!("socks5://{rest}"),
        Some(_) => proxy.to_owned(),
        None => format!("http://{proxy}"),
    };
    let uri: Uri = with_scheme.parse().ok()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https" | "socks5"));
    (known && uri.host().is_some()).then_some(uri)
}

/// The host and port that a request goes to.
struct Target {
    host: String,
    address: Option<IpAddr>,
    port: u16,
}

impl Target {
    fn new(host: &str, port: u16) -> Self {
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_ascii_lowercase();
        let address = host
            .parse::<IpAddr>()
            .ok()
            .map(|address| address.to_canonical());
        Self {
            host,
            address,
            port,
        }
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.address.is_some_and(|address| address.is_loopback())
    }

    fn is_excepted(&self, except: &str) -> bool {
        except
            .split(',')
            .map(|item| item.trim().to_ascii_lowercase())
            .filter(|item| !item.is_empty())
            .any(|item| item == "*" || self.matches(&item))
    }

    fn matches(&self, item: &str) -> bool {
        if let Some((network, prefix)) = parse_cidr(item) {
            return self
                .address
                .is_some_and(|address| contains(network, prefix, address));
        }
        let (host, port) = split_port(item);
        if host.is_empty() || port.is_some_and(|port| port != self.port.to_string()) {
            return false;
        }
        match (host.parse::<IpAddr>(), self.address) {
            (Ok(listed), Some(address)) => listed.to_canonical() == address,
            // Go never matches a name against an address, nor the other way round
            (Ok(_), None) | (Err(_), Some(_)) => false,
            (Err(_), None) => self.is_in_domain(host),
        }
    }

    /// `example.com` takes the host itself and all below it; `.example.com` and `*.example.com` only those below.
    fn is_in_domain(&self, domain: &str) -> bool {
        let domain = domain
            .strip_prefix('*')
            .filter(|rest| rest.starts_with('.'))
            .unwrap_or(domain);
        match domain.strip_prefix('.') {
            Some(_) => self.host.ends_with(domain),
            None => self
                .host
                .strip_suffix(domain)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        }
    }
}

/// `host:port` and `[v6]:port`; anything with more colons is an address without a port.
fn split_port(item: &str) -> (&str, Option<&str>) {
    match item.rsplit_once(':') {
        Some((host, port)) if host.starts_with('[') && host.ends_with(']') => (
            host.trim_start_matches('[').trim_end_matches(']'),
            Some(port).filter(|port| !port.is_empty()),
        ),
        Some((host, port)) if !host.contains(':') => {
            (host, Some(port).filter(|port| !port.is_empty()))
        }
        _ => (item, None),
    }
}

fn parse_cidr(item: &str) -> Option<(IpAddr, u32)> {
    let (network, prefix) = item.split_once('/')?;
    let network: IpAddr = network.parse().ok()?;
    let prefix: u32 = prefix.parse().ok()?;
    let bits = if network.is_ipv4() { 32 } else { 128 };
    (prefix <= bits).then_some((network, prefix))
}

fn contains(network: IpAddr, prefix: u32, address: IpAddr) -> bool {
    let same = |network: u128, address: u128, bits: u32| {
        // a shift by the whole width is an overflow in Rust and an equality in arithmetic: /0 holds everything
        (network ^ address).checked_shr(bits - prefix).unwrap_or(0) == 0
    };
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            same(network.to_bits().into(), address.to_bits().into(), 32)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            same(network.to_bits(), address.to_bits(), 128)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
