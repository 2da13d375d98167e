//! What is asked about one image with one login, as a runtime would: the manifest, with a token where the registry wants one,
//! then the platforms of what is there or the tags in place of what is not.
//!
//! A login goes to the registry that the pod names and to the token server that it points to, the latter only over HTTPS, or
//! where both are plain HTTP on this machine. What redirects elsewhere is followed without it.
//! Sources: distribution `docs/content/spec/api.md` and `spec/auth/token.md`; containerd `core/remotes/docker` (2.2).

use super::address::{encoded, is_safe, origin, place, resolved};
use super::body::{Errors, Manifest, Platform, Tags, Token, platforms, title};
use super::challenge::{self, Challenge};
use super::logins::Login;
use super::transport::{Answer, Question, Transport, short, unasked};
use crate::kubernetes::image_reference::ImageReference;
use crate::snapshot::{LoginState, NoLogin, RateLimit, Said, Shown, Unasked, WhyUnasked};
use http::header::{LINK, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Uri};
use tokio::time::Instant;

const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, */*";
const JSON: &str = "application/json, */*";
/// A list of variants, or a page of tags.
const BODY: usize = 4 << 20;
/// What is read of an error.
const ERROR: usize = 16 << 10;
/// So many redirects of one question are followed.
const REDIRECTS: usize = 4;
/// So many pages of tags are read, of so many each.
const PAGES: usize = 10;
const PAGE: usize = 1000;

/// Asks about one image.
pub(super) struct Conversation<'a> {
    transport: &'a Transport,
    deadline: Instant,
    /// `https://registry.example`
    base: &'a str,
    image: &'a ImageReference,
    login: Option<&'a Login>,
    authorization: Option<HeaderValue>,
    /// What must not come back in anybody's words.
    hidden: Vec<String>,
    shown: Shown,
}

/// Why a question has no usable answer: nobody answered, or the token server said no.
enum Stop {
    Unasked(Unasked),
    NoToken(Said),
}

