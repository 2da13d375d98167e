//! A small API server on loopback, for tests: it answers what a test tells it to, faults included, and remembers what
//! it was asked.
//!
//! Here lives the speaking of HTTP and the imitation of an API server's forms (`Status`, lists in pages). What the
//! answers say is for each test. A thread serves each connection; nothing is shared between two servers.
//! The keys in `tls/` protect nothing but these tests.

#![allow(dead_code, reason = "each test file uses its own part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

pub(crate) mod protobuf;
mod response;
mod tls;
mod wanted;

pub(crate) use response::Response;
pub(crate) use wanted::Wanted;

/// What one request asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// As sent, percent-encoded.
    pub(crate) query: String,
    /// By name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A value of the query, as sent.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// Answers the requests that are its own.
type Route = Box<dyn FnMut(&Asked) -> Option<Response> + Send>;

#[derive(Default)]
struct Shared {
    routes: Mutex<Vec<Route>>,
    asked: Mutex<Vec<Asked>>,
    stop: AtomicBool,
}

/// A running server. It stops when it is dropped.
pub(crate) struct ApiServer {
    address: SocketAddr,
    tls: bool,
    shared: Arc<Shared>,
    folder: TempDir,
}

impl ApiServer {
    /// Over plain HTTP, which gets no credentials.
    pub(crate) fn start() -> Self {
        Self::serve(false)
    }

    /// Over TLS, with a certificate for `127.0.0.1` and `api.test`.
    pub(crate) fn start_tls() -> Self {
        Self::serve(true)
    }

    fn serve(tls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let acceptor = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if acceptor.stop.load(Ordering::Relaxed) {
                    break;
                }
                let shared = Arc::clone(&acceptor);
                thread::spawn(move || serve_connection(stream, tls, &shared));
            }
        });
        Self {
            address,
            tls,
            shared,
            folder: TempDir::new().unwrap(),
        }
    }

    /// Answers requests for this path (`…*` matches what begins so) with these responses, one after another. The first
    /// route that matches answers; a path without a route is answered as the API server answers it.
    pub(crate) fn route(
        &self,
        method: &str,
        path: &str,
        script: impl IntoIterator<Item = Response>,
    ) -> &Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        self.route_if(
            move |asked| {
                let path_matches = match path.strip_suffix('*') {
                    Some(prefix) => asked.path.starts_with(prefix),
                    None => asked.path == path,
                };
                asked.method == method && path_matches
            },
            script,
        )
    }

    /// The same for requests of any property.
    pub(crate) fn route_if(
        &self,
        matches: impl Fn(&Asked) -> bool + Send + 'static,
        script: impl IntoIterator<Item = Response>,
    ) -> &Self {
        let script: Vec<Response> = script.into_iter().collect();
        assert!(!script.is_empty(), "a route needs a response");
        let mut used = 0;
        self.answer(move |asked| {
            matches(asked).then(|| {
                let at = script.len().min(used + 1) - 1;
                used += 1;
                script[at].clone()
            })
        })
    }

    /// Answers with what is made for the request; without an answer the next route is tried.
    pub(crate) fn answer(
        &self,
        with: impl FnMut(&Asked) -> Option<Response> + Send + 'static,
    ) -> &Self {
        self.shared.routes.lock().unwrap().push(Box::new(with));
        self
    }

    /// `GET`, the usual case.
    pub(crate) fn on(&self, path: &str, script: impl IntoIterator<Item = Response>) -> &Self {
        self.route("GET", path, script)
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub(crate) fn url(&self) -> String {
        format!(
            "{}://{}",
            if self.tls { "https" } else { "http" },
            self.address
        )
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// A kubeconfig for this server, with context, cluster and user `test`, and a token where TLS protects it.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        let user = if self.tls {
            "{token: test-token}"
        } else {
            "{}"
        };
        self.kubeconfig_with(user)
    }

    /// The same with another user, given as a YAML flow mapping.
    pub(crate) fn kubeconfig_with(&self, user: &str) -> PathBuf {
        let authority = if self.tls {
            format!("certificate-authority: {}", file("ca.crt").display())
        } else {
            String::new()
        };
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\ncontexts:\n- name: test\n  context: {{cluster: test, user: test}}\n\
             users:\n- name: test\n  user: {user}\nclusters:\n- name: test\n  cluster:\n    server: {}\n    {authority}\n",
            self.url()
        );
        let path = self.folder.path().join("config");
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        // wakes the acceptor, which then sees that it is over
        let _ = TcpStream::connect(self.address);
    }
}

/// One of the files in `tls/`.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/api_server/tls")
        .join(name)
}

/// A TCP or TLS stream.
pub(crate) trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

fn serve_connection(stream: TcpStream, with_tls: bool, shared: &Shared) {
    let _ = stream.set_nodelay(true);
    // a client that keeps its connection open does not keep the thread for ever
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    let wire: Box<dyn Wire> = if with_tls {
        Box::new(tls::accept(stream))
    } else {
        Box::new(stream)
    };
    let mut wire = BufReader::new(wire);
    while let Some(asked) = read_request(&mut wire) {
        shared.asked.lock().unwrap().push(asked.clone());
        let response = choose(shared, &asked);
        let goes_on = response.send(&asked, wire.get_mut(), &|| {
            shared.stop.load(Ordering::Relaxed)
        });
        if !goes_on.unwrap_or(false) {
            return;
        }
    }
}

fn choose(shared: &Shared, asked: &Asked) -> Response {
    let mut routes = shared.routes.lock().unwrap();
    let mut answers = routes.iter_mut().filter_map(|route| route(asked));
    let unknown = || Response::text(404, "404 page not found\n");
    answers.next().unwrap_or_else(unknown)
}

/// Reads a request without a body; `None` at the end of the connection.
fn read_request(wire: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    wire.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_ascii_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        wire.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned())
            }
            None => break,
        };
    }
    Some(Asked {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
    })
}
