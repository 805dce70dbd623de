//! Sockets: makes a [`Call`] of each request and an HTTP response of each [`Answer`], within limits of size and time.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::call::{Answer, Body, Call, Failure};
use super::doors::{Door, Open};
use super::failure;
use super::issue::unique;
use super::serve::{End, Sandbox};
use crate::wire::{Headers, http_date, read_pem};

/// The largest body that is read.
const MAX_BODY: usize = 64 << 20;
/// The largest head of a request: security tokens are long.
const MAX_HEAD: usize = 256 << 10;
/// The most headers.
const MAX_HEADERS: usize = 128;
/// How long a client may take for the head of a request, or keep a connection without one.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// How long it may take for the body.
const BODY_TIME: Duration = Duration::from_secs(60);
/// How long it may take to agree on TLS.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long requests under way have when the sandbox ends.
const PARTING_TIME: Duration = Duration::from_secs(3);
/// How long accepting rests when the system has no sockets left.
const REST: Duration = Duration::from_millis(50);

type Reply = Either<Full<Bytes>, Channel<Bytes, io::Error>>;

/// Serves all doors until `stop` says so, then lets what is under way come to its end.
pub async fn serve(sandbox: Arc<Sandbox>, opened: Vec<Open>, tls: TlsAcceptor, stop: watch::Receiver<bool>) {
    let mut doors = JoinSet::new();
    let intercepted = sandbox.faults.intercepts_tls();
    for Open { door, listener } in opened {
        let tls = door.speaks_tls(intercepted).then(|| tls.clone());
        doors.spawn(stand(Arc::clone(&sandbox), Arc::new(door), listener, tls, stop.clone()));
    }
    while doors.join_next().await.is_some() {}
}

/// Waits until the end is called for.
pub async fn told(stop: &mut watch::Receiver<bool>) {
    // What holds the value is let go of here: it may not be kept while anything else is waited for.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// The TLS side of the cluster's door.
pub fn tls(sandbox: &Sandbox) -> Result<TlsAcceptor, String> {
    let credentials = &sandbox.credentials;
    let certificate = credentials.server_certificate(sandbox.now())?;
    let pem = credentials.keys.server.to_pem().map_err(|error| error.to_string())?;
    let key = read_pem(pem.expose()).map_err(|error| error.to_string())?;
    let key = key.blocks.into_iter().next().map(|block| block.der).unwrap_or_default();
    let chain = [certificate.der(), credentials.authority.certificate().der()];
    let chain = chain.map(|der| CertificateDer::from(der.to_vec())).to_vec();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.to_vec()));
            builder.with_no_client_auth().with_single_cert(chain, key)
        })
        .map_err(|error| error.to_string())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Accepts at one door.
async fn stand(
    sandbox: Arc<Sandbox>,
    door: Arc<Door>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = told(&mut stop) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(welcome(Arc::clone(&sandbox), Arc::clone(&door), stream, tls.clone(), stop.clone()));
                }
                Err(_) => tokio::time::sleep(REST).await,
            },
            // Ended connections are let go of as they end.
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let _ = timeout(PARTING_TIME, async { while connections.join_next().await.is_some() {} }).await;
}

async fn welcome(
    sandbox: Arc<Sandbox>,
    door: Arc<Door>,
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    stop: watch::Receiver<bool>,
) {
    // Answers are small, and clients wait for them.
    let _ = stream.set_nodelay(true);
    match tls {
        None => converse(sandbox, door, stream, stop).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
                converse(sandbox, door, stream, stop).await;
            }
        }
    }
}

/// One connection, request after request.
async fn converse<S>(sandbox: Arc<Sandbox>, door: Arc<Door>, stream: S, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let (sandbox, door) = (Arc::clone(&sandbox), Arc::clone(&door));
        async move { hear(&sandbox, &door, request).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // Clients that hang up are no event.
        _ = connection.as_mut() => {}
        () = told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Why a connection ends without an answer.
#[derive(Debug)]
struct HungUp;

impl std::fmt::Display for HungUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection ends here on purpose")
    }
}