impl From<Unasked> for Stop {
    fn from(unasked: Unasked) -> Self {
        Stop::Unasked(unasked)
    }
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        transport: &'a Transport,
        deadline: Instant,
        base: &'a str,
        image: &'a ImageReference,
        login: Option<&'a Login>,
    ) -> Self {
        let hidden = login.map(|login| vec![login.password.clone(), login.encoded()]);
        Conversation {
            transport,
            deadline,
            base,
            image,
            login,
            authorization: None,
            hidden: hidden.unwrap_or_default(),
            shown: Shown {
                login: login.map_or(LoginState::None, |_| LoginState::NotWanted),
                ..Shown::default()
            },
        }
    }

    /// Asks; for platforms only where nobody has told them, since Docker Hub counts that as a pull.
    pub(super) async fn ask(mut self, wants_platforms: bool) -> Result<Shown, Unasked> {
        match self.manifest(wants_platforms).await {
            Ok(()) => {}
            Err(Stop::Unasked(unasked)) => return Err(unasked),
            Err(Stop::NoToken(said)) => self.shown.manifest = said,
        }
        if self.shown.manifest.status == 404 {
            match self.tags().await {
                Ok(()) => {}
                // the manifest is answered all the same
                Err(Stop::NoToken(said)) => self.shown.tags = Some(said),
                Err(Stop::Unasked(_)) => self.shown.more_tags = true,
            }
        }
        Ok(self.shown)
    }

    async fn manifest(&mut self, wants_platforms: bool) -> Result<(), Stop> {
        let version = self.image.digest.as_deref().or(self.image.tag.as_deref());
        let path = format!("manifests/{}", version.unwrap_or("latest"));
        let (uri, head) = self.get(Method::HEAD, &path, MANIFESTS, ERROR).await?;
        self.count(&head.headers);
        self.shown.manifest = self.said(&uri, &head);
        let is_used_up = self.shown.limit.is_some_and(|limit| limit.remaining == 0);
        let is_there = head.status == 200;
        if head.status == 429 || is_there && (is_used_up || !wants_platforms) {
            return Ok(());
        }
        // only a GET tells what is in it, or what is wrong in words
        let (uri, whole) = self.get(Method::GET, &path, MANIFESTS, BODY).await?;
        self.count(&whole.headers);
        if whole.status != 200 {
            if !is_there {
                self.shown.manifest = self.said(&uri, &whole);
            }
            return Ok(());
        }
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&whole.body) else {
            let words = self.words(&whole).1;
            let words = format!("{uri} is answered with no manifest: {words}");
            return Err(unasked(WhyUnasked::Broken, &words).into());
        };
        self.shown.manifest = self.said(&uri, &whole);
        self.shown.platforms = match manifest.config {
            Some(config) if manifest.manifests.is_empty() => self.platform(&config.digest).await,
            _ => platforms(manifest.manifests),
        };
        Ok(())
    }

    /// That of an image with a single variant stands in its configuration.
    async fn platform(&mut self, digest: &str) -> Vec<String> {
        let is_digest = digest.split_once(':').is_some_and(|(algorithm, hex)| {
            let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
            is_word(algorithm) && is_word(hex)
        });
        if !is_digest {
            return Vec::new();
        }
        let path = format!("blobs/{digest}");
        match self.get(Method::GET, &path, JSON, BODY).await {
            Ok((_, answer)) if answer.status == 200 => {
                let platform = serde_json::from_slice::<Platform>(&answer.body).ok();
                platform.and_then(Platform::name).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    async fn tags(&mut self) -> Result<(), Stop> {
        let mut path = format!("tags/list?n={PAGE}");
        for page in 0..PAGES {
            let (uri, answer) = self.get(Method::GET, &path, JSON, BODY).await?;
            if page == 0 {
                self.shown.tags = Some(self.said(&uri, &answer));
            }
            let list = serde_json::from_slice::<Tags>(&answer.body);
            let list = list.ok().filter(|_| answer.status == 200);
            let Some(list) = list else {
                let is_page = answer.status == 200;
                if is_page && page == 0 {
                    // of something that is no registry
                    self.shown.tags = None;
                }
                self.shown.more_tags = is_page;
                return Ok(());
            };
            self.shown.tag_names.extend(list.names().take(PAGE));
            match self.next_page(&uri, &answer.headers) {
                Some(next) => path = next,
                None => return Ok(()),
            }
        }
        self.shown.more_tags = true;
        Ok(())
    }

    /// `</v2/web/tags/list?last=1&n=1000>; rel="next"`, where it leads to the same list.
    fn next_page(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        let link = headers.get(LINK)?.to_str().ok()?;
        let (_, target) = link.split_once('<')?;
        let (target, relation) = target.split_once('>')?;
        let next = relation.contains("next").then(|| resolved(uri, target))??;
        let prefix = format!("{}/v2/{}/", self.base, self.image.repository);
        next.to_string().strip_prefix(&prefix).map(str::to_owned)
    }

    /// Asks below the repository, with a login where one is wanted and there is one.
    async fn get(
        &mut self,
        method: Method,
        path: &str,
        accept: &'static str,
        most: usize,
    ) -> Result<(Uri, Answer), Stop> {
        let uri = format!("{}/v2/{}/{path}", self.base, self.image.repository);
        let broken = |_| unasked(WhyUnasked::Broken, "the name of the image makes no address");
        let uri: Uri = uri.parse().map_err(broken)?;
        let answer = self.follow(&method, &uri, accept, most).await?;
        let challenge = challenge::of(&answer.headers).filter(|_| answer.status == 401);
        let Some(challenge) = challenge else {
            return Ok((uri, answer));
        };
        let is_basic = challenge == Challenge::Basic;
        if !self.authorize(challenge).await? {
            return Ok((uri, answer));
        }
        let answer = self.follow(&method, &uri, accept, most).await?;
        if is_basic {
            self.shown.login = match answer.status {
                401 => LoginState::Refused,
                _ => LoginState::Accepted,
            };
        }
        Ok((uri, answer))
    }

    /// Gets what the registry wants to see; whether there is something.
    async fn authorize(&mut self, challenge: Challenge) -> Result<bool, Stop> {
        let (realm, service, scope) = match challenge {
            Challenge::Basic => {
                let Some(login) = self.login else {
                    return Ok(false);
                };
                if !is_safe(self.base, self.base) {
                    return Err(unsafe_way(self.base).into());
                }
                self.authorization = header("Basic", &login.encoded());
                return Ok(true);
            }
            Challenge::Bearer {
                realm,
                service,
                scope,
            } => (realm, service, scope),
        };
        let scope = scope.unwrap_or_else(|| format!("repository:{}:pull", self.image.repository));
        let mut address = realm.clone();
        address.push(if realm.contains('?') { '&' } else { '?' });
        if let Some(service) = service {
            address += &format!("service={}&", encoded(&service));
        }
        address += &format!("scope={}", encoded(&scope));
        let uri = address
            .parse::<Uri>()
            .ok()
            .filter(|uri| uri.host().is_some());
        let uri = uri.ok_or_else(|| {
            unasked(
                WhyUnasked::Broken,
                "the address of its token server is none",
            )
        })?;
        if self.login.is_some() && !is_safe(self.base, &realm) {
            return Err(unsafe_way(&realm).into());
        }
        self.token(&uri).await.map(|()| true)
    }

    async fn token(&mut self, uri: &Uri) -> Result<(), Stop> {
        let question = Question {
            method: Method::GET,
            uri,
            accept: JSON,
            authorization: self
                .login
                .and_then(|login| header("Basic", &login.encoded())),
            most: ERROR * 4,
        };
        let answer = self.transport.ask(&question, self.deadline).await;
        let answer = answer.map_err(|unasked| Unasked {
            words: short(&format!("token server {}: {}", place(uri), unasked.words)),
            ..unasked
        })?;
        if let (Some(_), 401 | 403) = (self.login, answer.status) {
            self.shown.login = match answer.status {
                401 => LoginState::Refused,
                _ => LoginState::Denied,
            };
        }
        if answer.status != 200 {
            return Err(Stop::NoToken(self.said(uri, &answer)));
        }
        let token = serde_json::from_slice::<Token>(&answer.body).ok();
        let token = token.and_then(|token| token.token.or(token.access_token));
        let token = token.filter(|token| !token.is_empty()).ok_or_else(|| {
            let words = format!("token server {} gives no token", place(uri));
            unasked(WhyUnasked::Broken, &words)
        })?;
        if self.login.is_some() {
            self.shown.login = LoginState::Accepted;
        }
        self.authorization = header("Bearer", &token);
        self.hidden.push(token);
        Ok(())
    }

    /// Sends it, and goes where it is redirected to; to another host without the login.
    async fn follow(
        &mut self,
        method: &Method,
        uri: &Uri,
        accept: &'static str,
        most: usize,
    ) -> Result<Answer, Unasked> {
        let mut at = uri.clone();
        for _ in 0..=REDIRECTS {
            let is_own = origin(&at) == origin(uri);
            let question = Question {
                method: method.clone(),
                uri: &at,
                accept,
                authorization: self.authorization.clone().filter(|_| is_own),
                most,
            };
            let answer = self.transport.ask(&question, self.deadline).await?;
            let location = answer.headers.get(LOCATION).and_then(|to| to.to_str().ok());
            let is_redirect = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
            let Some(location) = location.filter(|_| is_redirect) else {
                return Ok(answer);
            };
            let next = resolved(&at, location);
            let next =
                next.ok_or_else(|| unasked(WhyUnasked::Broken, "it redirects to no address"))?;
            if at.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                let words = format!("it redirects to plain HTTP at {}", place(&next));
                return Err(unasked(WhyUnasked::Broken, &words));
            }
            let host = place(&next);
            if origin(&next) != origin(uri) && !self.shown.sent_on.contains(&host) {
                self.shown.sent_on.push(host);
            }
            at = next;
        }
        Err(unasked(WhyUnasked::Broken, "it redirects on and on"))
    }

    fn count(&mut self, headers: &HeaderMap) {
        let number = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            let (count, window) = value.split_once(';').unwrap_or((value, ""));
            let window = window.trim().strip_prefix("w=");
            Some((
                count.trim().parse().ok()?,
                window.and_then(|w| w.parse().ok()),
            ))
        };
        if let Some((remaining, window)) = number("ratelimit-remaining") {
            self.shown.limit = Some(RateLimit {
                limit: number("ratelimit-limit").map(|(limit, _)| limit),
                remaining,
                window_seconds: window,
            });
        }
    }

    fn said(&self, uri: &Uri, answer: &Answer) -> Said {
        let (code, words) = self.words(answer);
        Said {
            url: uri.to_string(),
            status: answer.status,
            code,
            words,
        }
    }

    /// The code and the words of an error; of a web page its title. Nothing that is secret, should it come back.
    fn words(&self, answer: &Answer) -> (String, String) {
        let errors = serde_json::from_slice::<Errors>(&answer.body).ok();
        let first = errors.and_then(|errors| errors.errors.into_iter().next());
        let (code, words) = match first {
            Some(error) => (
                error.code.unwrap_or_default(),
                error.message.unwrap_or_default(),
            ),
            None => (String::new(), title(&String::from_utf8_lossy(&answer.body))),
        };
        (self.without_secrets(code), self.without_secrets(words))
    }

    fn without_secrets(&self, words: String) -> String {
        let hidden = self.hidden.iter().filter(|hidden| !hidden.is_empty());
        let words = hidden.fold(words, |words, hidden| words.replace(hidden.as_str(), "…"));
        short(&words)
    }
}

fn header(scheme: &str, value: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(&format!("{scheme} {value}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

fn unsafe_way(address: &str) -> Unasked {
    let words = format!("a login is not sent to {address} in the clear");
    unasked(WhyUnasked::NoLogin(NoLogin::Unsafe), &words)
}
