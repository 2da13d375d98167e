//! Sends requests: under a deadline, with a short retry, counted, and streaming lists object by object.
//!
//! kube carries and authenticates the bytes; this module decides how long to wait, when to try again and what an answer
//! means. It knows no kind of object: it takes paths and hands on JSON. Only GETs are sent, so that the tool cannot
//! change a cluster, and any of them may be sent again. No body is kept, logged or put into an error.
//!
//! Independent reads are run at once by the caller, with `tokio::join!` on one [`Client`].

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, DATE, RETRY_AFTER};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::client::Body;
use tokio::time::Instant;

use super::connect_error::ConnectError;
use super::items::{ITEM_LIMIT, ListHead, ProtobufSplitter, Splitter};
use super::kubeconfig::{Connection, Deadline};
use super::read_error::{ReadError, inconsistent_continue};
use crate::kubernetes::protobuf::messages;
use crate::snapshot::Encoded;

mod ask;
mod cut;
mod direct;
mod fault;
mod pages;
mod query;
pub(super) mod trace;
mod watch;

pub use ask::Accept;
use ask::{Ask, Told};
use cut::Cut;
use fault::{Refusal, Route};
use pages::{Pages, endless};
pub use query::{Wanted, path, query_string};
use trace::Trace;
pub use watch::Event;

/// TCP, the proxy and TLS together; a server further away than that is not reachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often one request is sent at most.
const TRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often a list that expired is taken up again.
const RESUMES: u32 = 3;
/// A `Status` is a few hundred bytes; more of an error's body is not read.
const STATUS_LIMIT: usize = 64 << 10;

/// What was asked and received so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Bytes of the answers, after decompression.
    pub bytes: u64,
}

impl std::ops::Add for Traffic {
    type Output = Traffic;

    fn add(self, other: Traffic) -> Traffic {
        Traffic {
            requests: self.requests + other.requests,
            bytes: self.bytes + other.bytes,
        }
    }
}

/// What is known of a list that was read to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListMeta {
    /// The version of the last page.
    pub resource_version: String,
    /// The server's clock when it began to answer.
    pub server_date: Option<Timestamp>,
    /// How many objects were handed on.
    pub items: u64,
    /// The list expired in between and its later part is newer than its earlier one.
    pub inconsistent: bool,
}

/// A connection to one API server.
pub struct Client {
    http: kube::Client,
    deadline: Deadline,
    route: Route,
    trace: Trace,
    requests: AtomicU64,
    bytes: AtomicU64,
    /// Seconds since 1970 on the server's clock; `i64::MIN` before the first answer.
    server_time: AtomicI64,
    /// Seconds by which the server's clock was ahead of ours at its last answer.
    ahead: AtomicI64,
}

impl Client {
    /// Prepares the client; nothing is sent yet.
    ///
    /// It is async because kube starts a task for its queue, which takes a running tokio.
    pub async fn connect(connection: &Connection) -> Result<Self, ConnectError> {
        let mut config = connection.config.clone();
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        let route = Route::new(&config, connection.source.clone());
        let trace = Trace::new(connection.verbosity, &config.cluster_url);
        Ok(Self {
            http: direct::client(config).map_err(fault::not_set_up)?,
            deadline: connection.deadline,
            route,
            trace,
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            server_time: AtomicI64::new(i64::MIN),
            ahead: AtomicI64::new(0),
        })
    }

    /// Whether each request is told of on standard error.
    pub fn is_traced(&self) -> bool {
        self.trace.is_on()
    }

    /// Tells why no more is asked for, where requests are told of.
    pub fn explain(&self, plan: Option<String>) {
        if let Some(plan) = plan {
            self.trace.explain(&plan);
        }
    }

    /// What was asked and received so far.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// The server's clock at its last answer. Ages are counted from it: ours may differ.
    pub fn server_time(&self) -> Option<Timestamp> {
        match self.server_time.load(Ordering::Relaxed) {
            i64::MIN => None,
            seconds => Timestamp::from_second(seconds).ok(),
        }
    }

    /// The server's clock now, as far as its last answer tells.
    pub fn now(&self) -> Timestamp {
        let ahead = jiff::SignedDuration::from_secs(self.ahead.load(Ordering::Relaxed));
        let now = ours();
        now.checked_add(ahead).unwrap_or(now)
    }

