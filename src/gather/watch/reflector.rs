//! Keeps one [`Read`] true: LIST, then WATCH from its version, and so on for ever.
//!
//! It is no `kube_runtime::watcher`, which hands on each object decoded whole, as one type known beforehand: here the bytes go
//! to the store, which decodes no more than it keeps, and one loop serves every kind of the plan.

use super::backoff::{Backoff, jittered};
use super::shared::Shared;
use crate::gather::client::{Event, path};
use crate::gather::plan::{self, Read};
use crate::gather::read_error::ReadError;
use crate::gather::request::{self, Encoding, Version};
use crate::snapshot::{Encoded, Kind, ObjectKey};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// How long the server keeps a watch open: kube's and client-go's choice.
const LASTS: Duration = Duration::from_secs(240);
/// Above this many pods of a namespace one list of its events is cheaper.
const SINGLES: usize = 3;
/// So often are events of the past asked for that do not come: after minutes they say little.
const CATCHING_UP: usize = 8;
/// A watch that ends sooner was refused in another way; it is not asked for again at once.
const SHORT: Duration = Duration::from_secs(1);

/// How a read is followed.
struct Following {
    shared: Rc<Shared>,
    read: Read,
    backoff: Backoff,
    /// From where it can be watched; none before it is listed.
    version: Option<String>,
    /// Since when it fails.
    failing: Option<Instant>,
    watchable: bool,
    /// When it was found that it may not be watched.
    denied: Instant,
    /// It was allowed once. An API server that has just started refuses what it will allow, since its roles are yet to come.
    was_listed: bool,
    /// The same of the watch.
    was_watched: bool,
}

/// Follows the read until the task is aborted.
pub(super) async fn follow(shared: Rc<Shared>, read: Read) {
    let mut following = Following {
        backoff: Backoff::new(shared.pace),
        version: None,
        failing: None,
        watchable: is_watchable(&read),
        denied: Instant::now(),
        was_listed: false,
        was_watched: false,
        shared,
        read,
    };
    loop {
        if let Err(error) = following.step().await {
            following.failed(error).await;
        }
    }
}

impl Following {
    /// Lists, or watches as long as that goes well.
    async fn step(&mut self) -> Result<(), ReadError> {
        let pace = self.shared.pace;
        match self.version.clone() {
            None => {
                let listed = list(&self.shared, &self.read, self.watchable).await?;
                self.was_listed = true;
                self.failing = None;
                self.backoff.reset();
                self.version = Some(listed);
            }
            Some(version) if self.watchable => self.watch(&version).await?,
            Some(_) => {
                tokio::time::sleep(jittered(pace.poll)).await;
                self.watchable = is_watchable(&self.read) && self.denied.elapsed() > pace.refused;
                self.version = None;
            }
        }
        Ok(())
    }

    /// Watches from this version on until the server ends it.
    async fn watch(&mut self, version: &str) -> Result<(), ReadError> {
        let (shared, read) = (Rc::clone(&self.shared), self.read.clone());
        let client = shared.client();
        let path = path(read.kind(), request::namespace(&read), None);
        let (selectors, form) = (request::selectors(&read), request::form(&read));
        let opened = Instant::now();
        let answer = client
            .watch(&path, &selectors, version, form, jittered(LASTS))
            .await;
        let mut watch = match answer {
            Err(error) if !self.was_watched && is_refusal(&error) => {
                self.watchable = false;
                self.denied = Instant::now();
                return Ok(());
            }
            answer => answer?,
        };
        self.was_watched = true;
        while let Some(event) = watch.next(&client, shared.pace.silence).await? {
            shared.reflected_mut().told();
            match event {
                Event::Bookmark => {}
                Event::Is(json) => shared.reflected_mut().is(&read, json)?,
                Event::Gone(json) => shared.reflected_mut().gone(&read, json)?,
            }
            self.failing = None;
            watch
                .version()
                .clone_into(self.version.get_or_insert_default());
            if shared.reflected().has_news() {
                shared.tell();
            }
        }
        if opened.elapsed() < SHORT {
            tokio::time::sleep(self.backoff.next()).await;
        } else {
            self.backoff.reset();
        }
        Ok(())
    }

