//! What one request asks for, and which answers answer it.

use super::query::Wanted;
use crate::gather::items::SplitError;
use crate::gather::read_error::{ReadError, clean};
use crate::snapshot::Kind;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use std::borrow::Cow;

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// Whether an answer says that it is protobuf.
pub(super) fn is_protobuf(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE);
    declared.is_some_and(|declared| declared.as_bytes().starts_with(PROTOBUF.as_bytes()))
}

/// The form in which an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    /// The objects.
    Json,
    /// The objects of a list as protobuf, or as JSON where the server has no other.
    Protobuf,
    /// Their metadata only.
    Metadata,
    /// The rows that `kubectl get` prints.
    Table,
    /// Whatever the server sends, as for logs.
    Text,
}

impl Accept {
    /// The header for a list or for one object. Source: Kubernetes API concepts, "Alternate representations".
    ///
    /// An API server that cannot leave out managedFields ignores that it is asked to (apiserver 0.37
    /// `pkg/endpoints/handlers/negotiation/negotiate.go`; KEP-5958 has it for JSON). Of workloads they tell who wrote last.
    pub(super) fn header(self, list: bool, kind: Option<Kind>) -> &'static str {
        match (self, list) {
            (Self::Json, _) => "application/json",
            (Self::Protobuf, _) if kind.is_some_and(Kind::is_workload) => {
                "application/vnd.kubernetes.protobuf, application/json"
            }
            (Self::Protobuf, _) => {
                "application/vnd.kubernetes.protobuf;drop=metadata.managedFields, \
                 application/json;drop=metadata.managedFields, application/json"
            }
            (Self::Metadata, true) => {
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
            }
            (Self::Metadata, false) => {
                "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
            }
            (Self::Table, _) => "application/json;as=Table;g=meta.k8s.io;v=v1",
            (Self::Text, _) => "*/*",
        }
    }

    /// Whether an answer that says to be this may be one to a question for this kind. Who cannot give metadata alone or
    /// a table may give the object.
    pub(super) fn is_answered_by(
        self,
        wanted: Kind,
        list: bool,
        kind: &str,
        version: &str,
    ) -> bool {
        if kind.is_empty() {
            // what says nothing of itself claims to be nothing else
            return true;
        }
        let end = if list { "List" } else { "" };
        let of_meta = match self {
            Self::Text => return true,
            Self::Json | Self::Protobuf => false,
            Self::Metadata => kind.strip_suffix(end) == Some("PartialObjectMetadata"),
            Self::Table => kind == "Table",
        };
        let is_object = kind.strip_suffix(end) == Some(wanted.as_str());
        let is_version = |known: &str| version.is_empty() || version == known;
        of_meta && (version.is_empty() || version.starts_with("meta.k8s.io/"))
            || is_object && (is_version(&wanted.api_version()))
    }

    /// The key of the array in a list of this form.
    pub(super) fn array(self) -> &'static str {
        if self == Self::Table { "rows" } else { "items" }
    }
}

/// One request, as often as it is sent.
pub(super) struct Ask<'a> {
    pub(super) uri: &'a str,
    pub(super) accept: Accept,
    pub(super) list: bool,
}

/// What one answer says that it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told<'a> {
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    api_version: Option<Cow<'a, str>>,
}

impl Ask<'_> {
    /// The one object that is asked for, if one is.
    pub(super) fn object(&self) -> Option<Wanted<'_>> {
        Wanted::of(self.uri).filter(|_| !self.list)
    }

    /// The kind that is asked for, if it is one.
    pub(super) fn kind(&self) -> Option<Kind> {
        Wanted::of(self.uri).map(|wanted| wanted.kind)
    }

    /// A proxy may answer for something else.
    pub(super) fn check_kind(&self, told: &Told<'_>) -> Result<(), ReadError> {
        let (kind, version) = (told.kind.as_deref(), told.api_version.as_deref());
        let (kind, version) = (kind.unwrap_or_default(), version.unwrap_or_default());
        match self.object() {
            Some(wanted)
                if !self
                    .accept
                    .is_answered_by(wanted.kind, false, kind, version) =>
            {
                Err(SplitError::OtherKind.into())
            }
            _ => Ok(()),
        }
    }

    /// A login page is a success to HTTP; it is no answer to us.
    pub(super) fn check_type(&self, headers: &HeaderMap) -> Result<(), ReadError> {
        let declared = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        match declared {
            Some(declared)
                if self.accept != Accept::Text
                    && !declared.contains("json")
                    && !(self.accept == Accept::Protobuf && declared.starts_with(PROTOBUF)) =>
            {
                let declared = declared.split(';').next().unwrap_or_default();
                let message = format!("the answer is {}, not json", clean(declared));
                Err(ReadError::Invalid { message })
            }
            _ => Ok(()),
        }
    }
}
