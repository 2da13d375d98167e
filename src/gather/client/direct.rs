//! The way to a server that is not behind a proxy: kube's own, but that the kernel holds no small packet back, and that a further
//! connection is begun a little later, which a short run does without.
//!
//! kube's builder leaves Nagle's algorithm on (kube-client 5.0, `src/client/builder.rs`). Where a further connection takes up the
//! TLS session of the first, its request then waits for the acknowledgement of the handshake, which the server delays by 40 ms.

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Builder;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use kube::{Client, Config, Error};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt as _};
use tower_http::decompression::DecompressionLayer;

/// How long after a request finds all connections in use another is begun; an answer of a near server mostly comes before. It is
/// then opened even where one became free since, and kept for the next (hyper-util 0.1, `src/client/legacy/client.rs`).
const TURN: Duration = Duration::from_millis(10);

/// What a connection reads at once, and the most that the head of an answer may have: hyper's own 400 KiB (1.12,
/// `src/proto/h1/io.rs`) are no faster, and a scan has a dozen connections, each of which keeps several.
const BUFFER: usize = 64 << 10;

/// A client of the server that the configuration names; nothing is sent yet.
pub(super) fn client(config: Config) -> Result<Client, Error> {
    if config.proxy_url.is_some() {
        return Client::try_from(config);
    }
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let mut connector = TimeoutConnector::new(config.rustls_https_connector_with_connector(tcp)?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    let http = Builder::new(TokioExecutor::new())
        .http1_max_buf_size(BUFFER)
        .build::<_, Body>(unhurried(connector));
    let gzip = DecompressionLayer::new().gzip(!config.disable_compression);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(gzip)
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(ClientBuilder::new(service, config.default_namespace).build())
}

/// Begins to open a further connection only after [`TURN`]; until the first stands, all at once.
fn unhurried<C>(
    connector: C,
) -> impl Service<Uri, Response = C::Response, Error = C::Error, Future = Opening<C>> + Clone
where
    C: Service<Uri> + Clone + Send + 'static,
    C::Future: Send,
{
    let is_connected = Arc::new(AtomicBool::new(false));
    tower::service_fn(move |server| -> Opening<C> {
        let (connector, is_connected) = (connector.clone(), is_connected.clone());
        Box::pin(async move {
            if is_connected.load(Ordering::Relaxed) {
                tokio::time::sleep(TURN).await;
            }
            let connected = connector.oneshot(server).await?;
            is_connected.store(true, Ordering::Relaxed);
            Ok(connected)
        })
    })
}

type Opening<C> =
    BoxFuture<'static, Result<<C as Service<Uri>>::Response, <C as Service<Uri>>::Error>>;

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use std::convert::Infallible;

    #[tokio::test]
    async fn a_further_connection_waits_for_its_turn_and_is_opened() {
        let opened = |_: Uri| std::future::ready(Ok::<_, Infallible>(()));
        let mut connector = unhurried(tower::service_fn(opened));
        let server = Uri::from_static("https://127.0.0.1:6443");
        assert_eq!(connector.call(server.clone()).now_or_never(), Some(Ok(())));
        assert_eq!(connector.call(server.clone()).now_or_never(), None);
        assert_eq!(connector.call(server).await, Ok(()));
    }
}
