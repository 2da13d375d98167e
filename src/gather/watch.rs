//! Follows a cluster: a store that stays true while the cluster changes.
//!
//! What is followed is what a scan would read. [`plan::wanted`] says it, from the scope and from what the store holds by now, so
//! that a cause that needs another kind gets its watch with its read. Each [`Read`] has a [`reflector`]: a LIST, then a WATCH
//! from its version; what cannot be watched is listed again from time to time. What nothing needs any more is let go after a
//! while. Of events there is one watch a namespace for all, and those of pods that are well are not kept ([`events`]).
//!
//! Everything runs on one thread and writes into one [`reflected::Reflected`]. A connection that is lost makes unknown what
//! it brought, until it is back ([`reflected::Reflected::lost`]); after an expired version the new list is compared with
//! what is held.

mod backoff;
mod events;
mod reflected;
mod reflector;
mod shared;

use super::cluster;
use super::kubeconfig::{ConnectionFlags, Environment};
use super::missing;
use super::plan::{self, Read};
use super::runtime;
use crate::snapshot::{Changes, Kind, Store};
use crate::triage::Scope;
use anyhow::Result;
use jiff::Timestamp;
use shared::{Link, Shared};
use std::cell::Ref;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::signal;
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::Instant;

pub use super::cluster::Absent;
pub use backoff::Pace;
pub use reflected::Outage;

/// Lists that take longer are told of when they come.
const FIRST_LISTS: Duration = Duration::from_secs(2);

/// A store that follows the cluster.
///
/// It lives on one thread, inside a [`tokio::task::LocalSet`].
pub struct Watcher {
    shared: Rc<Shared>,
    reflectors: BTreeMap<Read, Reflector>,
    pruned: Instant,
}

/// A read that is followed.
struct Reflector {
    task: JoinHandle<()>,
    unwanted: Option<Instant>,
}

/// What became of the store since it was looked at last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tidings {
    /// Something changed that may change a diagnosis.
    pub changed: bool,
    /// What was listed anew after it could not be followed: something short in between may have been missed.
    pub resynced: BTreeSet<Kind>,
}

/// What watching has brought so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// What watches have told, bookmarks included.
    pub events: u64,
    /// Lists that were read again after something could not be followed.
    pub resyncs: BTreeMap<Kind, u64>,
}

impl Watcher {
    /// Begins to follow what the scope needs, and returns when its pods were read. What is not there yet, the namespace too, may
    /// be awaited.
    ///
    /// # Errors
    /// When there is no connection, when what was named does not exist and is not awaited (a name without a kind that stands
    /// for nothing cannot be), and when the pods may not be read.
    pub async fn begin(
        flags: &ConnectionFlags,
        environment: &Environment,
        (scope, everywhere): (Scope, bool),
        pace: Pace,
        absent: Absent,
    ) -> Result<Self> {
        let link = Link::connect(flags, environment).await;
        let link = link.map_err(cluster::unconnected)?;
        let scope = cluster::in_namespace(scope, everywhere, link.namespace());
        scope.is_consistent()?;
        let scope = cluster::found(&link.client(), scope, absent).await?;
        let shared = Rc::new(link.of(scope, pace));
        let mut watcher = Watcher {
            shared,
            reflectors: BTreeMap::new(),
            pruned: Instant::now(),
        };
        watcher.replan();
        watcher.first_lists().await?;
        if absent == Absent::Fails && watcher.store().has_no_pods() {
            missing::namespace_is_there(&watcher.shared.client(), watcher.scope()).await?;
        }
        Ok(watcher)
    }

    /// Waits until the first lists have come, and what they make necessary.
    async fn first_lists(&mut self) -> Result<()> {
        loop {
            self.shared.notice().await;
            if let Some((read, error)) = self.shared.reflected().refused_pods() {
                return Err(cluster::refused(&self.shared.scope, &read, error));
            }
            let waits = self.shared.reflected().is_listing();
            if !waits && !self.replan() && !self.shared.reflected().is_listing() {
                return Ok(());
            }
        }
    }

    /// Waits for a change, so long at most.
    pub async fn changed(&mut self, most: Duration) -> Tidings {
        let waited = tokio::time::timeout(most, self.shared.notice()).await;
        if waited.is_ok() {
            tokio::time::sleep(self.shared.pace.together).await;
        }
        self.replan();
        self.settled().await;
        self.shared.reflected_mut().tidings()
    }

    /// Waits a moment for what has become necessary and is being read for the first time: without it less could be told than
    /// will be at once.
    async fn settled(&mut self) {
        let until = Instant::now() + FIRST_LISTS;
        while self.shared.reflected().is_listing() {
            let waited = tokio::time::timeout_at(until, self.shared.notice()).await;
            if waited.is_err() {
                return;
            }
            self.replan();
        }
    }

