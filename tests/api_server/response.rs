//! One answer of the test server: what it says, and what goes wrong while it says it.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{Asked, Wanted, Wire, protobuf};

/// What the server sends as its `Date`.
pub(crate) const DATE: &str = "Sun, 22 Nov 2026 08:00:00 GMT";

/// One answer.
#[derive(Clone)]
pub(crate) struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
    delay: Duration,
    cut: Option<usize>,
    stall: Option<usize>,
    gzip: bool,
}

type Item = Arc<dyn Fn(usize) -> String + Send + Sync>;

#[derive(Clone)]
enum Body {
    Fixed(Vec<u8>),
    List {
        kind: String,
        count: usize,
        item: Item,
    },
    /// Pieces as they come; none ends it.
    Stream(Pieces),
    /// What is no HTTP, or not as it should be, and then the connection is closed.
    Wire(Vec<u8>),
    /// No answer at all: the connection is closed.
    Nothing,
}

/// Gives the next piece, which may be empty; none at the end.
type Pieces = Arc<Mutex<dyn FnMut() -> Option<String> + Send>>;

impl Response {
    pub(crate) fn json(value: &Value) -> Self {
        Self::new(200, "application/json", value.to_string().into_bytes())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::new(
            status,
            "text/plain; charset=utf-8",
            body.as_bytes().to_vec(),
        )
    }

    /// Any bytes as any type.
    pub(crate) fn raw(content_type: &str, body: &[u8]) -> Self {
        Self::new(200, content_type, body.to_vec())
    }

    /// A failure, as the API server writes it.
    pub(crate) fn failure(status: u16, reason: &str, message: &str) -> Self {
        Self::status(status, json!({"reason": reason, "message": message}))
    }

    /// A failure with these fields in its `Status`.
    pub(crate) fn status(status: u16, fields: Value) -> Self {
        let mut body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": status});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        Self::new(status, "application/json", body.to_string().into_bytes())
    }

    /// The list has expired. The token, if any, lets the reader go on with newer objects.
    pub(crate) fn expired(token: Option<&str>) -> Self {
        Self::status(
            410,
            json!({"reason": "Expired", "message": "too old", "metadata": {"continue": token}}),
        )
    }

    /// A list of these objects, in pages if the request has a `limit`.
    pub(crate) fn list(kind: &str, items: &[Value]) -> Self {
        let texts: Vec<String> = items.iter().map(Value::to_string).collect();
        Self::generated(kind, texts.len(), move |at| texts[at].clone())
    }

    /// A list of these objects in protobuf, all on one page.
    pub(crate) fn protobuf(kind: &str, version: &str, items: Vec<Vec<u8>>) -> Self {
        let metadata = json!({"resourceVersion": "1000"});
        let body = protobuf::list(kind, version, &metadata, &items);
        Self::raw(protobuf::TYPE, &body)
    }

    /// A list that is made while it is sent, so that it may be larger than memory.
    pub(crate) fn generated(
        kind: &str,
        count: usize,
        item: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Self {
        let mut response = Self::new(200, "application/json", Vec::new());
        response.body = Body::List {
            kind: kind.to_owned(),
            count,
            item: Arc::new(item),
        };
        response
    }

    /// An answer that goes on as long as pieces come.
    pub(crate) fn stream(pieces: impl FnMut() -> Option<String> + Send + 'static) -> Self {
        let mut response = Self::new(200, "application/json", Vec::new());
        response.body = Body::Stream(Arc::new(Mutex::new(pieces)));
        response
    }

    /// These bytes in place of an answer.
    pub(crate) fn wire(bytes: impl Into<Vec<u8>>) -> Self {
        let mut response = Self::new(200, "application/json", Vec::new());
        response.body = Body::Wire(bytes.into());
        response
    }

    /// Closes the connection without an answer.
    pub(crate) fn reset() -> Self {
        let mut response = Self::new(200, "application/json", Vec::new());
        response.body = Body::Nothing;
        response
    }

    fn new(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![
                ("Content-Type".to_owned(), content_type.to_owned()),
                ("Date".to_owned(), DATE.to_owned()),
            ],
            body: Body::Fixed(body),
            delay: Duration::ZERO,
            cut: None,
            stall: None,
            gzip: false,
        }
    }

