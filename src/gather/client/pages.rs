//! Sees to it that a list ends, whatever tokens a server invents for its next page.

use super::super::kubeconfig::Deadline;
use super::super::read_error::ReadError;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;
use tokio::time::Instant;

/// All pages of a list together, unless requests may take for ever.
const LIST_TIMEOUT: Duration = Duration::from_secs(600);
/// The API server fills a page, unless it is the last (apiserver `pkg/storage/etcd3/store.go`).
const EMPTY_PAGES: u32 = 8;

/// The pages of one list.
pub(super) struct Pages {
    began: Instant,
    whole: Option<Duration>,
    /// The first object of each page: they come in order, so that none comes twice.
    firsts: HashSet<u64>,
    is_empty: bool,
    empty: u32,
}

impl Pages {
    pub(super) fn new(deadline: Deadline) -> Self {
        Self {
            began: Instant::now(),
            whole: deadline.total.map(|total| total.max(LIST_TIMEOUT)),
            firsts: HashSet::new(),
            is_empty: false,
            empty: 0,
        }
    }

    /// Another page is asked for.
    pub(super) fn next(&mut self) -> Result<(), ReadError> {
        let after = self.began.elapsed();
        if self.whole.is_some_and(|whole| after > whole) {
            return Err(ReadError::TimedOut { after });
        }
        self.empty = if self.is_empty { self.empty + 1 } else { 0 };
        if self.empty > EMPTY_PAGES {
            return Err(endless("its pages are empty"));
        }
        self.is_empty = true;
        Ok(())
    }

    /// An object came.
    pub(super) fn item(&mut self, json: &[u8]) -> Result<(), ReadError> {
        if std::mem::replace(&mut self.is_empty, false) {
            let mut hasher = DefaultHasher::new();
            json.hash(&mut hasher);
            if !self.firsts.insert(hasher.finish()) {
                return Err(endless("a page comes again"));
            }
        }
        Ok(())
    }
}

/// The server goes on for ever.
pub(super) fn endless(why: &str) -> ReadError {
    ReadError::Invalid {
        message: format!("the list does not end: {why}"),
    }
}
