//! Reads a cluster: runs the waves of [`plan`], each read beside the others.
//!
//! A read that fails becomes a gap and the rest goes on. Only without the scope's own pods there is
//! nothing to diagnose: that is an error, with the command that shows the missing right.

use super::client::{Accept, Client};
use super::dump::{DumpWriter, Dumped, Extent, Reading};
use super::kubeconfig::{ConnectionFlags, Environment, resolve};
use super::logs;
use super::missing;
use super::plan::{self, Read};
use super::progress;
use super::read_error::ReadError;
use super::registry::RegistryCheck;
use super::request::{self, Encoding, Name, Version};
use super::{ConnectError, Gathered, runtime};
use crate::error::Failure;
use crate::kubernetes::shell;
use crate::snapshot::{Encoded, Gap, Kind, Retention, Store, Why};
use crate::triage::{self, scope::Scope};
use anyhow::{Result, bail};
use futures_util::future::join_all;
#[cfg(unix)]
use futures_util::future::select_all;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::pin::pin;
use std::rc::Rc;
use tokio::sync::Notify;

/// What becomes of what was named and does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// There is nothing to diagnose.
    Fails,
    /// It may still come.
    IsAwaited,
}

/// Where a dump is written, and how much it gives away.
pub type DumpTo<'a> = (&'a Path, Extent);

/// Reads what the scope needs.
///
/// # Errors
/// When there is no connection, or when the pods of the scope cannot be read or do not exist.
pub fn read(
    flags: &ConnectionFlags,
    environment: &Environment,
    scope: Scope,
    everywhere: bool,
    dump: Option<DumpTo<'_>>,
    registry: Option<&RegistryCheck>,
    with_logs: bool,
) -> Result<Gathered> {
    let connection = resolve(flags, environment).map_err(unconnected)?;
    let scope = in_namespace(scope, everywhere, &connection.namespace);
    scope.is_consistent()?;
    runtime()?.block_on(async {
        let client = Client::connect(&connection).await.map_err(unconnected)?;
        let sink = Sink::new(dump)?;
        let reading = progress::shown(&client, waves(&client, sink, scope, registry, with_logs));
        if dump.is_none() {
            return reading.await;
        }
        tokio::select! {
            gathered = reading => gathered,
            () = interrupted() => bail!("interrupted; no dump was written"),
        }
    })
}

/// Ends when the person or the system wants this to end. Half a dump is then taken away, which a signal alone would leave.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let signals = kinds.map(|kind| async move {
            match signal(kind) {
                Ok(mut signal) => drop(signal.recv().await),
                Err(_) => std::future::pending().await,
            }
        });
        select_all(signals.map(Box::pin)).await;
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

pub(super) fn unconnected(error: ConnectError) -> anyhow::Error {
    let failure = Failure::new("no connection to a cluster");
    let failure = error.hint().into_iter().fold(failure, Failure::hint);
    failure.because(error)
}

/// Fills in the namespace of the context. Nodes are of no namespace, so their pods are looked for in all.
pub(super) fn in_namespace(scope: Scope, everywhere: bool, namespace: &str) -> Scope {
    let nodes_only =
        !scope.targets.is_empty() && scope.targets.iter().all(|target| !target.kind.namespaced());
    let namespace = match scope.namespace {
        _ if everywhere => None,
        None if nodes_only => None,
        None => Some(namespace.to_owned()),
        named => named,
    };
    Scope { namespace, ..scope }
}

/// Takes objects in and, when a dump is wanted, writes them there as well.
struct Sink {
    store: Store,
    dump: Option<DumpWriter>,
    /// The first trouble with the dump; reading goes on, and the run fails at its end.
    trouble: Option<anyhow::Error>,
    /// Objects that were sent and are not understood, so that their lists are not whole.
    undecodable: Vec<Gap>,
    waiting: Waiting,
}

/// Tells of the first pod that waits for a node.
#[derive(Default)]
struct Waiting {
    is_seen: Rc<Notify>,
    /// Pods without a node that were looked at.
    unbound: usize,
    is_told: bool,
}

/// After so many that are held back, the nodes are asked for when all pods are there.
const LOOKS: usize = 64;