    /// Follows what is wanted by now, and lets go of what was not for a while. Says whether it follows anything new.
    fn replan(&mut self) -> bool {
        let wanted = self.wanted();
        let mut is_new = false;
        let now = Instant::now();
        for (read, reflector) in &mut self.reflectors {
            reflector.unwanted = match reflector.unwanted {
                _ if wanted.contains(read) => None,
                since => since.or(Some(now)),
            };
        }
        let shared = Rc::clone(&self.shared);
        self.reflectors.retain(|read, reflector| {
            let is_over = reflector
                .unwanted
                .is_some_and(|since| now - since > shared.pace.linger);
            if is_over {
                reflector.task.abort();
                shared.reflected_mut().release(read);
            }
            !is_over
        });
        for read in wanted {
            if !self.reflectors.contains_key(&read) {
                is_new = true;
                self.follow(read);
            }
        }
        let doubtful = self.shared.reflected_mut().doubtful();
        for read in doubtful {
            if let Some(reflector) = self.reflectors.get(&read) {
                reflector.task.abort();
                self.follow(read);
            }
        }
        let missed = self.shared.reflected_mut().missed();
        reflector::catch_up(&self.shared, missed);
        if now - self.pruned > self.shared.pace.prune {
            self.pruned = now;
            self.shared.reflected_mut().prune();
        }
        is_new
    }

    fn follow(&mut self, read: Read) {
        self.shared.reflected_mut().hold(&read);
        let follow = reflector::follow(Rc::clone(&self.shared), read.clone());
        let task = tokio::task::spawn_local(follow);
        let unwanted = None;
        self.reflectors.insert(read, Reflector { task, unwanted });
    }

    /// What a scan would read by now. Of events all of the scope, by one watch a namespace; they come after the pods, since it
    /// depends on those which of them matter.
    fn wanted(&self) -> BTreeSet<Read> {
        let reflected = self.shared.reflected();
        let scope = &self.shared.scope;
        let wanted = plan::wanted(scope, reflected.store());
        let others = wanted.into_iter().filter(|read| read.kind() != Kind::Event);
        let mut wanted: BTreeSet<Read> = others.map(plan::as_list).collect();
        let places = scope.places().into_iter();
        let events = places.map(|place| plan::list(Kind::Event, place));
        let knows_pods = reflected.knows_pods();
        wanted.extend(events.filter(|read| knows_pods || self.reflectors.contains_key(read)));
        wanted
    }

    /// The namespaces that are meant and do not exist yet. Only of those without pods it is worth a request.
    pub async fn absent_namespaces(&self) -> Vec<String> {
        let (client, places) = (self.shared.client(), self.scope().places());
        let mut absent = Vec::new();
        for namespace in places.into_iter().flatten() {
            if !self.has_pods(namespace) && missing::is_absent(&client, namespace).await {
                absent.push(namespace.to_owned());
            }
        }
        absent
    }

    fn has_pods(&self, namespace: &str) -> bool {
        let store = self.store();
        let is_recorded = store.pod_records().in_namespace(namespace).next().is_some();
        is_recorded || store.whole_pods_in(namespace).next().is_some()
    }

    /// Whether pods of the scope have succeeded: those are not followed.
    pub async fn has_succeeded_pods(&self) -> bool {
        missing::has_succeeded_pods(&self.shared.client(), self.scope()).await
    }

    /// The API server's time.
    pub fn now(&self) -> Timestamp {
        self.shared.client().now()
    }

    /// What is known now.
    pub fn store(&self) -> Ref<'_, Store> {
        self.shared.reflected_mut().set_time(self.now());
        Ref::map(self.shared.reflected(), |reflected| reflected.store())
    }

    /// What has become different since it was asked last.
    pub fn take_changes(&self) -> Changes {
        self.shared.reflected_mut().take_changes()
    }

    /// What is meant, with the namespace filled in.
    pub fn scope(&self) -> &Scope {
        &self.shared.scope
    }

    /// What cannot be followed at the moment.
    pub fn outages(&self) -> Vec<Outage> {
        self.shared.reflected().outages()
    }

    /// What it brought so far.
    pub fn counts(&self) -> Counts {
        self.shared.reflected().counts().clone()
    }

    /// What it cost so far.
    pub fn traffic(&self) -> super::Traffic {
        self.shared.traffic()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.reflectors.values().for_each(|one| one.task.abort());
    }
}

/// Tells how long something has taken.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to count.
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// How long it was until now.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Runs what lives on one thread.
///
/// # Errors
/// When the runtime cannot be started, and those of what is run.
pub fn on_one_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    LocalSet::new().block_on(&runtime()?, work)
}

/// Waits for Ctrl-C, or that somebody asks the process to end.
pub async fn interrupted() {
    let ended = async {
        #[cfg(unix)]
        if let Ok(mut signal) = signal::unix::signal(signal::unix::SignalKind::terminate()) {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = signal::ctrl_c() => {}
        () = ended => {}
    }
}
