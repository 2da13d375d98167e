//! Cuts a list into its objects, in whatever form the server chose.

use crate::gather::items::{ListHead, ProtobufSplitter, SplitError, Splitter};
use crate::snapshot::Encoded;

/// What cuts the list that is being read.
pub(super) enum Cut {
    /// Of JSON.
    Json(Splitter),
    /// Of protobuf.
    Protobuf(ProtobufSplitter),
}

impl Cut {
    /// Takes the next chunk and hands on every object that ends in it.
    pub(super) fn push<E: From<SplitError>>(
        &mut self,
        chunk: &[u8],
        on_item: &mut dyn FnMut(Encoded<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Cut::Json(splitter) => {
                splitter.push(chunk, &mut |json: &[u8]| on_item(Encoded::Json(json)))
            }
            Cut::Protobuf(splitter) => splitter.push(chunk, on_item),
        }
    }

    /// Says that no chunk follows, and gives what stood around the objects.
    pub(super) fn finish(self) -> Result<ListHead, SplitError> {
        match self {
            Cut::Json(splitter) => splitter.finish(),
            Cut::Protobuf(splitter) => splitter.finish(),
        }
    }
}
