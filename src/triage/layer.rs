//! The layers that a pod passes on its way into service.

use serde::Serialize;
use std::fmt;

/// A layer that a pod passes on its way into service, in order; removal stands apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The API server takes the pod in.
    Admission,
    /// The scheduler finds a node.
    Scheduling,
    /// The node's kubelet accepts it.
    Node,
    /// Its volumes are there and mounted.
    Volume,
    /// It gets a sandbox and an address.
    Network,
    /// Its images are pulled.
    Image,
    /// Its containers start and stay up.
    Container,
    /// Its probes pass.
    Health,
    /// Services send traffic to it.
    Service,
    /// It goes away when deleted.
    Removal,
}

impl Layer {
    /// Every layer, in order.
    pub const ALL: [Layer; 10] = [
        Layer::Admission,
        Layer::Scheduling,
        Layer::Node,
        Layer::Volume,
        Layer::Network,
        Layer::Image,
        Layer::Container,
        Layer::Health,
        Layer::Service,
        Layer::Removal,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Layer::Admission => "admission",
            Layer::Scheduling => "scheduling",
            Layer::Node => "node",
            Layer::Volume => "volume",
            Layer::Network => "network",
            Layer::Image => "image",
            Layer::Container => "container",
            Layer::Health => "health",
            Layer::Service => "service",
            Layer::Removal => "removal",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
