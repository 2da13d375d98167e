//! What the registry answered about a failed pull when it was asked, with `--check-registry`.
//!
//! Who asked was this machine and not the node: a firewall, a mirror or a clock may be the node's alone. What is there or not
//! there is so for both.

use super::failed_pull::FailedPull;
use super::{hosts, pull_secrets};
use crate::kubernetes::image_reference::ImageReference;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::snapshot::{
    Evidence, LoginState, NoLogin, Origin, Presence, RegistryAnswer, Shown, View, WhyUnasked,
};
use crate::text::{Sentence, say};

/// The answer, and what of it this pod could see.
#[derive(Debug)]
pub(super) struct Asked<'c> {
    pub(super) answer: &'c RegistryAnswer,
    /// Without a login, then with each Secret of the pod.
    pub(super) views: Vec<&'c View>,
    pub(super) verdict: Verdict,
    /// It is the registry that the node means: a host like `localhost` is another machine there.
    pub(super) is_of_node: bool,
}

/// What is known of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is there.
    There,
    /// Its repository is there, the tag or digest is not.
    NoVersion,
    /// The registry has no such repository.
    NoRepository,
    /// There is nothing under that name; of the repository alone nothing is known.
    Nothing,
    /// It is hidden from every login that the pod could have used.
    Hidden,
    /// Nothing.
    Unknown,
}

/// What was answered about this pull.
pub(super) fn of<'c>(failed: &FailedPull<'c>) -> Option<Asked<'c>> {
    if failed.of_sandbox {
        return None;
    }
    let image = ImageReference::parse(failed.image).ok()?.complete();
    let store = failed.case.snapshot.store();
    let answer = store.registry_answer(&image.to_string())?;
    let named = pull_secrets::named(failed.case);
    let is_of_pod = |view: &&View| match &view.login {
        None => true,
        Some((namespace, secret)) => {
            namespace == failed.case.namespace() && named.iter().any(|named| named.name == secret)
        }
    };
    let views: Vec<&View> = answer.views.iter().filter(is_of_pod).collect();
    Some(Asked {
        answer,
        verdict: verdict(&views, may_see_more(failed, &image.registry, &views)),
        views,
        is_of_node: !hosts::is_loopback(&image.registry),
    })
}

/// Whether the node may be shown what was not shown here: it has a login that was not tried, or that is not accepted.
fn may_see_more(failed: &FailedPull<'_>, registry: &str, views: &[&View]) -> bool {
    let is_good = |view: &View| {
        let shown = view.outcome.as_ref().ok();
        shown.is_some_and(|shown| {
            matches!(shown.login, LoginState::Accepted | LoginState::NotWanted)
        })
    };
    let is_none = |view: &View| match &view.outcome {
        Err(unasked) => matches!(
            unasked.why,
            WhyUnasked::NoLogin(NoLogin::Absent | NoLogin::OtherRegistry | NoLogin::Unreadable)
        ),
        Ok(_) => false,
    };
    let mut logins = views.iter().filter(|view| view.login.is_some());
    let is_of_node = hosts::cloud(registry).is_some() || failed.pull.anonymous == Some(false);
    let has_good = views
        .iter()
        .any(|view| view.login.is_some() && is_good(view));
    !has_good && (logins.any(|view| !is_none(view)) || is_of_node)
}

fn verdict(views: &[&View], may_see_more: bool) -> Verdict {
    let shown = views.iter().filter_map(|view| view.outcome.as_ref().ok());
    let verdicts = shown.map(|shown| match of_view(shown) {
        // registries hide as if it were absent, too
        Verdict::NoRepository | Verdict::Nothing if may_see_more => Verdict::Hidden,
        verdict => verdict,
    });
    verdicts.min_by_key(rank).unwrap_or(Verdict::Unknown)
}

/// What one view tells.
fn of_view(shown: &Shown) -> Verdict {
    match (shown.version(), shown.repository()) {
        (Presence::There, _) => Verdict::There,
        (_, Presence::Absent) => Verdict::NoRepository,
        (Presence::Absent, Presence::There) => Verdict::NoVersion,
        (Presence::Absent, _) => Verdict::Nothing,
        (Presence::Hidden, _) => Verdict::Hidden,
        (Presence::Unknown, _) => Verdict::Unknown,
    }
}

/// What tells most, first: who may see it knows better than who may not.
fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::There => 0,
        Verdict::NoVersion => 1,
        Verdict::NoRepository => 2,
        Verdict::Nothing => 3,
        Verdict::Hidden => 4,
        Verdict::Unknown => 5,
    }
}

/// Whether the words may stand for something that is not there.
fn is_of_absence(said: PullFailure) -> bool {
    use PullFailure as F;
    matches!(said, F::Auth | F::NotFound | F::TagNotFound | F::Unknown)
}

impl<'c> Asked<'c> {
    /// The first view that tells this.
    pub(super) fn view(&self, verdict: Verdict) -> Option<(&'c View, &'c Shown)> {
        let mut shown = self.shown();
        shown.find(|(_, shown)| of_view(shown) == verdict)
    }

