//! A service on loopback for tests: reads one request a connection and answers what the test says.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use ociam::wire::{Headers, Request};
use serde_json::{Map, Value, json};

/// The planes whose endpoints are told by region.
#[allow(dead_code, reason = "not every test file uses all of it")]
pub const PLANES: [&str; 7] = [
    "inference",
    "inference-openai",
    "management",
    "agent-management",
    "agent-runtime",
    "identity",
    "limits",
];

/// An endpoint for each plane in each region, at what `base` says for the plane.
#[allow(dead_code, reason = "not every test file uses all of it")]
pub fn endpoints(regions: &[impl AsRef<str>], base: impl Fn(&str) -> String) -> Map<String, Value> {
    let urls = |plane: &str| {
        let url = |region: &str| (region.to_owned(), json!(format!("{}/{plane}/{region}", base(plane))));
        Value::Object(regions.iter().map(|region| url(region.as_ref())).collect())
    };
    PLANES.iter().map(|plane| ((*plane).to_owned(), urls(plane))).collect()
}

/// Status, further headers, body.
pub type Reply = (u16, Vec<(&'static str, String)>, String);

pub struct Service {
    pub port: u16,
    pub seen: Arc<Mutex<Vec<Request>>>,
}

#[allow(dead_code, reason = "not every test file uses all of it")]
impl Service {
    /// Serves plain HTTP. `answer` is given the service's own base URL too.
    pub fn start(answer: impl Fn(&str, &Request) -> Reply + Send + Sync + 'static) -> Service {
        Self::run(None, answer)
    }

    /// Serves TLS.
    pub fn start_tls(
        config: Arc<rustls::ServerConfig>,
        answer: impl Fn(&str, &Request) -> Reply + Send + Sync + 'static,
    ) -> Service {
        Self::run(Some(config), answer)
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    fn run(
        tls: Option<Arc<rustls::ServerConfig>>,
        answer: impl Fn(&str, &Request) -> Reply + Send + Sync + 'static,
    ) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let (tls, log, answer) = (tls.clone(), log.clone(), answer.clone());
                // Calls that come at once are answered at once.
                std::thread::spawn(move || {
                    let base = format!("http://127.0.0.1:{port}");
                    match tls {
                        None => serve(stream, &base, &log, &*answer),
                        Some(config) => {
                            let connection = rustls::ServerConnection::new(config).unwrap();
                            serve(rustls::StreamOwned::new(connection, stream), &base, &log, &*answer);
                        }
                    }
                });
            }
        });
        Service { port, seen }
    }
}

fn serve(
    mut stream: impl Read + Write,
    base: &str,
    log: &Mutex<Vec<Request>>,
    answer: &impl Fn(&str, &Request) -> Reply,
) {
    let Some(request) = read(&mut stream) else { return };
    let (status, headers, body) = answer(base, &request);
    log.lock().unwrap().push(request);
    let mut text = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let _ = stream.write_all(format!("{text}\r\n{body}").as_bytes());
    let _ = stream.flush();
}

fn read(stream: &mut impl Read) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        let mut chunk = [0; 4096];
        let length = stream.read(&mut chunk).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&chunk[..length]);
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?, first.next()?);
    let headers: Headers = lines.filter_map(|line| line.split_once(": ")).collect();
    let length: usize = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = bytes[head + 4..].to_vec();
    while body.len() < length {
        let mut chunk = vec![0; length - body.len()];
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&chunk[..read]);
    }
    let mut request = Request::new(method, headers.get("host")?, target);
    request.headers = headers;
    request.body = body;
    Some(request)
}
