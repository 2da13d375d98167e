//! Keeps one [`Read`] true: LIST, then WATCH from its version, and so on for ever.

use super::backoff::{Backoff, jittered};
use super::shared::Shared;
use crate::gather::client::{Event, path};
use crate::gather::plan::{self, Read};
use crate::gather::read_error::ReadError;
use crate::gather::request::{self, Version};
use crate::snapshot::{Kind, ObjectKey};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// How long the server keeps a watch open: kube's and client-go's choice.
const LASTS: Duration = Duration::from_secs(240);
/// Above this many pods of a namespace one list of its events is cheaper.
const SINGLES: usize = 3;
/// A watch that ends sooner was refused in another way; it is not asked for again at once.
const SHORT: Duration = Duration::from_secs(1);

/// Why a watch is over.
pub(super) enum End {
    /// The server has ended it in its time.
    Closed,
    /// It may not be watched.
    Unwatchable,
    /// It failed.
    Failed(ReadError),
}

/// Follows the read until the task is aborted.
pub(super) async fn follow(shared: Rc<Shared>, read: Read) {
    let pace = shared.pace;
    let mut backoff = Backoff::new(pace);
    let mut watchable = is_watchable(&read);
    // an API server that has just started refuses what it will allow: its roles are yet to come
    let (mut was_listed, mut was_watched) = (false, false);
    let mut denied = Instant::now();
    let mut version: Option<String> = None;
    let mut failing: Option<Instant> = None;
    loop {
        let opened = Instant::now();
        let failed = match &mut version {
            None => match list(&shared, &read, watchable).await {
                Ok(listed) => {
                    was_listed = true;
                    version = Some(listed);
                    backoff.reset();
                    failing = None;
                    continue;
                }
                Err(error) => Some(error),
            },
            Some(_) if !watchable => {
                tokio::time::sleep(jittered(pace.poll)).await;
                watchable = is_watchable(&read) && denied.elapsed() > pace.refused;
                version = None;
                None
            }
            Some(at) => match watch(&shared, &read, at, &mut failing, &mut was_watched).await {
                End::Closed if opened.elapsed() < SHORT => {
                    tokio::time::sleep(backoff.next()).await;
                    None
                }
                End::Closed => {
                    backoff.reset();
                    None
                }
                End::Unwatchable => {
                    watchable = false;
                    denied = Instant::now();
                    None
                }
                End::Failed(error) => Some(error),
            },
        };
        let Some(error) = failed else { continue };
        let since = *failing.get_or_insert_with(Instant::now);
        let is_lost = version.is_none() || since.elapsed() > pace.grace;
        if error == ReadError::Expired {
            version = None;
        } else if is_lost {
            version = None;
            shared.reflected_mut().lost(&read, &error);
            shared.tell();
        }
        if error == ReadError::Unauthorized {
            shared.renew().await;
        }
        let pause = match error {
            ReadError::Forbidden { .. } | ReadError::NotServed if !was_listed => {
                jittered(pace.refused)
            }
            ReadError::Expired => Duration::ZERO,
            _ => backoff.next(),
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
fn is_watchable(read: &Read) -> bool {
    matches!(read, Read::List { .. }) && read.kind() != Kind::Secret
}

/// Lists it, and gives the version from which it can be watched.
async fn list(shared: &Shared, read: &Read, is_followed: bool) -> Result<String, ReadError> {
    let was_listed = shared.reflected_mut().begin(read);
    let version = if was_listed {
        Version::Newest
    } else {
        Version::of_scan(read)
    };
    let client = shared.client();
    let mut take = |json: &[u8]| shared.reflected_mut().is(read, json);
    let mut listed = request::send(&client, read, version, &mut take).await;
    if let (Err(ReadError::Forbidden { .. }), Some(single)) = (&listed, plan::as_get(read)) {
        // who may not list may still be allowed to read this one
        listed = request::send(&client, &single, version, &mut take).await;
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

/// Watches from this version, and moves it on.
async fn watch(
    shared: &Shared,
    read: &Read,
    version: &mut String,
    failing: &mut Option<Instant>,
    was_watched: &mut bool,
) -> End {
    let client = shared.client();
    let path = path(read.kind(), request::namespace(read), None);
    let selectors = request::selectors(read);
    let lasts = jittered(LASTS);
    let opened = client
        .watch(&path, &selectors, version, request::form(read), lasts)
        .await;
    let mut watch = match opened {
        Ok(watch) => watch,
        Err(error) if !*was_watched && is_refusal(&error) => return End::Unwatchable,
        Err(error) => return End::Failed(error),
    };
    *was_watched = true;
    loop {
        let taken = match watch.next(&client, shared.pace.silence).await {
            Ok(None) => return End::Closed,
            Ok(Some(Event::Bookmark)) => Ok(()),
            Ok(Some(Event::Is(json))) => shared.reflected_mut().is(read, json),
            Ok(Some(Event::Gone(json))) => shared.reflected_mut().gone(read, json),
            Err(error) => return End::Failed(error),
        };
        if let Err(error) = taken {
            return End::Failed(error);
        }
        *failing = None;
        watch.version().clone_into(version);
        if shared.reflected().has_news() {
            shared.tell();
        }
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
            tokio::task::spawn_local(async move {
                let client = shared.client();
                let mut take = |json: &[u8]| shared.reflected_mut().is(&read, json);
                // what fails is told by the watch of all events, which meets the same
                let _ = request::send(&client, &read, Version::Newest, &mut take).await;
                shared.tell();
            });
        }
    }
}