impl Waiting {
    fn look(&mut self, store: &Store) {
        let unbound = store.pod_records().unbound();
        if self.is_told || unbound <= self.unbound || unbound > LOOKS {
            return;
        }
        self.unbound = unbound;
        if store.whole_pods().any(plan::waits) {
            self.is_told = true;
            self.is_seen.notify_one();
        }
    }
}

impl Sink {
    fn new(dump: Option<DumpTo<'_>>) -> Result<RefCell<Self>> {
        Ok(RefCell::new(Sink {
            store: Store::new(Why::NotAsked),
            dump: dump
                .map(|(path, extent)| DumpWriter::create(path, extent))
                .transpose()?,
            trouble: None,
            undecodable: Vec::new(),
            waiting: Waiting::default(),
        }))
    }

    /// A dump is JSON, with all that was sent of an object: those that decode little of a message have not read it.
    fn encoding(&self) -> Encoding {
        match self.dump {
            Some(_) => Encoding::Json,
            None => Encoding::Smallest,
        }
    }

    fn object(&mut self, read: &Read, object: Encoded<'_>) -> Result<(), ReadError> {
        let json = object.bytes();
        let written = match (self.dump.as_mut(), read.retention()) {
            (None, _) => Ok(()),
            (Some(dump), Retention::Whole) => dump.object(read.kind(), json),
            // the scope's own pods are among them, and are in the dump already
            (Some(_), Retention::Record) if self.store.holds_pod(json) => Ok(()),
            (Some(dump), Retention::Record) => dump.occupant(json),
        };
        if let Err(error) = written {
            self.trouble.get_or_insert(error);
        }
        let taken = self.store.insert(read.kind(), object, read.retention());
        if let Err(undecodable) = taken {
            let error = ReadError::from(undecodable.source);
            let gap = request::undecodable(read, object, &error).ok_or(error)?;
            self.undecodable.push(gap);
        }
        self.waiting.look(&self.store);
        Ok(())
    }

