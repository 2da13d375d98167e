//! Where pod records stand: in pieces, so that one more never moves the others.

use super::PodRecord;

/// How many stand in a piece.
const PIECE: usize = 1024;

/// Pod records by their places. Places are given again, so that memory does not grow with churn.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pieces: Vec<Vec<Option<PodRecord>>>,
    vacant: Vec<u32>,
}

impl Places {
    /// Puts one in, and tells where; none where there are more than can be counted.
    pub(super) fn put(&mut self, record: PodRecord) -> Option<u32> {
        if let Some(at) = self.vacant.pop() {
            *self.slot(at)? = Some(record);
            return Some(at);
        }
        if self.pieces.last().is_none_or(|piece| piece.len() == PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        let before = (self.pieces.len() - 1) * PIECE;
        let piece = self.pieces.last_mut()?;
        let at = u32::try_from(before + piece.len()).ok()?;
        piece.push(Some(record));
        Some(at)
    }

    /// Takes one out.
    pub(super) fn take(&mut self, at: u32) -> Option<PodRecord> {
        let record = self.slot(at)?.take()?;
        self.vacant.push(at);
        Some(record)
    }

    pub(super) fn get(&self, at: u32) -> Option<&PodRecord> {
        let at = at as usize;
        self.pieces.get(at / PIECE)?.get(at % PIECE)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut PodRecord> {
        self.slot(at)?.as_mut()
    }

    /// Whether the one that stands there comes before this one, in order of namespace and name.
    pub(super) fn is_before<'a>(&'a self, this: &'a PodRecord) -> impl Fn(u32) -> bool + Copy + 'a {
        let order = |record: &'a PodRecord| (&record.namespace, &record.name);
        move |at| self.get(at).is_some_and(|other| order(other) < order(this))
    }

    fn slot(&mut self, at: u32) -> Option<&mut Option<PodRecord>> {
        let at = at as usize;
        self.pieces.get_mut(at / PIECE)?.get_mut(at % PIECE)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places() - self.vacant.len()
    }

    /// For how many there is a place.
    pub(super) fn places(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }
}
