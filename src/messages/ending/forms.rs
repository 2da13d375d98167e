//! The forms of last words, and what each means.
//!
//! Sources: Go `net/dial.go`, `os/error.go`, `syscall/zerrors_linux.go`; Node.js `lib/internal/errors.js` and
//! `modules/cjs/loader.js`; CPython `Objects/exceptions.c` and `importlib/_bootstrap.py`; libpq `fe-connect.c` and the server's
//! `auth.c`; MySQL `errmsg-utf8.txt`; the JDK's `ConnectException`, `OutOfMemoryError` and `launcher.properties`; nginx
//! `ngx_connection.c`; redis-py; urllib3; glibc `errlist`; PHP `main.c`; Ruby `error.c`.

use super::{Ending, Runtime};
use crate::messages::form::{Captures, Pattern};

pub(super) const FORMS: &[Pattern<Ending>] = &[
    // who listens
    ("address already in use :::{}", in_use),
    ("listen tcp {}: bind: address already in use", in_use),
    ("listen tcp4 {}: bind: address already in use", in_use),
    ("EADDRINUSE{*}:{}", |found| in_use_at(found.last())),
    ("bind() to {} failed (98:", in_use),
    (
        "error while attempting to bind on address ({*}, {})",
        |found| in_use_at(found.last()),
    ),
    ("could not bind IPv4 address \"{}\": Address", |_| {
        Ending::AddressInUse { port: None }
    }),
    ("Port {} was already in use", in_use),
    ("Port {} is already in use", in_use),
    ("Port {} is in use", in_use),
    ("Address already in use", |_| Ending::AddressInUse {
        port: None,
    }),
    // who does not
    ("dial tcp {}: connect: connection refused", at_address),
    ("connect ECONNREFUSED {}", at_address),
    (
        "connection to server at \"{}\" {*}, port {} failed: Connection refused",
        |found| refused(Some(found.get(0)), found.last()),
    ),
    (
        "connection to server at \"{}\", port {} failed: Connection refused",
        |found| refused(Some(found.get(0)), found.last()),
    ),
    (
        "could not connect to server: Connection refused{*}on host \"{}\"{*}port {}",
        |found| refused(Some(found.get(1)), found.last()),
    ),
    ("Can't connect to MySQL server on '{}' (111)", at_address),
    ("Can't connect to MySQL server on '{}:{}' (111)", |found| {
        refused(Some(found.get(0)), found.get(1))
    }),
    (
        "Can't connect to MySQL server on '{}' ([Errno 111]",
        at_address,
    ),
    ("Error 111 connecting to {}. Connection refused", at_address),
    (
        "HTTPConnectionPool(host='{}', port={}): {*}Connection refused",
        |found| refused(Some(found.get(0)), found.get(1)),
    ),
    (
        "HTTPSConnectionPool(host='{}', port={}): {*}Connection refused",
        |found| refused(Some(found.get(0)), found.get(1)),
    ),
    (
        "Failed to connect to {} port {} after {*}: Could",
        |found| refused(Some(found.get(0)), found.get(1)),
    ),
    (
        "Failed to connect to {} port {}: Connection refused",
        |found| refused(Some(found.get(0)), found.get(1)),
    ),
    ("Connection to {} refused", at_address),
    ("connect to {} [{}] failed: Connection refused", at_address),
    ("Connection refused: {}", at_address),
    ("Connection refused: no further information: {}", at_address),
    ("{}: Connection refused", at_address),
    ("Connection refused", |_| refused(None, "")),
    // whom nothing leads to: a Service without endpoints answers so where Cilium or IPVS stands for it
    ("connect EHOSTUNREACH {}", at_address),
    ("connect ETIMEDOUT {}", at_address),
    ("dial tcp {}: connect: no route to host", at_address),
    ("dial tcp {}: i/o timeout", at_address),
    ("dial tcp {}: connect: connection timed out", at_address),
    (
        "connection to server at \"{}\" {*}, port {} failed: No route to host",
        |found| refused(Some(found.get(0)), found.last()),
    ),
    (
        "Failed to connect to {} port {}: No route to host",
        |found| refused(Some(found.get(0)), found.get(1)),
    ),
    ("No route to host: {}", at_address),
    ("{}: No route to host", at_address),
    // who may not enter
    ("password authentication failed for user \"{}\"", login),
    ("Access denied for user '{}'", login),
    ("WRONGPASS invalid username-password pair", |_| {
        Ending::LoginRefused { user: None }
    }),
    ("NOAUTH Authentication required", |_| Ending::LoginRefused {
        user: None,
    }),
    ("Login failed for user '{}'", login),
    ("Authentication failed.", |_| Ending::LoginRefused {
        user: None,
    }),
    // memory
    ("JavaScript heap out of memory", |_| Ending::HeapFull {
        runtime: Runtime::Node,
    }),
    ("java.lang.OutOfMemoryError: Java heap space", |_| {
        Ending::HeapFull {
            runtime: Runtime::Java,
        }
    }),
    ("java.lang.OutOfMemoryError: GC overhead", |_| {
        Ending::HeapFull {
            runtime: Runtime::Java,
        }
    }),
    ("java.lang.OutOfMemoryError: Metaspace", |_| {
        Ending::HeapFull {
            runtime: Runtime::Java,
        }
    }),
    // code
    ("ModuleNotFoundError: No module named '{}'", module),
    ("ImportError: No module named {}", module),
    ("Cannot find module '{}'", module),
    ("Cannot find package '{}'", module),
    ("Could not find or load main class {}", module),
    ("java.lang.ClassNotFoundException: {}", module),
    ("java.lang.NoClassDefFoundError: {}", module),
    ("Unable to access jarfile {}", module),
    ("can't open file '{}': [Errno 2]", module),
    ("error while loading shared libraries: {}:", module),
    ("Error loading shared library {}:", module),
    ("Error: {}: invalid ELF header", foreign),
    ("{}: invalid ELF header", foreign),
    ("{}: wrong ELF class: {}", foreign),
    ("cannot load such file -- {}", module),
    ("Could not open input file: {}", module),
    // files
    ("no space left on device, {} '{}'", |found| {
        no_space(found.last())
    }),
    ("{} {}: no space left on device", |found| {
        no_space(found.last())
    }),
    ("[Errno 28] No space left on device: '{}'", |found| {
        no_space(found.get(0))
    }),
    ("No space left on device", |_| no_space("")),
    ("EROFS: read-only file system, {} '{}'", |found| {
        read_only(found.last())
    }),
    ("[Errno 30] Read-only file system: '{}'", |found| {
        read_only(found.get(0))
    }),
    ("open {}: read-only file system", |found| {
        read_only(found.get(0))
    }),
    ("mkdir {}: read-only file system", |found| {
        read_only(found.get(0))
    }),
    ("{}: Read-only file system", |found| read_only(found.get(0))),
    ("\"{}\" failed (30: Read-only file system)", |found| {
        read_only(found.get(0))
    }),
    ("EACCES: permission denied, {} '{}'", |found| {
        denied(found.last())
    }),
    ("[Errno 13] Permission denied: '{}'", |found| {
        denied(found.get(0))
    }),
    ("open {}: permission denied", |found| denied(found.get(0))),
    ("mkdir {}: permission denied", |found| denied(found.get(0))),
    ("\"{}\" failed (13: Permission denied)", |found| {
        denied(found.get(0))
    }),
    ("AccessDeniedException: {}", |found| denied(found.get(0))),
    (
        "could not create directory \"{}\": Permission denied",
        |found| denied(found.get(0)),
    ),
    ("cannot create directory '{}': Permission denied", |found| {
        denied(found.get(0))
    }),
    (
        "cannot create directory ‘{}’: Permission denied",
        |found| denied(found.get(0)),
    ),
    ("listen tcp {}: bind: permission denied", |found| {
        denied(found.get(0))
    }),
    ("ENOENT: no such file or directory, {} '{}'", |found| {
        file(found.last())
    }),
    ("[Errno 2] No such file or directory: '{}'", |found| {
        file(found.get(0))
    }),
    ("open {}: no such file or directory", |found| {
        file(found.get(0))
    }),
    ("stat {}: no such file or directory", |found| {
        file(found.get(0))
    }),
    ("open() \"{}\" failed (2: No such file", |found| {
        file(found.get(0))
    }),
    ("BIO_new_file(\"{}\") failed", |found| file(found.get(0))),
    ("java.io.FileNotFoundException: {} (No such file", |found| {
        file(found.get(0))
    }),
    ("NoSuchFileException: {}", |found| file(found.get(0))),
    ("No such file or directory @ rb_sysopen - {}", |found| {
        file(found.get(0))
    }),
    ("can't open '{}': No such file", |found| file(found.get(0))),
    ("cannot open '{}': No such file", |found| file(found.get(0))),
    ("cat: {}: No such file or directory", |found| {
        file(found.get(0))
    }),
];