    /// Says what is lost by it, and waits before the next try.
    async fn failed(&mut self, error: ReadError) {
        let pace = self.shared.pace;
        let since = *self.failing.get_or_insert_with(Instant::now);
        let is_lost = self.version.is_none() || since.elapsed() > pace.grace;
        if error == ReadError::Expired {
            self.version = None;
        } else if is_lost {
            self.version = None;
            self.shared.reflected_mut().lost(&self.read, &error);
            self.shared.tell();
        }
        if error == ReadError::Unauthorized {
            self.shared.renew().await;
        }
        let pause = match error {
            ReadError::Forbidden { .. } | ReadError::NotServed if !self.was_listed => {
                jittered(pace.refused)
            }
            ReadError::Expired => Duration::ZERO,
            ReadError::Connect { .. } => self.backoff.unreached(),
            _ => self.backoff.next(),
        };
        tokio::time::sleep(pause).await;
    }
}

fn is_refusal(error: &ReadError) -> bool {
    matches!(
        error,
        ReadError::Forbidden { .. } | ReadError::NotServed | ReadError::Server { status: 405, .. }
    )
}

/// Single objects are read again instead, and the names of Secrets: the right to watch them is one to read their values.
pub(super) fn is_watchable(read: &Read) -> bool {
    matches!(read, Read::List { .. }) && read.kind() != Kind::Secret
}

/// Lists it, and gives the version from which it can be watched.
async fn list(shared: &Shared, read: &Read, is_followed: bool) -> Result<String, ReadError> {
    if read.kind() == Kind::Event {
        after_pods(shared).await;
    }
    shared.reflected_mut().set_time(shared.client().now());
    let was_listed = shared.reflected_mut().begin(read);
    let version = if was_listed {
        Version::Newest
    } else {
        Version::of_scan(read)
    };
    let client = shared.client();
    let mut take = |object: Encoded<'_>| shared.reflected_mut().is(read, object.bytes());
    let mut listed = request::send(&client, read, version, Encoding::Json, &mut take).await;
    if let (Err(ReadError::Forbidden { .. }), Some(single)) = (&listed, plan::as_get(read)) {
        // who may not list may still be allowed to read this one
        listed = request::send(&client, &single, version, Encoding::Json, &mut take).await;
    }
    let listed = match listed {
        // what is not there is known not to be
        Err(ReadError::NotFound { .. }) => Ok(Default::default()),
        other => other,
    };
    let meta = listed.inspect_err(|_| shared.reflected_mut().abandon(read))?;
    shared.reflected_mut().whole(read, is_followed);
    shared.tell();
    Ok(meta.resource_version)
}

/// Waits for pods that come back as well, for a while: it depends on them which events matter.
async fn after_pods(shared: &Shared) {
    let until = Instant::now() + shared.pace.grace;
    while shared.reflected().awaits_pods() && Instant::now() < until {
        tokio::time::sleep(shared.pace.together).await;
    }
}

/// Reads the events of pods that were well until now, of which none were kept; of many at once those of the namespace.
pub(super) fn catch_up(shared: &Rc<Shared>, pods: BTreeSet<ObjectKey>) {
    let mut namespaces: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (namespace, name) in pods {
        namespaces.entry(namespace).or_default().push(name);
    }
    for (namespace, names) in namespaces {
        let reads: Vec<Read> = if names.len() > SINGLES {
            vec![plan::list(Kind::Event, Some(&namespace))]
        } else {
            let of_name =
                |name: &String| plan::events_where(Some(&namespace), plan::INVOLVED, name);
            names.iter().map(of_name).collect()
        };
        for read in reads {
            let shared = Rc::clone(shared);
            tokio::task::spawn_local(once(shared, read));
        }
    }
}

/// Reads it until that goes well, or is not allowed.
async fn once(shared: Rc<Shared>, read: Read) {
    let mut backoff = Backoff::new(shared.pace);
    for _ in 0..CATCHING_UP {
        let client = shared.client();
        let mut take = |object: Encoded<'_>| shared.reflected_mut().is(&read, object.bytes());
        match request::send(&client, &read, Version::Newest, Encoding::Json, &mut take).await {
            Err(error) if !is_refusal(&error) => tokio::time::sleep(backoff.next()).await,
            _ => break,
        }
    }
    shared.tell();
}