    fn name(&mut self, read: &Read, name: &Name) -> Result<(), ReadError> {
        let (kind, namespace) = (read.kind(), request::namespace(read));
        let Name { name, r#type } = name;
        if let Some(Err(error)) = self
            .dump
            .as_mut()
            .map(|dump| dump.name(kind, namespace, name, r#type.as_deref()))
        {
            self.trouble.get_or_insert(error);
        }
        let namespace = namespace.unwrap_or_default();
        self.store
            .insert_name(kind, namespace, name, r#type.as_deref());
        Ok(())
    }

    fn finish(self, scope: &Scope) -> Result<(Store, Option<Dumped>)> {
        if let Some(trouble) = self.trouble {
            return Err(trouble);
        }
        let reading = Reading::of(&self.store.snapshot(), scope);
        let dumped = self.dump.map(|dump| dump.finish(&reading)).transpose()?;
        Ok((self.store, dumped))
    }
}

async fn waves(
    client: &Client,
    sink: RefCell<Sink>,
    scope: Scope,
    registry: Option<&RegistryCheck>,
    with_logs: bool,
) -> Result<Gathered> {
    let room = scope.room_for_well();
    sink.borrow_mut().store.keep_of_well(room);
    let scope = first_wave(client, &sink, scope, Absent::Fails).await?;
    if let Some(time) = client.server_time() {
        sink.borrow_mut().store.set_time(time);
    }
    let unread = |wanted: fn(&Scope, &Store) -> Vec<Read>| {
        let store = &sink.borrow().store;
        let reads = plan::unread(wanted(&scope, store), store);
        client.explain(plan::of_few_nodes(&reads, store));
        reads
    };
    for next in [plan::second, plan::third, plan::fourth] {
        wave(client, &sink, unread(next)).await;
    }
    if registry.is_some() {
        wave(client, &sink, unread(plan::registries)).await;
    }
    if with_logs {
        let wanted = logs::wanted(&sink.borrow().store, &scope);
        let logs = logs::read(client, wanted).await;
        let reads = {
            let store = &mut sink.borrow_mut().store;
            store.set_logs(logs);
            plan::unread(plan::told(store), store)
        };
        wave(client, &sink, reads).await;
    }
    let (mut store, dumped) = sink.into_inner().finish(&scope)?;
    if let Some(registry) = registry {
        let answers = registry.of_cluster(client, &store, &scope).await;
        store.set_registry_answers(answers);
    }
    Ok(Gathered {
        store,
        scope,
        traffic: client.traffic(),
        dumped,
    })
}

/// Reads the pods of the scope and what was named, and gives the scope with what a bare name stands for.
async fn first_wave(
    client: &Client,
    sink: &RefCell<Sink>,
    scope: Scope,
    absent: Absent,
) -> Result<Scope> {
    let mut scope = scope;
    let reads = plan::first(&scope);
    let mut first = if scope.is_scan() {
        beside_nodes(client, sink, reads).await
    } else {
        wave(client, sink, reads).await
    };
    if let Some(with_workloads) = missing::or_workloads(client, &scope, &first).await {
        scope = with_workloads;
        let mut more = plan::first(&scope);
        first.retain(|(read, _)| more.contains(read));
        more.retain(|read| first.iter().all(|(done, _)| done != read));
        first.extend(wave(client, sink, more).await);
    }
    let mut failed = BTreeMap::new();
    for (read, outcome) in first {
        if is_used(&sink.borrow().store, &read) {
            continue;
        }
        if let Err(error) = settle(client, &scope, &read, outcome, absent).await {
            let namespace = request::namespace(&read).map(str::to_owned);
            failed.entry(namespace).or_insert(error);
        }
        // of several namespaces one may be out of sight
        if failed.len() >= scope.places().len()
            && let Some((_, error)) = failed.pop_first()
        {
            return Err(error);
        }
    }
    if absent == Absent::Fails && sink.borrow().store.has_no_pods() {
        missing::namespace_is_there(client, &scope).await?;
    }
    Ok(scope)
}

/// The scope with what a bare name stands for, when all that was named is there.
///
/// # Errors
/// As of [`read`].
pub(super) async fn found(client: &Client, scope: Scope, absent: Absent) -> Result<Scope> {
    if !scope.has_names() {
        return Ok(scope);
    }
    first_wave(client, &Sink::new(None)?, scope, absent).await
}

/// Runs the reads of a scan, and that of the nodes beside them as soon as a pod is seen that waits for one: they are asked for
/// in any case.
async fn beside_nodes(
    client: &Client,
    sink: &RefCell<Sink>,
    reads: Vec<Read>,
) -> Vec<(Read, Result<(), ReadError>)> {
    let is_seen = sink.borrow().waiting.is_seen.clone();
    let has_begun = Cell::new(false);
    let nodes = async {
        is_seen.notified().await;
        has_begun.set(true);
        wave(client, sink, vec![plan::nodes()]).await;
    };
    let rest = wave(client, sink, reads);
    let (mut nodes, mut rest) = (pin!(nodes), pin!(rest));
    tokio::select! {
        () = &mut nodes => rest.await,
        settled = &mut rest => {
            if has_begun.get() {
                nodes.await;
            }
            settled
        }
    }
}

/// Runs reads beside each other and records what became of each.
async fn wave(
    client: &Client,
    sink: &RefCell<Sink>,
    reads: Vec<Read>,
) -> Vec<(Read, Result<(), ReadError>)> {
    let outcomes = join_all(reads.iter().map(|read| one(client, sink, read))).await;
    let mut settled = Vec::new();
    let Sink {
        store, undecodable, ..
    } = &mut *sink.borrow_mut();
    for (read, outcome) in reads.into_iter().zip(outcomes) {
        let is_spoiled = undecodable.iter().any(|gap| request::reaches(&read, gap));
        if outcome.is_err() || !is_spoiled {
            request::record(store, &read, &outcome);
        }
        settled.push((read, outcome));
    }
    // another wave may be at work beside this one
    let is_own = |gap: &mut Gap| settled.iter().any(|(read, _)| request::reaches(read, gap));
    for gap in undecodable.extract_if(.., is_own) {
        store.record(gap.kind, gap.read_scope(), Err(gap));
    }
    settled
}

async fn one(client: &Client, sink: &RefCell<Sink>, read: &Read) -> Result<(), ReadError> {
    let mut is_dated = false;
    let mut take = |object: Encoded<'_>| match request::form(read) {
        Accept::Metadata | Accept::Table => {
            let name = request::name_only(object.bytes())?;
            sink.borrow_mut().name(read, &name)
        }
        _ => {
            let mut sink = sink.borrow_mut();
            // what has been well for long by then is not kept
            if !std::mem::replace(&mut is_dated, true) {
                sink.store.saw(client.server_time());
            }
            sink.object(read, object)
        }
    };
    let version = Version::of_scan(read);
    let encoding = sink.borrow().encoding();
    request::send(client, read, version, encoding, &mut take)
        .await
        .map(|_| ())
}

/// Whether pods are bound to the node that was asked for, or mount the claim, or something routes to the Service: then it need
/// not be there to be worth a diagnosis.
fn is_used(store: &Store, read: &Read) -> bool {
    let Read::Get {
        name, namespace, ..
    } = read
    else {
        return false;
    };
    let records = store.pod_records();
    match read.kind() {
        Kind::Node => records.on_node(name).next().is_some(),
        Kind::PersistentVolumeClaim => {
            let mut pods = records.in_namespace(namespace);
            pods.any(|pod| records.claims_of(pod).any(|claim| claim == *name))
        }
        Kind::Service => triage::to_nowhere(store).contains(&(namespace.as_str(), name.as_str())),
        _ => false,
    }
}

/// What of the first wave a diagnosis cannot do without.
async fn settle(
    client: &Client,
    scope: &Scope,
    read: &Read,
    outcome: Result<(), ReadError>,
    absent: Absent,
) -> Result<()> {
    let Err(error) = outcome else { return Ok(()) };
    let is_awaited = absent == Absent::IsAwaited;
    match (read, &error) {
        // of a name alone nobody knows what to wait for
        (Read::Get { .. }, ReadError::NotFound { .. }) if is_awaited && !scope.bare => Ok(()),
        (Read::Get { kind, name, .. }, ReadError::NotFound { .. }) => {
            let failure = missing::absent(client, scope, *kind, name).await;
            bail!(if is_awaited {
                failure.hint(format!(
                    "what does not exist yet is waited for by its kind: deploy/{name}"
                ))
            } else {
                failure
            })
        }
        // without its selector nothing is known of a Service
        (
            Read::Get {
                kind: Kind::Service,
                name,
                ..
            },
            _,
        ) => {
            let failure = Failure::new(format!("service {name} cannot be read"));
            Err(failure.because(error))
        }
        // the pods of a workload that may not be read are still known by their owner's name, and what else is missing is a gap
        _ if read.kind() != Kind::Pod => Ok(()),
        _ => Err(refused(scope, read, error)),
    }
}

pub(super) fn refused(scope: &Scope, read: &Read, error: ReadError) -> anyhow::Error {
    let namespace = request::namespace(read);
    let place = match namespace {
        Some(namespace) => format!("in namespace {namespace}"),
        None => "of the cluster".to_owned(),
    };
    let failure = Failure::new(format!("pods {place} cannot be read"));
    let failure = match (&error, namespace) {
        (ReadError::Forbidden { .. }, Some(_)) => {
            failure.hint(format!("see whether you may: {}", can_i(read)))
        }
        (ReadError::Forbidden { .. }, None) if scope.targets.is_empty() => failure
            .hint("leave out -A to look at the namespace of your context, or name one with -n"),
        (ReadError::Forbidden { .. }, None) => {
            failure.hint("-n names the one namespace whose pods are looked at")
        }
        (other, _) => other.hint().into_iter().fold(failure, Failure::hint),
    };
    failure.because(error)
}

/// The command that shows the missing right.
fn can_i(read: &Read) -> String {
    let (verb, what) = match read {
        Read::Get { name, .. } => ("get", format!("pods/{name}")),
        Read::List { .. } => ("list", "pods".to_owned()),
    };
    let mut words = vec!["kubectl", "auth", "can-i", verb, what.as_str()];
    match request::namespace(read) {
        Some(namespace) => words.extend(["-n", namespace]),
        None => words.push("-A"),
    }
    shell::command(words)
}
