//! Objects that came and are not understood. Of each only what it says is lost; what there is of its kind is no longer known
//! whole, as after such a list of a scan.

use super::Reflected;
use crate::gather::plan::Read;
use crate::gather::read_error::ReadError;
use crate::gather::request;
use crate::snapshot::{Gap, Kind, ObjectKey};
use std::collections::{BTreeMap, BTreeSet};

impl Reflected {
    /// An object came that is not understood: what was known of it is so no more.
    ///
    /// # Errors
    /// When it has no name either.
    pub(super) fn is_unread(
        &mut self,
        read: &Read,
        json: &[u8],
        error: ReadError,
    ) -> Result<ObjectKey, ReadError> {
        let gap = request::undecodable(read, json.into(), &error).ok_or(error)?;
        let name = gap.name.clone().unwrap_or_default();
        let key = (gap.namespace.clone().unwrap_or_default(), name);
        match read.kind() {
            Kind::Event => self.store.retain_events(|event| event.key() != key),
            kind => self.store.remove_key(kind, &key.0, &key.1),
        }
        self.news.changed = true;
        // what is read once is read beside the list that holds it
        let mut lists = self.held.keys();
        let beside = || self.held.keys().find(|list| request::reaches(list, &gap));
        let holder = lists.find(|list| *list == read).or_else(beside).cloned();
        if let Some(holder) = holder
            && let Some(held) = self.held.get_mut(&holder)
        {
            held.unread.insert(key.clone(), gap);
            self.record_reach(&holder);
        }
        Ok(key)
    }

    /// An object is understood, or gone.
    pub(super) fn is_read(&mut self, read: &Read, key: &ObjectKey) {
        let held = self.held.get_mut(read);
        if let Some(gap) = held.and_then(|held| held.unread.remove(key)) {
            self.store.unrecord(read.kind(), &gap.read_scope());
            self.news.changed = true;
            self.record_reach(read);
        }
    }

    /// Nothing but this is there any more.
    pub(super) fn retain_unread(&mut self, read: &Read, there: &BTreeSet<ObjectKey>) {
        let Some(held) = self.held.get_mut(read) else {
            return;
        };
        let unread = std::mem::take(&mut held.unread).into_iter();
        let (unread, gone) = unread.partition(|(key, _)| there.contains(key));
        held.unread = unread;
        let gone: BTreeMap<ObjectKey, Gap> = gone;
        for gap in gone.values() {
            self.store.unrecord(read.kind(), &gap.read_scope());
        }
        self.record_reach(read);
    }

    /// Records how far this read reaches by now: whole only where everything that came is understood.
    fn record_reach(&mut self, read: &Read) {
        let Some(held) = self.held.get(read) else {
            return;
        };
        if held.unread.is_empty() {
            if held.was_whole && held.listed.is_none() && held.lost.is_none() {
                request::record(&mut self.store, read, &Ok(()));
            }
            return;
        }
        request::unrecord(&mut self.store, read);
        for gap in held.unread.values() {
            let scope = gap.read_scope();
            self.store.record(read.kind(), scope, Err(gap.clone()));
        }
    }
}
