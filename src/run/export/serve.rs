//! Answers who asks for the metrics, and whether this works.

use crate::render::OPEN_METRICS;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

/// A report is made at least this often, even of a cluster that takes long to judge; else something hangs.
const ALIVE: Duration = Duration::from_secs(180);
/// How long a request may take to come, and a connection to be of use.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECTION: Duration = Duration::from_secs(300);
/// Who asks beyond that has to wait.
const CONNECTIONS: usize = 32;
/// When the system has no more connections to give.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// What is served.
#[derive(Debug)]
pub(super) struct Served {
    metrics: RefCell<Option<Bytes>>,
    made: Cell<Instant>,
    follows_pods: Cell<bool>,
}

impl Default for Served {
    fn default() -> Self {
        Served {
            metrics: RefCell::default(),
            made: Cell::new(Instant::now()),
            follows_pods: Cell::new(false),
        }
    }
}

impl Served {
    /// Serves this from now on.
    pub(super) fn set(&self, metrics: String, follows_pods: bool) {
        self.metrics.replace(Some(metrics.into()));
        self.made.set(Instant::now());
        self.follows_pods.set(follows_pods);
    }

    fn answer<B>(&self, request: &Request<B>, now: Instant) -> Response<Full<Bytes>> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_alive = now - self.made.get() < ALIVE;
        let metrics = self.metrics.borrow().clone();
        let good = |good: bool| {
            if good {
                (StatusCode::OK, "ok\n")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "not yet\n")
            }
        };
        let text = |(status, text): (StatusCode, &'static str)| {
            plain(status, Bytes::from_static(text.as_bytes()))
        };
        match request.uri().path() {
            _ if !is_read => text((StatusCode::METHOD_NOT_ALLOWED, "only GET is answered\n")),
            "/metrics" => match metrics {
                Some(metrics) => {
                    let mut answer = plain(StatusCode::OK, metrics);
                    let kind = HeaderValue::from_static(OPEN_METRICS);
                    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
                    answer
                }
                None => text((
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the cluster is being read\n",
                )),
            },
            "/healthz" => text(good(is_alive)),
            "/readyz" => text(good(
                is_alive && self.follows_pods.get() && metrics.is_some(),
            )),
            "/" => text((StatusCode::OK, "/metrics\n/healthz\n/readyz\n")),
            _ => text((
                StatusCode::NOT_FOUND,
                "there are /metrics, /healthz and /readyz\n",
            )),
        }
    }
}

fn plain(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Answers for ever.
pub(super) async fn serve(listener: TcpListener, served: Rc<Served>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            sleep(EXHAUSTED).await;
            continue;
        };
        let served = Rc::clone(&served);
        let answer = service_fn(move |request: Request<Incoming>| {
            let answer = served.answer(&request, Instant::now());
            async move { Ok::<_, Infallible>(answer) }
        });
        tokio::task::spawn_local(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), answer);
            // who went away needs no answer
            let _ = timeout(CONNECTION, connection).await;
            drop(place);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(served: &Served, after: Duration) -> [u16; 3] {
        ["/metrics", "/readyz", "/healthz"].map(|path| {
            let request = Request::builder().uri(path).body(()).unwrap();
            let answer = served.answer(&request, Instant::now() + after);
            answer.status().as_u16()
        })
    }

    #[test]
    fn it_is_ready_while_pods_are_followed_and_well_while_reports_are_made() {
        let served = Served::default();
        assert_eq!(answers(&served, Duration::ZERO), [503, 503, 200]);
        served.set("# EOF\n".to_owned(), true);
        assert_eq!(answers(&served, Duration::ZERO), [200, 200, 200]);
        assert_eq!(answers(&served, ALIVE), [200, 503, 503]);
        // a restart would not bring the API server back
        served.set("# EOF\n".to_owned(), false);
        assert_eq!(answers(&served, Duration::ZERO), [200, 503, 200]);
    }
}