fn own(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| "\"'`‘’()[],;".contains(c));
    (!word.is_empty()).then(|| word.to_owned())
}

fn port(text: &str) -> Option<u16> {
    text.trim_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .ok()
}

fn refused(host: Option<&str>, at: &str) -> Ending {
    Ending::Refused {
        host: host.and_then(own),
        port: port(at),
    }
}

/// `db:5432`, `10.96.0.12:5432`, `db.shop/10.96.0.12:5432`, `http://db:80/path`, or a name alone.
fn at_address(found: &Captures<'_>) -> Ending {
    let word = found.get(0);
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let word = match word.split_once('/') {
        Some((name, address)) if address.contains(':') && !name.contains(':') => {
            let port = address.rsplit_once(':').map_or("", |(_, port)| port);
            return refused(Some(name).filter(|name| !name.is_empty()), port);
        }
        Some((address, _)) => address,
        None => word,
    };
    match word.rsplit_once(':') {
        Some((host, at)) if port(at).is_some() => refused(Some(host), at),
        _ => refused(Some(word).filter(|word| is_host(word)), ""),
    }
}

/// Whether a word can be a host, and not the end of a sentence or the name of an exception.
fn is_host(word: &str) -> bool {
    word.contains(['.', '-'])
        && word
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c))
}

fn in_use(found: &Captures<'_>) -> Ending {
    in_use_at(found.get(0))
}

fn in_use_at(address: &str) -> Ending {
    Ending::AddressInUse {
        port: port(address.rsplit(':').next().unwrap_or_default()),
    }
}

fn login(found: &Captures<'_>) -> Ending {
    Ending::LoginRefused {
        user: own(found.get(0)),
    }
}

fn module(found: &Captures<'_>) -> Ending {
    Ending::ModuleMissing {
        name: own(found.get(0)).unwrap_or_default(),
    }
}

fn foreign(found: &Captures<'_>) -> Ending {
    Ending::ModuleForeign {
        name: own(found.get(0)).unwrap_or_default(),
    }
}

fn no_space(path: &str) -> Ending {
    Ending::NoSpace {
        path: own(path).filter(|path| path.starts_with('/')),
    }
}

fn read_only(path: &str) -> Ending {
    Ending::ReadOnly {
        path: own(path).filter(|path| path.starts_with('/')),
    }
}

fn denied(path: &str) -> Ending {
    Ending::Denied {
        path: own(path).unwrap_or_default(),
    }
}

fn file(path: &str) -> Ending {
    Ending::FileMissing {
        path: own(path).unwrap_or_default(),
    }
}
