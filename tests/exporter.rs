//! `export` as it is run, and who asks it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail anywhere"
)]

use crate::BINARY;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long an answer may take, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(20);

/// An exporter that runs, until it is dropped.
pub(crate) struct Exporter {
    pub(crate) child: Child,
    address: SocketAddr,
}

impl Exporter {
    pub(crate) fn start(kubeconfig: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .args(["export", "--listen", "127.0.0.1:0", "--kubeconfig"])
            .arg(kubeconfig)
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("serving http://");
        let address = address.and_then(|rest| rest.strip_suffix("/metrics"));
        let address = address.unwrap_or_else(|| panic!("{said}")).parse().unwrap();
        Exporter { child, address }
    }

    /// Status, head and body of the answer.
    pub(crate) fn asks(&self, method: &str, path: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    pub(crate) fn metrics(&self) -> String {
        self.asks("GET", "/metrics").2
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // it has ended where it was told to
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
