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
use std::collections::VecDeque;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, spawn_local, yield_now};
use tokio::time::{Instant, sleep, timeout};

/// A report is made at least this often, even of a cluster that takes long to judge; else something hangs.
const ALIVE: Duration = Duration::from_secs(180);
/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it and its answer may take together, whoever reads slowly or not at all.
const CONNECTION: Duration = Duration::from_secs(30);
/// Beyond that the oldest connection goes: the kubelet must not have to wait for others, since it restarts what is not well.
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
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(EXHAUSTED).await;
            continue;
        };
        open.retain(|one| !one.is_finished());
        if open.len() >= CONNECTIONS
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        let answered = spawn_local(answered(stream, Rc::clone(&served)));
        open.push_back(answered.abort_handle());
        // who came before is answered before many more come
        yield_now().await;
    }
}

/// Answers one request: who asks every half a minute has no use for a connection that stays.
async fn answered(stream: TcpStream, served: Rc<Served>) {
    let answer = service_fn(|request: Request<Incoming>| {
        let answer = served.answer(&request, Instant::now());
        async move { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answer);
    // who went away needs no answer
    let _ = timeout(CONNECTION, connection).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::watch::on_one_thread;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
    async fn asking(address: SocketAddr, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Serves at an address while something asks there.
    fn while_serving<F: Future>(asks: impl FnOnce(SocketAddr) -> F) -> F::Output {
        let served = Served::default();
        // more than the system takes for a client that does not read
        served.set("x".repeat(32 << 20), true);
        let outcome = on_one_thread(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let address = listener.local_addr()?;
            tokio::select! {
                () = serve(listener, Rc::new(served)) => anyhow::bail!("it has ended"),
                asked = asks(address) => Ok(asked),
            }
        });
        outcome.unwrap()
    }

    #[test]
    fn slow_clients_keep_nobody_from_an_answer() {
        while_serving(|address| async move {
            let mut slow = Vec::new();
            for _ in 0..40 {
                slow.push(TcpStream::connect(address).await.unwrap());
            }
            for _ in 0..40 {
                slow.push(asking(address, "/metrics").await);
            }
            let begun = Instant::now();
            for _ in 0..3 {
                let mut answer = String::new();
                let mut stream = asking(address, "/healthz").await;
                let read = stream.read_to_string(&mut answer);
                timeout(PATIENCE, read).await.unwrap().unwrap();
                assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
            }
            assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
        });
    }

    #[test]
    fn a_connection_ends_with_its_answer() {
        while_serving(|address| async move {
            let mut stream = asking(address, "/metrics").await;
            let mut answer = Vec::new();
            let read = stream.read_to_end(&mut answer);
            timeout(PATIENCE / 2, read).await.unwrap().unwrap();
            assert!(answer.len() > 32 << 20, "{}", answer.len());
        });
    }
}
