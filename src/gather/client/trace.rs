//! `-v`: tells of each request on standard error, with the words of client-go (`transport/round_trippers.go`, 0.37) and the
//! bytes of the answer. Neither headers nor bodies are told: they hold credentials and values.

use http::{StatusCode, Uri};
use std::io::{Write, stderr};
use tokio::time::Instant;

/// The level from which kubectl tells of requests.
pub(in crate::gather) const REQUESTS: u8 = 6;

/// Tells of requests, or does not.
#[derive(Debug)]
pub(super) struct Trace {
    /// The server's address, when requests are told of.
    server: Option<String>,
}

impl Trace {
    pub(super) fn new(verbosity: u8, server: &Uri) -> Self {
        // what stands before an `@` may be a password
        let host = server.authority().map(|authority| authority.as_str());
        let host = host.map(|host| host.rsplit('@').next().unwrap_or_default());
        let scheme = server.scheme_str().unwrap_or("https");
        let prefix = server.path().trim_end_matches('/');
        Trace {
            server: host
                .filter(|_| verbosity >= REQUESTS)
                .map(|host| format!("{scheme}://{host}{prefix}")),
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.server.is_some()
    }

    /// One request that was answered, in whatever way, or not at all.
    pub(super) fn tell(&self, uri: &str, status: Option<StatusCode>, sent: Instant, bytes: usize) {
        self.tell_form(uri, status, sent, bytes, "");
    }

    /// Why so much is asked for, and no more.
    pub(super) fn explain(&self, plan: &str) {
        if self.is_on() {
            // nothing depends on whether it could be told
            let _ = writeln!(stderr(), "\"Plan\" {plan}");
        }
    }

    /// The same of an answer in another form than JSON.
    pub(super) fn tell_form(
        &self,
        uri: &str,
        status: Option<StatusCode>,
        sent: Instant,
        bytes: usize,
        form: &str,
    ) {
        let Some(server) = &self.server else { return };
        line("GET", &format!("{server}{uri}"), status, sent, bytes, form);
    }
}

/// Tells of one request.
pub(in crate::gather) fn line(
    verb: &str,
    url: &str,
    status: Option<StatusCode>,
    sent: Instant,
    bytes: usize,
    form: &str,
) {
    let form = match form {
        "" => String::new(),
        form => format!(" form=\"{form}\""),
    };
    let status = status.map(|status| status.to_string()).unwrap_or_default();
    let milliseconds = sent.elapsed().as_millis();
    // nothing depends on whether it could be told
    let _ = writeln!(
        stderr(),
        "\"Response\" verb=\"{verb}\" url=\"{url}\" status=\"{status}\" milliseconds={milliseconds} bytes={bytes}{form}"
    );
}
