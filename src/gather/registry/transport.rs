//! Sends one question over a connection of its own: by a proxy where the variables say so, within a deadline, and reads no more
//! of the answer than is wanted. It follows no redirect and knows no login but the header that it is given.

use super::certificate::{Remembering, fault};
use crate::gather::client::trace;
use crate::gather::kubeconfig::Environment;
use crate::gather::{pem, proxy, text};
use crate::kubernetes::text::one_line;
use crate::snapshot::{Unasked, WhyUnasked};
use anyhow::{Result, anyhow};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, crypto::CryptoProvider};
use rustls_platform_verifier::Verifier;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tower::{Service, ServiceExt};

/// One question, from the name's resolution to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);
/// The head of an answer.
const HEAD_LIMIT: usize = 64 << 10;
const AGENT: &str = concat!("kubectl-diagnose/", env!("CARGO_PKG_VERSION"));

/// How registries are reached.
pub(super) struct Transport {
    /// None where this machine trusts nobody.
    verifier: Option<Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
    proxies: proxy::ProxyVariables,
    /// Whether each question is told of on standard error.
    traced: bool,
}

/// A question.
pub(super) struct Question<'a> {
    pub(super) method: Method,
    pub(super) uri: &'a Uri,
    pub(super) accept: &'static str,
    pub(super) authorization: Option<HeaderValue>,
    /// As much of the body as is read.
    pub(super) most: usize,
}

/// An answer, with as much of its body as was wanted.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

type Stream = Box<dyn Wire>;

impl Transport {
    /// Trusts what this machine trusts, and the authorities of the file.
    pub(super) fn new(
        authority: Option<&Path>,
        environment: &Environment,
        verbosity: u8,
    ) -> Result<Self> {
        let bundle = authority.map(text).transpose()?.unwrap_or_default();
        let extra = match authority {
            Some(path) => pem::certificates(bundle.as_bytes())
                .map_err(|why| anyhow!("{} cannot be used: {why}", path.display()))?,
            None => Vec::new(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let extra = extra.into_iter().map(CertificateDer::from);
        let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider));
        Ok(Transport {
            verifier: verifier.ok().map(|verifier| Arc::new(verifier) as _),
            provider,
            proxies: environment.proxy.clone(),
            traced: verbosity >= trace::REQUESTS,
        })
    }

    /// The proxy for an address, without its login.
    pub(super) fn proxy(&self, uri: &Uri) -> Option<String> {
        let proxy = self.proxy_of(uri)?;
        Some(format!(
            "{}://{}",
            proxy.scheme_str()?,
            host_and_port(&proxy)
        ))
    }

    fn proxy_of(&self, uri: &Uri) -> Option<Uri> {
        proxy::parse(&proxy::from_variables(uri, &self.proxies)?)
    }

    /// Asks, and waits no longer than until the deadline.
    pub(super) async fn ask(
        &self,
        question: &Question<'_>,
        deadline: Instant,
    ) -> Result<Answer, Unasked> {
        let until = deadline.min(Instant::now() + PATIENCE);
        let sent = Instant::now();
        let asked = tokio::time::timeout_at(until, self.exchange(question)).await;
        let asked =
            asked.unwrap_or_else(|_| Err(unasked(WhyUnasked::TimedOut, "no answer in time")));
        if self.traced {
            let answer = asked.as_ref().ok();
            let status = answer.and_then(|answer| StatusCode::from_u16(answer.status).ok());
            let size = answer.map_or(0, |answer| answer.body.len());
            trace::line(
                question.method.as_str(),
                &without_query(question.uri),
                status,
                sent,
                size,
                "",
            );
        }
        asked
    }

