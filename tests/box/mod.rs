//! A sandbox for a test, and requests to it, byte for byte as the test wants them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use ociam::authz::Tenancy;
use ociam::sandbox::{Options, Running, Settings, sample, start};
use ociam::wire::{KeyId, PrivateKey, Request, Scope, Secret, Signer};
use serde_json::{Value, json};

/// A sandbox on a directory of its own.
pub struct Box {
    pub folder: tempfile::TempDir,
    /// The sandbox, where it runs in this process.
    pub running: Option<Running>,
    /// The command, where it runs in its own.
    child: Option<Child>,
}

impl Drop for Box {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub fn message(&self) -> String {
        let body = self.json();
        body["message"].as_str().or(body["error"]["message"].as_str()).unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A key that the sandbox keeps. One that it can't read it would make anew, which takes most of a second.
fn pem(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    assert!(PrivateKey::read(&text, None).is_ok(), "{name} is no key of a sandbox");
    text
}

/// A state directory whose keys need not be made.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let private = folder.path().join(".sandbox");
    std::fs::create_dir(&private).unwrap();
    for name in ["issuer_key.pem", "instance_key.pem", "server_key.pem"] {
        std::fs::write(private.join(name), pem("pkcs8.pem")).unwrap();
    }
    for (name, from) in [
        ("user_key.pem", "pkcs8.pem"),
        ("user_key_bob.pem", "user-two.pem"),
        ("session_key.pem", "session.pem"),
        ("rp_key.pem", "resource.pem"),
    ] {
        std::fs::write(folder.path().join(name), pem(from)).unwrap();
    }
    folder
}

impl Box {
    /// Serves the sample tenancy, changed by `edit`, with these lines of the `[sandbox]` table more.
    pub async fn new(settings: &str, edit: impl FnOnce(&mut Tenancy)) -> Box {
        let (mut tenancy, kept) = sample().unwrap();
        edit(&mut tenancy);
        let settings = if settings.is_empty() {
            kept
        } else {
            Settings::from_text(&format!("[sandbox]\nuser = 'ana@example.com'\n{settings}")).unwrap()
        };
        Box::on(folder(), Some((tenancy, settings))).await
    }

    pub async fn sample() -> Box {
        Box::on(folder(), None).await
    }

    pub async fn on(folder: tempfile::TempDir, tenancy: Option<(Tenancy, Settings)>) -> Box {
        let state: PathBuf = folder.path().to_owned();
        let running = start(Options { tenancy, ..Options::new(state) }).await.unwrap();
        Box { folder, running: Some(running), child: None }
    }

    /// Runs the command with these arguments more.
    pub fn command(folder: tempfile::TempDir, arguments: &[&str]) -> Box {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ociam"))
            .args(["sandbox", "--state"])
            .arg(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready http://127.0.0.1:"), "{line}");
        Box { folder, running: None, child: Some(child) }
    }

    /// Ends the command as a kill of the machine would.
    pub fn kill(mut self) -> tempfile::TempDir {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    /// Ends the command by a signal and gives its exit code; none where there are no signals.
    pub fn terminate(mut self) -> Option<i32> {
        let mut child = self.child.take().unwrap();
        let told = Command::new("kill").arg(child.id().to_string()).status();
        if told.is_ok_and(|status| status.success()) {
            return child.wait().unwrap().code();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        None
    }

    /// Ends it as its users do, and gives its directory back.
    pub async fn stop(mut self) -> tempfile::TempDir {
        self.running.take().unwrap().stop().await.unwrap();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    pub fn key(&self, name: &str) -> PrivateKey {
        PrivateKey::read(&self.text(name), None).unwrap()
    }

    pub fn tenancy(&self) -> Value {
        serde_json::from_str(&self.text("tenancy.json")).unwrap()
    }

    pub fn root(&self) -> String {
        self.tenancy()["ocid"].as_str().unwrap().to_owned()
    }

    /// `127.0.0.1:PORT` of a plane, or of a service that has no region.
    pub fn door(&self, plane: &str, region: &str) -> String {
        let endpoints: Value = serde_json::from_str(&self.text("endpoints.json")).unwrap();
        let url = endpoints[plane].as_str().or(endpoints[plane][region].as_str()).unwrap().to_owned();
        let url = url.split("://").nth(1).unwrap();
        url.split('/').next().unwrap().to_owned()
    }

    /// The user of the profile `DEFAULT`.
    pub fn user(&self) -> Signer {
        let key = self.key("user_key.pem");
        let key_id = KeyId::User {
            tenancy: self.root(),
            user: self.tenancy()["users"][0]["ocid"].as_str().unwrap().to_owned(),
            fingerprint: key.public().fingerprint(),
        };
        Signer::new(key, key_id)
    }

    /// The holder of a token that lies beside its key.
    pub fn holder(&self, token: &str, key: &str) -> Signer {
        Signer::new(self.key(key), KeyId::Token(Secret::new(self.text(token))))
    }

    /// A chat at the native door of a region.
    pub fn chat_at(&self, region: &str) -> Request {
        self.chat_in(region, &self.root())
    }

    /// A chat at the native door of a region, in a compartment.
    pub fn chat_in(&self, region: &str, compartment: &str) -> Request {
        let body = json!({
            "compartmentId": compartment,
            "servingMode": { "servingType": "ON_DEMAND", "modelId": "meta.llama-3.3-70b-instruct" },
            "chatRequest": { "apiFormat": "GENERIC", "messages": [
                { "role": "USER", "content": [{ "type": "TEXT", "text": "Say hello." }] },
            ] },
        });
        post(&self.door("inference", region), "/20231130/actions/chat", &body)
    }

    pub fn chat(&self) -> Request {
        self.chat_at("us-chicago-1")
    }

    /// A chat with the secret of an API key.
    pub fn chat_with(&self, secret: &str, region: &str) -> Request {
        let body = json!({
            "model": "meta.llama-3.3-70b-instruct", "messages": [{ "role": "user", "content": "Say hello." }],
        });
        let mut request = post(&self.door("inference-openai", region), "/openai/v1/chat/completions", &body);
        request.headers.set("authorization", format!("Bearer {secret}"));
        request
    }

    /// The log, line by line.
    pub fn log(&self) -> Vec<Value> {
        self.text("requests.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The last line of the log.
    pub fn said(&self) -> Value {
        self.log().pop().unwrap()
    }
}

pub fn post(host: &str, target: &str, body: &Value) -> Request {
    let mut request = Request::new("POST", host, target);
    request.body = body.to_string().into_bytes();
    request.headers.set("content-type", "application/json");
    request
}

pub fn get(host: &str, target: &str) -> Request {
    Request::new("GET", host, target)
}

/// Signs a request now and sends it.
pub fn send_signed(signer: &Signer, mut request: Request) -> Reply {
    signer.sign(&mut request, Scope::Standard, Timestamp::now()).unwrap();
    send(&request)
}

/// Sends a request as it is; `host` and `content-length` are added where they are missing.
pub fn send(request: &Request) -> Reply {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in request.headers.iter() {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if request.headers.get("host").is_none() {
        text.push_str(&format!("host: {}\r\n", request.host));
    }
    if request.headers.get("content-length").is_none() {
        text.push_str(&format!("content-length: {}\r\n", request.body.len()));
    }
    text.push_str("connection: close\r\n\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend(&request.body);
    raw(&request.host, &bytes)
}

/// Sends bytes and reads what comes back until the end.
pub fn raw(host: &str, bytes: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The other side may refuse before it has read all.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Reply { status, head: head.to_owned(), body: body.to_owned() }
}
