//! What people paste: `kubectl describe`, tables of events, and YAML or JSON, with what they wrote around it.
//!
//! [`cut`] finds the pieces, [`tree`] reads the shape of a description, and a file a kind makes of it the object that the API
//! server would have given, as far as it is shown. From there on it goes the way of every object of a dump. What is not shown
//! is absent from the object, and the object says so ([`DESCRIBED`](crate::snapshot::DESCRIBED)): nobody may take such an
//! absence for one on the cluster.
//!
//! # What it proves
//! An object that is described proves nothing about others, and of its own events it shows all. An object that was
//! saved whole is not replaced by its description. One whose description breaks off is missing, and so is a pod that is not well
//! by its row in a table and is nowhere else.
//!
//! Descriptions say how long ago an event was and never when. The time of the description is taken as near as the text tells
//! it: a pod's start and the age of its event `Scheduled`, or else the newest time in the text. That is hardly ever later than
//! it was, so that an event looks older than it is and not younger.

mod container;
mod cut;
mod events;
mod node;
mod object;
mod pod;
mod pod_volume;
mod service;
mod storage;
mod table;
mod time;
mod tree;
mod workload;

use super::error::Fault;
use super::sniff::{self, Form};
use super::take::DumpSink;
use super::{json, yaml};
use crate::snapshot::{Kind, ReadScope};
use cut::Piece;
use jiff::Timestamp;
use object::Described;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

/// No issue and no log of a collector's commands is larger.
const LIMIT: usize = 64 << 20;

/// Whether a text holds something that kubectl printed, between other lines.
pub(super) fn is_pasted(text: &str) -> bool {
    let pieces = cut::pieces(text);
    let is_table = |piece: &Piece| matches!(piece, Piece::Table(..));
    !pieces.iter().all(is_table)
}

/// Whether a text is a table of pods as kubectl prints it.
pub(super) fn is_of_pods(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let is_of_pods = |piece: &Piece| matches!(piece, Piece::Table(lines, _) if !table::of_pods(lines).is_empty());
    cut::pieces(&text).iter().any(is_of_pods)
}

/// Whether a fence of Markdown or a command stands in a text, after which what is pasted begins.
pub(super) fn is_marked(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.any(|line| cut::fence(line).is_some() || cut::command(line).is_some())
}

/// Whether a line is a fence of Markdown or of a tracker.
pub(super) fn is_fence(line: &str) -> bool {
    cut::fence(line).is_some()
}

/// What a text holds that tells no cause.
pub(super) enum Silent {
    /// A table of `kubectl get`.
    Table,
    /// Descriptions of kinds that nothing is read of.
    Described,
}

/// What of kubectl's output a text holds, where none of it could be read.
pub(super) fn silent(text: &str) -> Option<Silent> {
    cut::pieces(text).iter().find_map(|piece| match piece {
        Piece::Table(..) => Some(Silent::Table),
        Piece::Described(_) | Piece::Rest => Some(Silent::Described),
        Piece::Events(..) | Piece::Manifest(_) => None,
    })
}

/// Reads all pieces of a text.
pub(super) fn read(reader: &mut dyn BufRead, sink: &mut DumpSink<'_>) -> Result<(), Fault> {
    let mut bytes = Vec::new();
    Read::take(reader, LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > LIMIT {
        return Err(Fault::TooLarge { limit: LIMIT });
    }
    let text = String::from_utf8_lossy(&bytes);
    let pieces = cut::pieces(&text);
    let mut objects: Vec<Described> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Described(lines) => Described::read(lines),
            _ => None,
        })
        .collect();
    for piece in &pieces {
        if let Piece::Manifest(text) = piece {
            manifest(text, sink)?;
        }
    }
    let newest = objects.iter().filter_map(|object| object.newest).max();
    let now = newest.max(sink.newest()).unwrap_or(Timestamp::UNIX_EPOCH);
    // a collector may have saved the objects too, and they tell more
    let is_new = |object: &Described| {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        !sink.holds(object.kind, namespace, &object.name)
    };
    objects.retain(is_new);
    for object in &mut objects {
        object.now = object.told.unwrap_or(now);
        described(object, sink)?;
    }
    for piece in &pieces {
        match piece {
            Piece::Rest => sink.missing(Kind::Pod, &Fault::BrokenOff),
            Piece::Described(lines) => {
                // of a kind that was described before it
                let kind = objects.last().map_or(Kind::Pod, |object| object.kind);
                let name = object::name_alone(lines);
                name.into_iter()
                    .for_each(|name| sink.missing_one(kind, None, name, &Fault::BrokenOff));
            }
            Piece::Table(lines, namespace) => {
                let namespace = namespace.clone().or_else(|| sink.only_namespace());
                rows_of_pods(lines, namespace.as_deref(), sink);
            }
            _ => {}
        }
    }
    text.lines().for_each(|line| sink.said(line.trim()));
    for piece in &pieces {
        if let Piece::Events(lines, namespace) = piece {
            let namespace = namespace.clone().or_else(|| sink.only_namespace());
            take(&events::listed(lines, namespace.as_deref(), now), sink)?;
            sink.no_earlier(now);
        }
    }
    Ok(())
}

fn described(object: &Described, sink: &mut DumpSink<'_>) -> Result<(), Fault> {
    sink.no_earlier(object.now);
    if object.is_cut {
        let namespace = object.namespace.as_deref();
        sink.missing_one(object.kind, namespace, &object.name, &Fault::BrokenOff);
    }
    if object.is_head() {
        return Ok(());
    }
    take(&[object.object()], sink)?;
    take(&object.events(), sink)?;
    // two objects of other kinds may share the name
    if object.events.is_some() && matches!(object.kind, Kind::Pod | Kind::PersistentVolumeClaim) {
        let namespace = object.namespace.clone().unwrap_or_default();
        sink.whole(
            Kind::Event,
            ReadScope::Object(namespace, object.name.clone()),
        );
    }
    Ok(())
}

fn take(objects: &[Value], sink: &mut DumpSink<'_>) -> Result<(), Fault> {
    objects
        .iter()
        .try_for_each(|object| sink.single(object.to_string().as_bytes()))
}

/// Pods of which nothing but a row of `kubectl get pods` is there, which are not well.
fn rows_of_pods(lines: &[String], namespace: Option<&str>, sink: &mut DumpSink<'_>) {
    // of a table that goes on, as with `-w`, the last row of a pod counts
    let mut rows = BTreeMap::new();
    for row in table::of_pods(lines) {
        let namespace = row.namespace.or(namespace);
        rows.insert((namespace, row.name), row.is_well);
    }
    rows.retain(|(namespace, name), is_well| !*is_well && !sink.holds_pod(*namespace, name));
    for (namespace, name) in rows.into_keys() {
        sink.missing_one(Kind::Pod, namespace, name, &Fault::Row);
    }
}

/// YAML or JSON that stands in a text. What cannot be read of it is missing, and what is no object was never meant.
fn manifest(text: &str, sink: &mut DumpSink<'_>) -> Result<(), Fault> {
    let mut reader = text.as_bytes();
    let outcome = match sniff::form(text.as_bytes()) {
        Some(Form::Json) => json::read(&mut reader, sink),
        _ => yaml::read(&mut reader, sink, yaml::WHOLE),
    };
    match outcome {
        Err(Fault::Foreign) => Ok(()),
        Err(fault) => {
            let kinds: BTreeSet<Kind> = sniff::kinds(text.as_bytes()).into_iter().collect();
            kinds
                .into_iter()
                .for_each(|kind| sink.missing(kind, &fault));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
