//! That a name does not resolve, as programs say it in their last words: [`read`].
//!
//! Sources: Go `net/dnsclient_unix.go` (1.24), Node.js `dns`, libpq `fe-connect.c`, the JDK's `InetAddress`, curl, urllib3,
//! redis-py, libmysqlclient `errmsg.cc`, nginx `ngx_inet.c`, BusyBox, PHP and glibc `gai_strerror.c`.

use super::form::{Captures, Pattern, anywhere};

/// A name that does not resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The name, where it is said.
    pub host: Option<String>,
    /// What came back.
    pub answer: Answer,
}

/// What a program tells of the answer to its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// There is no such name.
    NoSuchName,
    /// Nobody answered, or nobody who knows.
    None,
    /// It does not say which.
    Untold,
}

/// What the text says of a name that does not resolve.
pub fn read(text: &str) -> Option<Unresolved> {
    anywhere(FORMS, text)
}

const FORMS: &[Pattern<Unresolved>] = &[
    ("lookup {} on {}: no such host", absent),
    ("lookup {}: no such host", absent),
    ("lookup {} on {*}: i/o timeout", unanswered),
    ("lookup {} on {}: server misbehaving", unanswered),
    // up to Go 1.9, or where no server was reached
    ("lookup {*}: i/o timeout", unanswered),
    ("lookup {}: server misbehaving", unanswered),
    (
        "lookup {}: Temporary failure in name resolution",
        unanswered,
    ),
    ("getaddrinfo ENOTFOUND {}", absent),
    ("getaddrinfo EAI_AGAIN {}", unanswered),
    (
        "could not translate host name \"{}\" to address: Temporary failure",
        unanswered,
    ),
    ("could not translate host name \"{}\" to address", absent),
    ("UnknownHostException: {}: Temporary failure", unanswered),
    ("UnknownHostException: {}", absent),
    ("Could not resolve host: {}", untold),
    ("Failed to resolve '{}' ([Errno -3]", unanswered),
    ("Failed to resolve '{}'", absent),
    ("Unknown MySQL server host '{}' (-3)", unanswered),
    ("Unknown MySQL server host '{}'", absent),
    ("host not found in upstream \"{}\"", untold),
    ("Error -3 connecting to {}. Temporary failure", unanswered),
    ("Error -2 connecting to {}. Name or service", absent),
    ("getaddrinfo for {} failed: Temporary failure", unanswered),
    ("getaddrinfo for {} failed", absent),
    ("bad address '{}'", untold),
    ("Temporary failure in name resolution", |_| Unresolved {
        host: None,
        answer: Answer::None,
    }),
];

fn absent(captures: &Captures<'_>) -> Unresolved {
    Unresolved {
        host: host(captures.get(0)),
        answer: Answer::NoSuchName,
    }
}

fn unanswered(captures: &Captures<'_>) -> Unresolved {
    Unresolved {
        answer: Answer::None,
        ..absent(captures)
    }
}

fn untold(captures: &Captures<'_>) -> Unresolved {
    Unresolved {
        answer: Answer::Untold,
        ..absent(captures)
    }
}

/// Without a port, and without what a sentence puts around it.
fn host(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let name = word.split(':').next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let is_host = !name.is_empty() && name.chars().all(is_name);
    is_host.then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_say_it_in_many_ways() {
        for (text, host, answer) in [
            (
                "dial tcp: lookup db on 10.96.0.10:53: no such host",
                Some("db"),
                Answer::NoSuchName,
            ),
            (
                "dial tcp: lookup db.shop.svc: no such host",
                Some("db.shop.svc"),
                Answer::NoSuchName,
            ),
            (
                "lookup db on 10.96.0.10:53: read udp 10.1.0.7:4210->10.96.0.10:53: i/o timeout",
                Some("db"),
                Answer::None,
            ),
            (
                "lookup db on 10.96.0.10:53: server misbehaving",
                Some("db"),
                Answer::None,
            ),
            (
                "dial tcp: lookup kubernetes.default.svc : i/o timeout",
                Some("kubernetes.default.svc"),
                Answer::None,
            ),
            (
                "Error: getaddrinfo ENOTFOUND redis-master",
                Some("redis-master"),
                Answer::NoSuchName,
            ),
            (
                "Error: getaddrinfo EAI_AGAIN db\n    at GetAddrInfo",
                Some("db"),
                Answer::None,
            ),
            (
                "psql: error: could not translate host name \"pg\" to address: Name or service not known",
                Some("pg"),
                Answer::NoSuchName,
            ),
            (
                "could not translate host name \"pg\" to address: Temporary failure in name resolution",
                Some("pg"),
                Answer::None,
            ),
            (
                "Caused by: java.net.UnknownHostException: kafka-0.kafka",
                Some("kafka-0.kafka"),
                Answer::NoSuchName,
            ),
            (
                "java.net.UnknownHostException: kafka: Name or service not known",
                Some("kafka"),
                Answer::NoSuchName,
            ),
            (
                "curl: (6) Could not resolve host: api.example.com",
                Some("api.example.com"),
                Answer::Untold,
            ),
            (
                "NameResolutionError: Failed to resolve 'vault' ([Errno -2] Name or service not known)",
                Some("vault"),
                Answer::NoSuchName,
            ),
            (
                "Error -3 connecting to redis:6379. Temporary failure in name resolution.",
                Some("redis"),
                Answer::None,
            ),
            (
                "nginx: [emerg] host not found in upstream \"web:8080\" in /etc/nginx/nginx.conf:9",
                Some("web"),
                Answer::Untold,
            ),
            (
                "Unknown MySQL server host 'mysql' (-2)",
                Some("mysql"),
                Answer::NoSuchName,
            ),
            ("nc: bad address 'db'", Some("db"), Answer::Untold),
            (
                "socket.gaierror: [Errno -3] Temporary failure in name resolution",
                None,
                Answer::None,
            ),
        ] {
            let expected = Unresolved {
                host: host.map(str::to_owned),
                answer,
            };
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for text in [
            "connection refused",
            "lookup table is empty",
            "no such file",
            "",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
