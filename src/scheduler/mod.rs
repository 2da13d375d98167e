//! What kube-scheduler decides, and how it says so.

pub mod message;