    /// Reads one object, or any small answer. ([`Accept::Metadata`] asks for the form of one object here, not of a list.)
    /// JSON is checked to be whole, so a decoder meets no cut-off text.
    pub async fn get(&self, path_and_query: &str, accept: Accept) -> Result<Bytes, ReadError> {
        let patience = Patience::new(self.deadline);
        let ask = Ask {
            uri: path_and_query,
            accept,
            list: false,
        };
        let Answer { response, sent } = self
            .open(&ask, &patience)
            .await
            .map_err(|refusal| refusal.error)?;
        let status = response.status();
        let body = self.collect(response.into_body(), &patience).await;
        let size = body.as_ref().map_or(0, Bytes::len);
        self.trace.tell(path_and_query, Some(status), sent, size);
        let body = body?;
        if accept != Accept::Text {
            let told: Told<'_> = serde_json::from_slice(&body)?;
            ask.check_kind(&told)?;
        }
        Ok(body)
    }

    /// Reads a list to its end and hands on the bytes of each object as it arrives, all pages after one another.
    ///
    /// After an error the objects handed on so far are a part of the list only, and must be thrown away. The receiver
    /// may stop the reading with an error of its own.
    pub async fn list(
        &self,
        path: &str,
        query: &[(&str, &str)],
        accept: Accept,
        on_item: &mut dyn FnMut(&[u8]) -> Result<(), ReadError>,
    ) -> Result<ListMeta, ReadError> {
        let mut on_item = |object: Encoded<'_>| on_item(object.bytes());
        self.objects(path, query, accept, &mut on_item).await
    }