    /// With this header, in place of one of the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits before it answers.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Closes the connection after this many bytes of the body.
    pub(crate) fn cut(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    /// Says nothing more after this many bytes of the body, and keeps the connection.
    pub(crate) fn stall(mut self, bytes: usize) -> Self {
        self.stall = Some(bytes);
        self
    }

    /// Compresses the body if the client takes that.
    pub(crate) fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// Sends it; gives whether the connection can be used again.
    pub(super) fn send(
        &self,
        asked: &Asked,
        wire: &mut dyn Wire,
        stopped: &dyn Fn() -> bool,
    ) -> io::Result<bool> {
        wait(self.delay, stopped);
        if let Body::Wire(bytes) = &self.body {
            wire.write_all(bytes)?;
            wire.flush()?;
            return Ok(false);
        }
        let zipped = self.gzip
            && asked
                .header("accept-encoding")
                .is_some_and(|encodings| encodings.contains("gzip"));
        let mut head = format!("HTTP/1.1 {} .\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if zipped {
            head += "Content-Encoding: gzip\r\n";
        }
        let chunked = zipped || matches!(self.body, Body::List { .. } | Body::Stream(_));
        match &self.body {
            Body::Nothing | Body::Wire(_) => return Ok(false),
            Body::Fixed(bytes) if !chunked => {
                head += &format!("Content-Length: {}\r\n", bytes.len())
            }
            Body::Fixed(_) | Body::List { .. } | Body::Stream(_) => {
                head += "Transfer-Encoding: chunked\r\n"
            }
        }
        wire.write_all(head.as_bytes())?;
        wire.write_all(b"\r\n")?;
        wire.flush()?;

        let mut body = BodyWriter {
            wire,
            chunked,
            left: self.cut.or(self.stall),
        };
        let written = if zipped {
            let mut zip = GzEncoder::new(&mut body, Compression::fast());
            self.write_body(asked, &mut zip, stopped)
                .and_then(|()| zip.finish().map(drop))
        } else {
            self.write_body(asked, &mut body, stopped)
        };
        if written.is_err() {
            if self.stall.is_some() {
                wait(Duration::from_secs(60), stopped);
            }
            return Ok(false);
        }
        body.end()?;
        Ok(true)
    }

    fn write_body(
        &self,
        asked: &Asked,
        to: &mut dyn Write,
        stopped: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        match &self.body {
            Body::Nothing | Body::Wire(_) => Ok(()),
            Body::Fixed(bytes) => to.write_all(bytes),
            Body::Stream(pieces) => {
                let next = || (pieces.lock().unwrap())();
                while let Some(piece) = next().filter(|_| !stopped()) {
                    match piece.as_str() {
                        "" => wait(Duration::from_millis(2), stopped),
                        piece => to.write_all(piece.as_bytes())?,
                    }
                }
                Ok(())
            }
            Body::List { kind, count, item } => {
                let mut to = BufWriter::with_capacity(32 << 10, to);
                write_list(asked, kind, *count, item, &mut to)?;
                to.flush()
            }
        }
    }
}

/// A list as the API server writes it. The token of a page is the index of the next object.
fn write_list(
    asked: &Asked,
    kind: &str,
    count: usize,
    item: &Item,
    to: &mut dyn Write,
) -> io::Result<()> {
    let start: usize = asked
        .query("continue")
        .and_then(|token| token.parse().ok())
        .unwrap_or(0);
    let limit: Option<usize> = asked.query("limit").and_then(|limit| limit.parse().ok());
    let end = limit.map_or(count, |limit| count.min(start.saturating_add(limit)));
    let mut metadata = json!({"resourceVersion": "1000"});
    if end < count {
        metadata["continue"] = json!(end.to_string());
    }
    let wanted = Wanted::of(&asked.path).map(|wanted| wanted.kind);
    let version = match wanted {
        Some(wanted) if !kind.starts_with("PartialObject") => wanted.api_version(),
        _ => "meta.k8s.io/v1".to_owned(),
    };
    // a test that does not care gives a list of what is asked for
    let kind = match wanted.filter(|_| kind == "List") {
        Some(wanted) => format!("{}List", wanted.as_str()),
        None => kind.to_owned(),
    };
    write!(
        to,
        r#"{{"kind":"{kind}","apiVersion":"{version}","metadata":{metadata},"items":["#
    )?;
    for at in start..end {
        if at > start {
            to.write_all(b",")?;
        }
        to.write_all(item(at).as_bytes())?;
    }
    to.write_all(b"]}\n")
}

/// Writes a body until its budget is used up.
struct BodyWriter<'a> {
    wire: &'a mut dyn Wire,
    chunked: bool,
    left: Option<usize>,
}

impl BodyWriter<'_> {
    fn end(&mut self) -> io::Result<()> {
        if self.chunked {
            self.wire.write_all(b"0\r\n\r\n")?;
        }
        self.wire.flush()
    }
}

impl Write for BodyWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let part = &bytes[..bytes.len().min(self.left.unwrap_or(usize::MAX))];
        if part.is_empty() && !bytes.is_empty() {
            return Err(io::Error::other("the test ends the body here"));
        }
        if !part.is_empty() {
            if self.chunked {
                write!(self.wire, "{:x}\r\n", part.len())?;
            }
            self.wire.write_all(part)?;
            if self.chunked {
                self.wire.write_all(b"\r\n")?;
            }
            self.wire.flush()?;
        }
        self.left = self.left.map(|left| left - part.len());
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.wire.flush()
    }
}

fn wait(time: Duration, stopped: &dyn Fn() -> bool) {
    let step = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    while waited < time && !stopped() {
        thread::sleep(step.min(time - waited));
        waited += step;
    }
}
