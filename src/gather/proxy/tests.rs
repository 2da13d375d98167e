//! One row a rule of Go's `httpproxy`.

use super::*;

fn proxied(server: &str, except: &str) -> bool {
    let variables = ProxyVariables {
        http: Some("plain.example:3128".to_owned()),
        https: Some("tls.example:3128".to_owned()),
        except: Some(except.to_owned()),
    };
    from_variables(&server.parse().unwrap(), &variables).is_some()
}

#[test]
fn the_scheme_of_the_server_chooses_the_variable() {
    let variables = ProxyVariables {
        http: Some("h:1".to_owned()),
        https: Some("s:2".to_owned()),
        except: None,
    };
    let proxy_of = |server: &str| from_variables(&server.parse().unwrap(), &variables);
    assert_eq!(proxy_of("http://api.corp.example").as_deref(), Some("h:1"));
    assert_eq!(proxy_of("https://api.corp.example").as_deref(), Some("s:2"));

    let only_http = ProxyVariables {
        http: Some("h:1".to_owned()),
        ..ProxyVariables::default()
    };
    assert_eq!(
        from_variables(&"https://api.corp.example".parse().unwrap(), &only_http),
        None
    );
}

#[test]
fn loopback_is_never_proxied() {
    for server in [
        "https://localhost:6443",
        "https://127.0.0.1:6443",
        "https://127.8.9.10",
        "https://[::1]:6443",
    ] {
        assert!(!proxied(server, ""), "{server}");
    }
    assert!(proxied("https://localhost.corp.example", ""));
    assert!(proxied("https://10.0.0.1:6443", ""));
}

#[test]
fn no_proxy_is_matched_against_the_cluster() {
    // (server, NO_PROXY, goes through the proxy)
    let table = [
        ("https://api.corp.example", "", true),
        ("https://api.corp.example", "api.corp.example", false),
        ("https://API.corp.example", "api.CORP.example", false),
        ("https://api.corp.example", "corp.example", false),
        ("https://corp.example", "corp.example", false),
        ("https://mycorp.example", "corp.example", true),
        ("https://api.corp.example", ".corp.example", false),
        ("https://corp.example", ".corp.example", true),
        ("https://api.corp.example", "*.corp.example", false),
        ("https://corp.example", "*.corp.example", true),
        ("https://api.corp.example", "*", false),
        ("https://10.1.2.3:6443", "*", false),
        ("https://api.corp.example:6443", "corp.example:6443", false),
        ("https://api.corp.example:6443", "corp.example:443", true),
        ("https://api.corp.example", "corp.example:443", false),
        ("http://api.corp.example", "corp.example:80", false),
        ("https://10.1.2.3:6443", "10.0.0.0/8", false),
        ("https://11.1.2.3:6443", "10.0.0.0/8", true),
        ("https://11.1.2.3:6443", "0.0.0.0/0", false),
        ("https://10.1.2.3:6443", "10.1.2.3/32", false),
        ("https://10.1.2.4:6443", "10.1.2.3/32", true),
        ("https://10.1.2.3:6443", "10.0.0.0/33", true),
        ("https://10.1.2.3:6443", "10.1.2.3", false),
        ("https://10.1.2.3:6443", "10.1.2.3:6443", false),
        ("https://10.1.2.3:6443", "10.1.2.3:443", true),
        ("https://10.1.2.3:6443", "2.3", true),
        ("https://[fd00::1]:6443", "fd00::/8", false),
        ("https://[fd00::1]:6443", "::/0", false),
        ("https://[fd00::1]:6443", "fd00::1", false),
        ("https://[fd00::1]:6443", "[fd00::1]:6443", false),
        ("https://[fd00::1]:6443", "[fd00::1]:443", true),
        ("https://[fd00::1]:6443", "10.0.0.0/8", true),
        // empty items, spaces and a trailing comma are all tolerated
        ("https://api.corp.example", "localhost,127.0.0.1,", true),
        ("https://api.corp.example", ",, corp.example ,", false),
        ("https://api.corp.example", ":443", true),
    ];
    for (server, except, expected) in table {
        assert_eq!(
            proxied(server, except),
            expected,
            "{server} with NO_PROXY={except}"
        );
    }
}

#[test]
fn a_bare_address_is_an_http_proxy() {
    let shown = |proxy: &str| parse(proxy).map(|uri| uri.to_string());
    assert_eq!(
        shown("proxy.example:3128").as_deref(),
        Some("http://proxy.example:3128/")
    );
    assert_eq!(
        shown("https://proxy.example").as_deref(),
        Some("https://proxy.example/")
    );
    assert_eq!(
        shown("socks5h://proxy.example:1080").as_deref(),
        Some("socks5://proxy.example:1080/")
    );
    assert_eq!(shown("ftp://proxy.example"), None);
    assert_eq!(shown("http://"), None);
}
