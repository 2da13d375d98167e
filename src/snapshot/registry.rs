//! What registries answered about images, with `--check-registry`: words and numbers, never a login.
//!
//! They were asked from the machine that this runs on, which is not the node. What an answer means is told here, since it is
//! read off the answer alone: a registry that shows its tags has the repository, one that refuses may hide it.

use super::Store;
use super::catalog::ObjectKey;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Answers by the complete name of the image: `docker.io/library/web:1`.
pub type RegistryAnswers = BTreeMap<String, RegistryAnswer>;

/// What a registry answered about one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryAnswer {
    /// The host that was asked, with its port where one is given.
    pub host: String,
    /// The proxy by which it was asked, without its login.
    pub proxy: Option<String>,
    /// It speaks plain HTTP behind that port.
    pub plain_http: bool,
    /// Asked without a login, then with each that the pods could have used.
    pub views: Vec<View>,
}

/// An image as it is seen with one login, or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Namespace and name of the Secret that holds the login.
    pub login: Option<ObjectKey>,
    /// What became of it.
    pub outcome: Result<Shown, Unasked>,
}

/// What a registry shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// What became of the login.
    pub login: LoginState,
    /// The answer about the tag or digest.
    pub manifest: Said,
    /// The answer about the tags of the repository; absent where nobody needed them.
    pub tags: Option<Said>,
    /// The tags, in the registry's order.
    pub tag_names: Vec<String>,
    /// There are more tags than were read.
    pub more_tags: bool,
    /// The platforms of the image, as far as it tells: `linux/amd64`.
    pub platforms: Vec<String>,
    /// How many pulls are left.
    pub limit: Option<RateLimit>,
    /// The other hosts that it sent the question on to.
    pub sent_on: Vec<String>,
}

/// One answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What was asked: `https://registry.example/v2/shop/web/manifests/1`.
    pub url: String,
    /// The status of HTTP.
    pub status: u16,
    /// The code of the error in it: `MANIFEST_UNKNOWN`; empty without one.
    pub code: String,
    /// Its words, shortened.
    pub words: String,
}

/// How many pulls a registry still allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// Of so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// So many are left.
    pub remaining: u32,
    /// In so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_seconds: Option<u32>,
}

/// What became of a login.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LoginState {
    /// None was given.
    #[default]
    None,
    /// Nobody asked for it.
    NotWanted,
    /// It is a good one, whatever it may see.
    Accepted,
    /// It is wrong, or has run out.
    Refused,
    /// It is refused, or has no right to pull: the registry does not tell which.
    Denied,
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It is.
    There,
    /// It is not.
    Absent,
    /// It is not shown to this login, be it there or not.
    Hidden,
    /// The answer does not tell.
    Unknown,
}

impl Store {
    /// Takes in what registries answered.
    pub fn set_registry_answers(&mut self, answers: RegistryAnswers) {
        self.registry_answers = answers;
    }

    /// What a registry answered about an image, given by its complete name, where it was asked. Nobody follows that: it is
    /// asked once, and never of a watch.
    pub fn registry_answer(&self, image: &str) -> Option<&RegistryAnswer> {
        self.registry_answers.get(image)
    }
}

impl Shown {
    /// Whether the repository is there.
    pub fn repository(&self) -> Presence {
        let tags = self.tags.as_ref();
        let of_tags = |status| tags.is_some_and(|tags| tags.status == status);
        if self.manifest.status == 200 || of_tags(200) {
            return Presence::There;
        }
        // of a repository that is there the list of tags is, too (OCI distribution-spec, "Listing Tags"); codes differ
        let has_no_list = tags.is_some_and(|tags| tags.status == 404 && !tags.code.is_empty());
        let is_unknown = self.manifest.status == 404 && self.manifest.code == "NAME_UNKNOWN";
        if is_unknown || has_no_list {
            return Presence::Absent;
        }
        self.refused()
    }

    /// Whether the tag or digest is there.
    pub fn version(&self) -> Presence {
        match self.manifest.status {
            200 => Presence::There,
            404 if !self.manifest.code.is_empty() => Presence::Absent,
            404 if self.repository() != Presence::Unknown => Presence::Absent,
            _ => self.refused(),
        }
    }

    fn refused(&self) -> Presence {
        match self.manifest.status {
            401 | 403 => Presence::Hidden,
            _ => Presence::Unknown,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unasked {
    /// The kind of trouble.
    pub why: WhyUnasked,
    /// The words of who knows it.
    pub words: String,
}

/// Why a registry gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyUnasked {
    /// Its name does not resolve.
    Dns,
    /// Nobody answers at its address, or the way there is cut.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// It speaks no TLS behind that port.
    NotTls,
    /// Its certificate is refused.
    Certificate(CertificateFault, Vec<Issued>),
    /// What stands between does not let the question through.
    Proxy,
    /// What it answers is not HTTP, or breaks off.
    Broken,
    /// The login could not be read.
    NoLogin(NoLogin),
    /// There were too many images to ask for each.
    TooMany,
}

/// Why a Secret gives no login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NoLogin {
    /// Its value may not be read, or could not.
    Unread,
    /// It does not exist.
    Absent,
    /// A dump holds no values.
    NotInDump,
    /// It holds none for this registry.
    OtherRegistry,
    /// What it holds is not understood.
    Unreadable,
    /// The registry asks for it over a way on which others could read it.
    Unsafe,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFault {
    /// Signed by nobody whom this machine trusts.
    UnknownAuthority,
    /// Its time is over.
    Expired(Option<Timestamp>),
    /// Its time has not come.
    NotYetValid(Option<Timestamp>),
    /// It is for these names.
    WrongName(Vec<String>),
    /// Anything else.
    Other,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Issued {
    /// For whom.
    pub subject: String,
    /// By whom.
    pub issuer: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, code: &str) -> Said {
        Said {
            status,
            code: code.to_owned(),
            ..Said::default()
        }
    }

    #[test]
    fn an_answer_tells_what_is_there_and_what_it_may_hide() {
        use Presence::{Absent, Hidden, There, Unknown};
        let unknown = "NAME_UNKNOWN";
        for (manifest, tags, repository, version) in [
            (said(200, ""), None, There, There),
            (
                said(404, "MANIFEST_UNKNOWN"),
                Some(said(200, "")),
                There,
                Absent,
            ),
            (said(404, ""), Some(said(200, "")), There, Absent),
            (
                said(404, "MANIFEST_UNKNOWN"),
                Some(said(404, unknown)),
                Absent,
                Absent,
            ),
            (
                said(404, "NOT_FOUND"),
                Some(said(404, "NOT_FOUND")),
                Absent,
                Absent,
            ),
            (said(404, unknown), None, Absent, Absent),
            (
                said(404, "MANIFEST_UNKNOWN"),
                Some(said(401, "UNAUTHORIZED")),
                Unknown,
                Absent,
            ),
            // a page of something that is no registry
            (said(404, ""), Some(said(404, "")), Unknown, Unknown),
            (said(401, "UNAUTHORIZED"), None, Hidden, Hidden),
            (said(403, "DENIED"), None, Hidden, Hidden),
            (said(429, "TOOMANYREQUESTS"), None, Unknown, Unknown),
            (said(502, ""), None, Unknown, Unknown),
        ] {
            let shown = Shown {
                manifest: manifest.clone(),
                tags: tags.clone(),
                ..Shown::default()
            };
            let found = (shown.repository(), shown.version());
            assert_eq!(found, (repository, version), "{manifest:?} {tags:?}");
        }
    }
}
