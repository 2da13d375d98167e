//! What the reflectors share: the connection, what is meant, and what they fill.

use super::backoff::Pace;
use super::reflected::Reflected;
use crate::gather::ConnectError;
use crate::gather::client::{Client, Traffic};
use crate::gather::kubeconfig::{ConnectionFlags, Environment, resolve};
use crate::triage::Scope;
use std::cell::{Cell, Ref, RefCell, RefMut};
use std::rc::Rc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A connection that is made anew when its credentials have expired.
pub(super) struct Link {
    flags: ConnectionFlags,
    environment: Environment,
    client: RefCell<Rc<Client>>,
    namespace: String,
    renewed: Cell<Instant>,
    /// By the clients before this one.
    spent: Cell<Traffic>,
}

/// What the reflectors share.
pub(super) struct Shared {
    link: Link,
    pub(super) pace: Pace,
    pub(super) scope: Scope,
    reflected: RefCell<Reflected>,
    notify: Notify,
}

impl Link {
    pub(super) async fn connect(
        flags: &ConnectionFlags,
        environment: &Environment,
    ) -> Result<Link, ConnectError> {
        let connection = resolve(flags, environment)?;
        Ok(Link {
            flags: flags.clone(),
            environment: environment.clone(),
            client: RefCell::new(Rc::new(Client::connect(&connection).await?)),
            namespace: connection.namespace,
            renewed: Cell::new(Instant::now()),
            spent: Cell::default(),
        })
    }

    /// The namespace of the context.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The connection of now.
    pub(super) fn client(&self) -> Rc<Client> {
        Rc::clone(&self.client.borrow())
    }

    /// Follows this.
    pub(super) fn of(self, scope: Scope, pace: Pace) -> Shared {
        Shared {
            reflected: RefCell::new(Reflected::new(scope.room_for_well())),
            link: self,
            pace,
            scope,
            notify: Notify::new(),
        }
    }
}

impl Shared {
    /// The connection of now.
    pub(super) fn client(&self) -> Rc<Client> {
        self.link.client()
    }

    pub(super) fn reflected(&self) -> Ref<'_, Reflected> {
        self.reflected.borrow()
    }

    /// To change it. Never held over an `await`.
    pub(super) fn reflected_mut(&self) -> RefMut<'_, Reflected> {
        self.reflected.borrow_mut()
    }

    /// Says that there is something to look at.
    pub(super) fn tell(&self) {
        self.notify.notify_one();
    }

    /// Waits until there is something to look at.
    pub(super) async fn notice(&self) {
        self.notify.notified().await;
    }

    /// What all requests cost.
    pub(super) fn traffic(&self) -> Traffic {
        self.link.spent.get() + self.client().traffic()
    }

    /// Reads the credentials again, and runs the plugin that gives them: those of before are refused.
    pub(super) async fn renew(&self) {
        let link = &self.link;
        if link.renewed.get().elapsed() < self.pace.renewal {
            return;
        }
        link.renewed.set(Instant::now());
        // what fails here is told by the next request, with the old credentials
        let Ok(connection) = resolve(&link.flags, &link.environment) else {
            return;
        };
        if let Ok(client) = Client::connect(&connection).await {
            link.spent.set(self.traffic());
            *link.client.borrow_mut() = Rc::new(client);
        }
    }
}
