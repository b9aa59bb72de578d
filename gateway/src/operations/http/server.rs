//! Connections: a bounded number, each for a bounded time, with TLS where that is configured.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::guard::{Connection, Guard};
use super::{Sources, routes};
use crate::operations::config::HttpConfig;
use crate::shutdown::asked_to_stop;

/// For the TLS handshake, and for the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// No connection lives longer, but for the event stream; browsers open a new one.
const LONGEST_CONNECTION: Duration = Duration::from_secs(120);
/// Octets of a request's head; also hyper's smallest buffer.
const LARGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// After the end has been asked for, connections have so long to finish.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// When no connection can be accepted, as without file descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Why nothing can be shown.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The address is taken, or not ours.
    #[error("[http] cannot listen on {address}: {source}; choose another `listen`")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// TLS is asked for and nothing configured.
    #[error("[http] tls = true needs the table [tls] with certificate and key; add it")]
    NoCertificate,
}

/// The HTTP server, listening.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    connections: Arc<Semaphore>,
    client_certificates: bool,
    sources: Sources,
}

impl HttpServer {
    /// Listens. `tls` is the configuration that the table `[tls]` gives; it asks clients for certificates where these count.
    ///
    /// # Errors
    /// When the address cannot be had, or TLS is asked for without a certificate.
    pub async fn bind(
        config: &HttpConfig,
        tls: Option<Arc<ServerConfig>>,
        sources: Sources,
    ) -> Result<Self, HttpError> {
        let tls = match (config.tls, tls) {
            (true, None) => return Err(HttpError::NoCertificate),
            (true, Some(tls)) => Some(tls),
            (false, _) => None,
        };
        let failed = |source| HttpError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let guard = Guard::new(config, Arc::clone(&sources.metrics));
        Ok(Self {
            listener,
            address,
            tls,
            router: routes::router(sources.clone(), guard),
            connections: Arc::new(Semaphore::new(config.max_connections)),
            client_certificates: config.client_certificates,
            sources,
        })
    }

    /// Where it listens: the port too, if that was left open.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is true, or gone.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) {
        let mut serving = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = asked_to_stop(&mut stop) => break,
                Some(_) = serving.join_next() => continue,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let Ok(permit) = Arc::clone(&self.connections).try_acquire_owned() else {
                // Closed at once: whoever waits in vain does not come back sooner.
                self.sources.metrics.http_answered("too_many_connections");
                continue;
            };
            serving.spawn(self.connection(stream, permit, stop.clone()));
        }
        drop(self.listener);
        let _ = timeout(LAST_WORDS, async { while serving.join_next().await.is_some() {} }).await;
    }

    fn connection(
        &self,
        stream: TcpStream,
        permit: OwnedSemaphorePermit,
        stop: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (tls, router) = (self.tls.clone().map(TlsAcceptor::from), self.router.clone());
        let (metrics, client_certificates) = (Arc::clone(&self.sources.metrics), self.client_certificates);
        let permit = Arc::new(permit);
        async move {
            // A small answer is not to wait for another.
            let _ = stream.set_nodelay(true);
            let Some(tls) = tls else {
                return speak(stream, router, Connection::new(false, permit, stop)).await;
            };
            match timeout(HEAD_PATIENCE, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    // Whatever is there was verified in the handshake.
                    let shown = stream.get_ref().1.peer_certificates().is_some_and(|chain| !chain.is_empty());
                    speak(stream, router, Connection::new(client_certificates && shown, permit, stop)).await;
                }
                Ok(Err(_)) | Err(_) => metrics.http_answered("no_handshake"),
            }
        }
    }
}

/// HTTP on one stream.
async fn speak<S>(stream: S, router: Router, connection: Connection)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut stop = connection.stop();
    let answers = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        answer(&answers, request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = pin!(serving);
    let lived = timeout(LONGEST_CONNECTION, async {
        tokio::select! {
            _ = serving.as_mut() => {}
            () = asked_to_stop(&mut stop) => {
                serving.as_mut().graceful_shutdown();
                let _ = timeout(LAST_WORDS, serving.as_mut()).await;
            }
        }
    });
    // A client that is cut off comes back.
    let _ = lived.await;
}

fn answer(
    answers: &TowerToHyperService<Router>,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> + use<> {
    answers.call(request)
}
