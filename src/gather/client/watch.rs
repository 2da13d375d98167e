//! A watch: a request whose answer goes on, a line an event.
//!
//! kube has a watcher too. It decodes every object whole and as one type, begins with a list of its own and cannot be given the
//! version of ours, so that a cluster of 100,000 pods would be read twice and decoded into what is thrown away. Here the bytes
//! of each object are handed on, as from a list.

use super::{Accept, Answer, Ask, Client, Patience, cut_off, query};
use crate::gather::items::ITEM_LIMIT;
use crate::gather::read_error::ReadError;
use http_body_util::BodyExt;
use kube::client::Body;
use memchr::memchr;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Bytes that were handed on and are kept before the rest is moved in their place.
const COMPACT: usize = 64 << 10;

/// One event of a watch.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// An object as it is now.
    Is(&'a [u8]),
    /// An object as it was last: deleted, or no longer selected.
    Gone(&'a [u8]),
    /// Nothing happened up to here.
    Bookmark,
}

/// The answer to a watch, as far as it has come.
pub struct Watch {
    body: Body,
    buffer: Vec<u8>,
    /// How much of the buffer was handed on.
    used: usize,
    /// Where a watch that follows this one goes on.
    version: String,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    r#type: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct Versioned<'a> {
    #[serde(borrow)]
    metadata: Option<Meta<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    #[serde(borrow)]
    resource_version: Option<&'a str>,
}

impl Client {
    /// Begins a watch behind this version. The server ends it after `lasts`.
    pub async fn watch(
        &self,
        path: &str,
        selectors: &[(&str, &str)],
        version: &str,
        accept: Accept,
        lasts: Duration,
    ) -> Result<Watch, ReadError> {
        let lasts = lasts.as_secs().to_string();
        let mut pairs = vec![
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", version),
            ("timeoutSeconds", lasts.as_str()),
        ];
        pairs.extend(selectors);
        let uri = format!("{path}?{}", query::query_string(&pairs));
        let ask = Ask {
            uri: &uri,
            accept,
            // its events hold single objects
            list: false,
        };
        let patience = Patience::new(self.deadline);
        let opened = self.open(&ask, &patience).await;
        let Answer { response, sent } = opened.map_err(|refusal| refusal.error)?;
        self.trace.tell(&uri, Some(response.status()), sent, 0);
        Ok(Watch {
            body: response.into_body(),
            buffer: Vec::new(),
            used: 0,
            version: version.to_owned(),
        })
    }
}

impl Watch {
    /// Where a watch that follows this one goes on.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The next event; none when the server has ended the watch.
    ///
    /// # Errors
    /// When nothing comes for `silence`, when the line is no event, and when it is an error of the server's.
    pub async fn next(
        &mut self,
        client: &Client,
        silence: Duration,
    ) -> Result<Option<Event<'_>>, ReadError> {
        let Some(end) = self.line(client, silence).await? else {
            return Ok(None);
        };
        let from = std::mem::replace(&mut self.used, end + 1);
        let line = self.buffer.get(from..end).unwrap_or_default();
        let Line { r#type, object } = serde_json::from_slice(line)?;
        let object = object.get();
        if r#type == "ERROR" {
            return Err(ReadError::from_event(object));
        }
        // of an object that says it in another way the version before it stands
        let read = serde_json::from_str::<Versioned<'_>>(object).ok();
        let meta = read.and_then(|read| read.metadata);
        if let Some(version) = meta.and_then(|meta| meta.resource_version) {
            self.version = version.to_owned();
        }
        match r#type {
            "ADDED" | "MODIFIED" => Ok(Some(Event::Is(object.as_bytes()))),
            "DELETED" => Ok(Some(Event::Gone(object.as_bytes()))),
            "BOOKMARK" => Ok(Some(Event::Bookmark)),
            _ => Err(ReadError::Invalid {
                message: "an event of the watch is of an unknown type".to_owned(),
            }),
        }
    }

    /// Where the next line ends, once it is there.
    async fn line(
        &mut self,
        client: &Client,
        silence: Duration,
    ) -> Result<Option<usize>, ReadError> {
        // what is left is moved once a chunk, not once an event
        if self.used == self.buffer.len() || self.used > COMPACT {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        let mut searched = self.used;
        loop {
            let rest = self.buffer.get(searched..).unwrap_or_default();
            if let Some(at) = memchr(b'\n', rest) {
                return Ok(Some(searched + at));
            }
            searched = self.buffer.len();
            if searched - self.used > ITEM_LIMIT {
                return Err(ReadError::Invalid {
                    message: format!("an event of the watch is larger than {ITEM_LIMIT} bytes"),
                });
            }
            let frame = tokio::time::timeout(silence, self.body.frame()).await;
            let Some(frame) = frame.map_err(|_| ReadError::TimedOut { after: silence })? else {
                let rest = self.buffer.get(self.used..).unwrap_or_default();
                return match rest.trim_ascii() {
                    [] => Ok(None),
                    _ => Err(cut_off(rest.len())),
                };
            };
            let frame = frame.map_err(|_| cut_off(searched))?;
            if let Ok(chunk) = frame.into_data() {
                client
                    .bytes
                    .fetch_add(chunk.len() as u64, Ordering::Relaxed);
                self.buffer.extend_from_slice(&chunk);
            }
        }
    }
}