    async fn exchange(&self, question: &Question<'_>) -> Result<Answer, Unasked> {
        let uri = question.uri;
        let proxy = self.proxy_of(uri);
        let is_tls = uri.scheme_str() == Some("https");
        // plain HTTP is asked of the proxy itself
        let through = proxy.filter(|proxy| !is_tls && proxy.scheme_str() != Some("socks5"));
        let stream = match &through {
            Some(proxy) => self.reach(proxy, None).await.map_err(of_proxy)?,
            None => self.reach(uri, self.proxy_of(uri)).await?,
        };
        let broken = |error: hyper::Error| unasked(WhyUnasked::Broken, &error.to_string());
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD_LIMIT)
            .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let connection = tokio::spawn(connection);
        let request = request(question, through.as_ref())?;
        let answer = match sender.send_request(request).await {
            Ok(response) => read(response, question.most).await,
            Err(error) => Err(error),
        };
        connection.abort();
        answer.map_err(broken)
    }

    /// A stream to the host, with TLS where the address says so.
    async fn reach(&self, uri: &Uri, proxy: Option<Uri>) -> Result<Stream, Unasked> {
        let stream = match proxy {
            None => tcp(uri).await?,
            Some(proxy) if proxy.scheme_str() == Some("socks5") => socks(proxy, uri).await?,
            Some(proxy) => self.tunnel(&proxy, uri).await?,
        };
        if uri.scheme_str() == Some("https") {
            self.tls(stream, uri.host().unwrap_or_default()).await
        } else {
            Ok(stream)
        }
    }

    async fn tls(&self, stream: Stream, host: &str) -> Result<Stream, Unasked> {
        let other = |error: &dyn std::fmt::Display| unasked(WhyUnasked::Broken, &error.to_string());
        let remembering = Arc::new(Remembering::new(
            self.verifier.clone(),
            Arc::clone(&self.provider),
        ));
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| other(&error))?
            .dangerous()
            .with_custom_certificate_verifier(
                Arc::clone(&remembering) as Arc<dyn ServerCertVerifier>
            )
            .with_no_client_auth();
        let name = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(|error| other(&error))?;
        let connected = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await;
        match connected {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
                let why = match inner {
                    Some(rustls::Error::InvalidCertificate(refused)) => {
                        WhyUnasked::Certificate(fault(refused), remembering.shown())
                    }
                    Some(rustls::Error::InvalidMessage(_)) => WhyUnasked::NotTls,
                    None if is_closed(&error) => WhyUnasked::NotTls,
                    _ => WhyUnasked::Broken,
                };
                Err(unasked(why, &error.to_string()))
            }
        }
    }

    /// Asks a proxy to pass everything on.
    async fn tunnel(&self, proxy: &Uri, uri: &Uri) -> Result<Stream, Unasked> {
        let stream = Box::pin(self.reach(proxy, None)).await.map_err(of_proxy)?;
        let broken = |error: &dyn std::fmt::Display| unasked(WhyUnasked::Proxy, &error.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        tokio::spawn(connection.with_upgrades());
        let place = host_and_port(uri);
        let mut request = Request::connect(&place).header(HOST, &place);
        if let Some(login) = login_of(proxy) {
            request = request.header(PROXY_AUTHORIZATION, login);
        }
        let request = request.body(Empty::<Bytes>::new());
        let request = request.map_err(|error| broken(&error))?;
        let response = sender.send_request(request).await;
        let response = response.map_err(|error| broken(&error))?;
        if !response.status().is_success() {
            return Err(broken(&format!("the proxy answers {}", response.status())));
        }
        let upgraded = hyper::upgrade::on(response).await;
        Ok(Box::new(TokioIo::new(
            upgraded.map_err(|error| broken(&error))?,
        )))
    }
}

fn request(question: &Question<'_>, proxy: Option<&Uri>) -> Result<Request<Empty<Bytes>>, Unasked> {
    let uri = question.uri;
    let host = uri.authority().map(http::uri::Authority::as_str);
    let target = match proxy {
        Some(_) => uri.to_string(),
        None => uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned(),
    };
    let mut request = Request::builder()
        .method(&question.method)
        .uri(target)
        .header(HOST, host.unwrap_or_default())
        .header(USER_AGENT, AGENT)
        .header(CONNECTION, "close")
        .header(ACCEPT, question.accept);
    if let Some(authorization) = &question.authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    if let Some(login) = proxy.and_then(login_of) {
        request = request.header(PROXY_AUTHORIZATION, login);
    }
    let request = request.body(Empty::new());
    request.map_err(|error| unasked(WhyUnasked::Broken, &error.to_string()))
}