    /// The views that have an answer.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&'c View, &'c Shown)> + use<'_, 'c> {
        let views = self.views.iter();
        views.filter_map(|view| Some((*view, view.outcome.as_ref().ok()?)))
    }

    /// The tags of the repository, and whether there are more.
    pub(super) fn tags(&self) -> Option<(&'c [String], bool)> {
        let mut shown = self
            .shown()
            .filter(|(_, shown)| !shown.tag_names.is_empty());
        shown
            .next()
            .map(|(_, shown)| (shown.tag_names.as_slice(), shown.more_tags))
    }

    /// The platforms of the image.
    pub(super) fn platforms(&self) -> &'c [String] {
        let mut shown = self.shown().map(|(_, shown)| shown.platforms.as_slice());
        shown
            .find(|platforms| !platforms.is_empty())
            .unwrap_or_default()
    }

    /// Whether a login of the pod fared so.
    fn has_login(&self, states: &[LoginState]) -> bool {
        self.shown().any(|(_, shown)| states.contains(&shown.login))
    }

    /// The class of the failure by what is known now.
    pub(super) fn failure(&self, said: PullFailure) -> PullFailure {
        use PullFailure as F;
        match (said, self.verdict) {
            _ if !self.is_of_node => said,
            (F::Auth, _) if self.has_login(&[LoginState::Refused, LoginState::Denied]) => said,
            (_, Verdict::NoVersion) if is_of_absence(said) => F::TagNotFound,
            (_, Verdict::NoRepository) if is_of_absence(said) => F::NotFound,
            _ => said,
        }
    }

    /// The answer that settles it, word for word.
    pub(super) fn evidence(&self, failed: &FailedPull<'_>) -> Option<Evidence> {
        let (view, shown) = self.view(self.verdict).filter(|_| self.is_of_node)?;
        let said = match (self.verdict, &shown.tags) {
            (Verdict::Unknown, _) => return None,
            (Verdict::NoVersion | Verdict::NoRepository, Some(tags)) => tags,
            _ => &shown.manifest,
        };
        let words = match (said.code.as_str(), said.words.as_str()) {
            _ if self.verdict == Verdict::There => String::new(),
            ("", "") => String::new(),
            ("", words) => format!(": {words}"),
            (code, "") => format!(": {code}"),
            (code, words) => format!(": {code}: {words}"),
        };
        Some(Evidence {
            object: failed.case.pod().object(),
            origin: Origin::Registry {
                host: self.answer.host.clone(),
                secret: view.login.as_ref().map(|(_, secret)| secret.clone()),
            },
            quote: format!("{}: {}{words}", said.url, said.status),
        })
    }
}

/// Where the image is there for the login with which the node asks: what the node was told is over, or was told by another.
pub(super) fn is_there_now(failed: &FailedPull<'_>) -> bool {
    let of_pod = pull_secrets::pod_names_any(failed.case);
    let asked = failed.asked.as_ref().filter(|asked| asked.is_of_node);
    asked.is_some_and(|asked| {
        let mut there = asked
            .shown()
            .filter(|(_, shown)| of_view(shown) == Verdict::There);
        there.any(|(view, _)| view.login.is_some() == of_pod)
    })
}

/// Whether the registry refuses a login of the pod to this machine as well.
pub(super) fn refuses_login(failed: &FailedPull<'_>) -> bool {
    let asked = failed.asked.as_ref().filter(|asked| asked.is_of_node);
    asked.is_some_and(|asked| asked.has_login(&[LoginState::Refused]))
}

/// Why a login is refused, where it was tried from here.
pub(super) fn why_refused(failed: &FailedPull<'_>) -> Option<Sentence> {
    let has_no_right = || {
        let asked = failed.asked.as_ref().filter(|asked| asked.is_of_node)?;
        let is_good = asked.has_login(&[LoginState::Accepted]);
        (is_good && asked.verdict == Verdict::Hidden).then_some(say!(
            "asked.no-right-why",
            "the login in Secret {secrets} is a good one and may not see the repository, or there is none: {registry} tells this machine no more either"
        ))
    };
    if refuses_login(failed) {
        return Some(say!(
            "asked.login-refused-why",
            "the login in Secret {secrets} is wrong or has run out: {registry} refuses it to this machine as well"
        ));
    }
    has_no_right()
}

/// How that is told.
pub(super) fn there_now(failed: &FailedPull<'_>) -> Finding {
    let (headline, why) = if failed.was_sent_elsewhere() {
        (
            say!(
                "asked.there-not-at-mirror",
                "{host}, asked in the place of {registry}, did not give image {image} to {node}; {registry} has it"
            ),
            say!(
                "asked.mirror-why",
                "{registry} was asked from this machine: the mirror lacks it, or answers for it otherwise"
            ),
        )
    } else {
        (
            say!(
                "asked.there-now",
                "{registry} did not give image {image} to {node}, and gives it now"
            ),
            say!(
                "asked.changed-since-why",
                "asked from this machine: it was pushed or allowed since, or {node} asks by a mirror or a proxy that answers otherwise"
            ),
        )
    };
    let change = say!(
        "asked.wait-or-compare",
        "wait for the next try, which the kubelet makes by itself; if that fails, compare the mirrors and the proxy of {node} with those of this machine"
    );
    failed
        .finding(headline)
        .why(why)
        .certainty(Certainty::Likely)
        .fix([Fix::advice(change, Who::Admin)])
}