    /// The same, with how each object is encoded: the server chooses where [`Accept::Protobuf`] is asked for.
    pub async fn objects(
        &self,
        path: &str,
        query: &[(&str, &str)],
        accept: Accept,
        on_item: &mut dyn FnMut(Encoded<'_>) -> Result<(), ReadError>,
    ) -> Result<ListMeta, ReadError> {
        let mut accept = accept;
        let mut meta = ListMeta::default();
        let mut token: Option<String> = None;
        let mut fresh = false;
        let mut resumes = 0;
        let mut pages = Pages::new(self.deadline);
        loop {
            pages.next()?;
            let uri = query::list_uri(path, query, token.as_deref(), fresh);
            let mut on_item =
                |object: Encoded<'_>| pages.item(object.bytes()).and_then(|()| on_item(object));
            match self.page(&uri, accept, &mut on_item).await {
                Ok((head, date)) => {
                    meta.items = meta.items.saturating_add(head.items);
                    meta.resource_version = head.resource_version;
                    meta.server_date = meta.server_date.or(date);
                    match head.continue_token {
                        None => return Ok(meta),
                        next if next == token => {
                            return Err(endless("its continue token comes again"));
                        }
                        next => token = next,
                    }
                }
                Err(refusal) if refusal.error == ReadError::Expired && resumes < RESUMES => {
                    resumes += 1;
                    if meta.items == 0 {
                        // nothing was handed on: begin again, and ask for no version that may be gone
                        (token, fresh) = (None, true);
                    } else {
                        token = Some(refusal.continue_token.ok_or(ReadError::Expired)?);
                        meta.inconsistent = true;
                    }
                }
                Err(refusal) if refusal.has_no_form && accept == Accept::Protobuf => {
                    accept = Accept::Json;
                }
                Err(refusal) => return Err(refusal.error),
            }
        }
    }

    async fn page(
        &self,
        uri: &str,
        accept: Accept,
        on_item: &mut dyn FnMut(Encoded<'_>) -> Result<(), ReadError>,
    ) -> Result<(ListHead, Option<Timestamp>), Refusal> {
        let patience = Patience::new(self.deadline);
        let ask = Ask {
            uri,
            accept,
            list: true,
        };
        let Answer { response, sent } = self.open(&ask, &patience).await?;
        let (date, status) = (date(response.headers()), response.status());
        let is_protobuf = ask::is_protobuf(response.headers());
        let mut body = response.into_body();
        let wanted = Wanted::of(uri).map(|wanted| wanted.kind);
        let is_expected = move |kind: &str, version: &str| {
            wanted.is_none_or(|wanted| accept.is_answered_by(wanted, true, kind, version))
        };
        let message = wanted.and_then(|wanted| messages::of(wanted.as_str()));
        let mut splitter = match message.filter(|_| is_protobuf) {
            Some(message) => Cut::Protobuf(ProtobufSplitter::new(message).expecting(is_expected)),
            None => Cut::Json(Splitter::new(accept.array()).expecting(is_expected)),
        };
        let mut received = 0;
        let read = async {
            while let Some(chunk) = self.next_chunk(&mut body, received, &patience).await? {
                received += chunk.len();
                splitter.push(&chunk, on_item)?;
            }
            Ok::<(), ReadError>(())
        };
        let read = read.await;
        let form = if is_protobuf { "protobuf" } else { "" };
        self.trace
            .tell_form(uri, Some(status), sent, received, form);
        read?;
        Ok((splitter.finish().map_err(ReadError::from)?, date))
    }

    /// Sends the request until an answer begins, at most [`TRIES`] times.
    async fn open(&self, ask: &Ask<'_>, patience: &Patience) -> Result<Answer, Refusal> {
        let mut pause = FIRST_PAUSE;
        let mut tries = 1;
        loop {
            let refusal = match self.attempt(ask, patience).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            let wait = refusal.retry_after.unwrap_or(pause);
            if !refusal.may_pass || tries == TRIES || !patience.allows(wait) {
                return Err(refusal);
            }
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            tries += 1;
        }
    }

    async fn attempt(&self, ask: &Ask<'_>, patience: &Patience) -> Result<Answer, Refusal> {
        let request = Request::get(ask.uri)
            .header(ACCEPT, ask.accept.header(ask.list, ask.kind()))
            .body(Body::empty())
            .map_err(|_| ReadError::Invalid {
                message: "the path of the request is not valid".to_owned(),
            })?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let unanswered = || self.trace.tell(ask.uri, None, sent, 0);
        let response = patience.wait(self.http.send(request)).await;
        let response = response.inspect_err(|_| unanswered())?.map_err(|error| {
            unanswered();
            self.route.refusal(&error)
        })?;
        if let Some(date) = date(response.headers()) {
            self.server_time.store(date.as_second(), Ordering::Relaxed);
            let ahead = date.as_second() - ours().as_second();
            self.ahead.store(ahead, Ordering::Relaxed);
        }
        if response.status().is_success() {
            ask.check_type(response.headers())?;
            return Ok(Answer { response, sent });
        }
        let (parts, body) = response.into_parts();
        let body = self.beginning(body, patience).await;
        self.trace
            .tell(ask.uri, Some(parts.status), sent, body.len());
        Err(Refusal {
            error: ReadError::from_answer(parts.status, &body, ask.object()),
            has_no_form: parts.status == StatusCode::NOT_ACCEPTABLE,
            may_pass: matches!(parts.status.as_u16(), 429 | 503 | 504),
            retry_after: retry_after(&parts.headers),
            continue_token: inconsistent_continue(&body),
        })
    }

    async fn collect(&self, mut body: Body, patience: &Patience) -> Result<Bytes, ReadError> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.next_chunk(&mut body, whole.len(), patience).await? {
            if whole.len().saturating_add(chunk.len()) > ITEM_LIMIT {
                return Err(ReadError::Invalid {
                    message: format!("the answer is larger than {ITEM_LIMIT} bytes"),
                });
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }

    /// As much of an error's body as a `Status` can take; what cannot be read is left out.
    async fn beginning(&self, mut body: Body, patience: &Patience) -> Vec<u8> {
        let mut start = Vec::new();
        while start.len() < STATUS_LIMIT {
            match self.next_chunk(&mut body, start.len(), patience).await {
                Ok(Some(chunk)) => start.extend_from_slice(&chunk),
                Ok(None) | Err(_) => break,
            }
        }
        start
    }

    async fn next_chunk(
        &self,
        body: &mut Body,
        received: usize,
        patience: &Patience,
    ) -> Result<Option<Bytes>, ReadError> {
        while let Some(frame) = patience.wait(body.frame()).await? {
            let frame = frame.map_err(|_| cut_off(received))?;
            if let Ok(chunk) = frame.into_data() {
                self.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}

/// An answer whose body is yet to be read.
struct Answer {
    response: Response<Body>,
    sent: Instant,
}

/// Counts down for one request.
struct Patience {
    started: Instant,
    deadline: Deadline,
}

impl Patience {
    fn new(deadline: Deadline) -> Self {
        Self {
            started: Instant::now(),
            deadline,
        }
    }

    /// How long may be waited from now on, or `None` for ever.
    fn left(&self) -> Option<Duration> {
        let total = self
            .deadline
            .total
            .map(|total| total.saturating_sub(self.started.elapsed()));
        [total, self.deadline.silence].into_iter().flatten().min()
    }

    fn allows(&self, wait: Duration) -> bool {
        self.left().is_none_or(|left| wait < left)
    }

    async fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, ReadError> {
        match self.left() {
            None => Ok(future.await),
            Some(left) => {
                tokio::time::timeout(left, future)
                    .await
                    .map_err(|_| ReadError::TimedOut {
                        after: self.started.elapsed(),
                    })
            }
        }
    }
}

/// Our own clock, from which the server's goes on between two answers.
#[expect(
    clippy::disallowed_methods,
    reason = "the time of a store that is followed is the server's, as far as its last answer tells"
)]
fn ours() -> Timestamp {
    Timestamp::now()
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

/// The API server sends seconds, never a date (Kubernetes 1.37, apiserver `pkg/server/filters/maxinflight.go`).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

fn cut_off(received: usize) -> ReadError {
    ReadError::Invalid {
        message: format!("the answer is cut off after {received} bytes"),
    }
}