impl std::error::Error for HungUp {}

async fn hear(sandbox: &Sandbox, door: &Door, request: Request<Incoming>) -> Result<Response<Reply>, HungUp> {
    let (head, body) = request.into_parts();
    let headers: Headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut call = Call {
        region: door.region,
        method: head.method.as_str().to_owned(),
        target: target.to_owned(),
        host: headers.get("host").unwrap_or_default().to_owned(),
        request_id: request_id(headers.get("opc-request-id")),
        headers,
        body: Vec::new(),
        now: sandbox.now(),
    };
    let read = timeout(BODY_TIME, Limited::new(body, MAX_BODY).collect()).await;
    match read {
        Ok(Ok(body)) => call.body = body.to_bytes().to_vec(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let failure = Failure::new(413, "PayloadTooLarge", "The request body is too large.");
            return Ok(response(failure::answer(&failure, None), &call, None));
        }
        // Slow or gone: there is nobody to answer.
        _ => return Err(HungUp),
    }
    match sandbox.respond(door, &call).await {
        End::Answer(answer, cut) => Ok(response(answer, &call, cut)),
        End::HangUp => Err(HungUp),
    }
}

/// The id of an answer: what the client sent, then two parts of the server's.
fn request_id(sent: Option<&str>) -> String {
    let fits = |part: &str| {
        (1..=32).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let own = || unique().to_uppercase();
    let first = sent.and_then(|sent| sent.split('/').next()).filter(|part| fits(part));
    format!("{}/{}/{}", first.map_or_else(own, str::to_owned), own(), own())
}

fn response(answer: Answer, call: &Call, cut: Option<usize>) -> Response<Reply> {
    let Answer { status, headers, body, is_foreign, .. } = answer;
    let (kind, content) = match body {
        Body::Empty => (None, Content::Whole(Vec::new())),
        Body::Json(value) => {
            (Some("application/json".to_owned()), Content::Whole(value.to_string().into_bytes()))
        }
        Body::Bytes(kind, bytes) => (Some(kind), Content::Whole(bytes)),
        Body::Events(events) => (Some("text/event-stream".to_owned()), Content::Events(events)),
    };
    let body = match (content, cut) {
        (Content::Whole(bytes), None) => Either::Left(Full::new(Bytes::from(bytes))),
        (Content::Whole(bytes), Some(_)) => Either::Right(streamed(vec![bytes], cut)),
        (Content::Events(events), cut) => {
            let pieces = events.into_iter().map(|event| format!("{event}\n\n").into_bytes()).collect();
            Either::Right(streamed(pieces, cut))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut set = |name: &str, value: &str| {
        // What no header can hold is left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    };
    if let Some(kind) = kind {
        set("content-type", &kind);
    }
    if !is_foreign {
        set("opc-request-id", &call.request_id);
    }
    set("date", &http_date(call.now));
    for (name, value) in &headers {
        set(name, value);
    }
    response
}

enum Content {
    Whole(Vec<u8>),
    Events(Vec<String>),
}

/// A body that is sent piece by piece, and cut off after so many bytes if asked for.
fn streamed(pieces: Vec<Vec<u8>>, cut: Option<usize>) -> Channel<Bytes, io::Error> {
    let (mut sender, body) = Channel::new(1);
    spawn(async move {
        let mut left = cut.unwrap_or(usize::MAX);
        for mut piece in pieces {
            let cut_here = piece.len() > left;
            piece.truncate(left);
            left -= piece.len();
            // The client has gone away.
            if sender.send_data(Bytes::from(piece)).await.is_err() {
                return;
            }
            if cut_here {
                break;
            }
        }
        if cut.is_some() {
            sender.abort(io::Error::other(HungUp));
        }
    });
    body
}

fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    // It ends with its connection: sending fails when nobody reads.
    drop(tokio::spawn(task));
}