async fn read(response: http::Response<Incoming>, most: usize) -> Result<Answer, hyper::Error> {
    let (parts, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let Ok(chunk) = frame?.into_data() else {
            continue;
        };
        let room = most.saturating_sub(body.len());
        body.extend(chunk.iter().take(room));
        if chunk.len() > room {
            break;
        }
    }
    Ok(Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    })
}

/// Where a redirect leads, the query may be a key to what is there.
fn without_query(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let place = uri.authority().map(|authority| authority.as_str());
    let place = place.and_then(|place| place.rsplit('@').next());
    format!("{scheme}://{}{}", place.unwrap_or_default(), uri.path())
}

/// How a server takes it that knows no TLS.
fn is_closed(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
    )
}

async fn tcp(uri: &Uri) -> Result<Stream, Unasked> {
    let stream = connector().oneshot(uri.clone()).await;
    let stream = stream.map_err(|error| {
        let said = error.to_string();
        let why = if said.contains("dns error") {
            WhyUnasked::Dns
        } else {
            WhyUnasked::Unreachable
        };
        unasked(why, &root(&error))
    })?;
    Ok(Box::new(stream.into_inner()))
}

async fn socks(proxy: Uri, uri: &Uri) -> Result<Stream, Unasked> {
    let login = user_of(&proxy);
    let mut socks = SocksV5::new(proxy, connector());
    if let Some((user, password)) = login {
        socks = socks.with_auth(user, password);
    }
    let stream = socks.call(uri.clone()).await;
    let stream = stream.map_err(|error| unasked(WhyUnasked::Proxy, &root(&error)))?;
    Ok(Box::new(stream.into_inner()))
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector
}

/// `host:port`, with the port of the scheme where none is given.
fn host_and_port(uri: &Uri) -> String {
    let port = match (uri.port_u16(), uri.scheme_str()) {
        (Some(port), _) => port,
        (None, Some("https")) => 443,
        (None, Some("socks5")) => 1080,
        _ => 80,
    };
    format!("{}:{port}", uri.host().unwrap_or_default())
}

/// The login in a proxy's address, percent-decoded.
fn user_of(proxy: &Uri) -> Option<(String, String)> {
    let (login, _) = proxy.authority()?.as_str().rsplit_once('@')?;
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    Some((decoded(user), decoded(password)))
}

fn login_of(proxy: &Uri) -> Option<HeaderValue> {
    let (user, password) = user_of(proxy)?;
    let login = STANDARD.encode(format!("{user}:{password}"));
    HeaderValue::from_str(&format!("Basic {login}")).ok()
}

fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes: Vec<u8> = pieces.next().unwrap_or_default().into();
    for piece in pieces {
        let digits = piece.get(..2).map(|digits| u8::from_str_radix(digits, 16));
        match digits {
            Some(Ok(byte)) => {
                bytes.push(byte);
                bytes.extend(piece.bytes().skip(2));
            }
            _ => {
                bytes.push(b'%');
                bytes.extend(piece.bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What is at the bottom of an error.
fn root(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

fn of_proxy(unasked: Unasked) -> Unasked {
    Unasked {
        why: WhyUnasked::Proxy,
        ..unasked
    }
}

/// The longest words that are kept of anybody.
const WORDS: usize = 160;

pub(super) fn short(words: &str) -> String {
    one_line(words).chars().take(WORDS).collect()
}

pub(super) fn unasked(why: WhyUnasked, words: &str) -> Unasked {
    Unasked {
        why,
        words: short(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_of_a_proxy_is_read_and_never_shown() {
        let proxy: Uri = "http://me:p%40ss%2@proxy.example".parse().unwrap();
        let found = user_of(&proxy).unwrap();
        assert_eq!(found, ("me".to_owned(), "p@ss%2".to_owned()));
        assert_eq!(host_and_port(&proxy), "proxy.example:80");
        assert!(user_of(&"http://proxy.example".parse().unwrap()).is_none());
    }

    #[test]
    fn words_are_cut_short_and_stand_in_one_line() {
        let said = short(&format!("a\n\u{1b}[31mb {}", "x".repeat(999)));
        assert!(said.starts_with("a b x") && said.chars().count() == WORDS);
    }
}
