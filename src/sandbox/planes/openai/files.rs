//! Files: uploaded as forms, listed, read and deleted.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http_body_util::{BodyDataStream, Full};
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::super::Asked;
use super::scope::Scope;
use super::{bytes, gone, id, keep, kept, list, refused, region_key};
use crate::sandbox::call::{Answer, Call, Failure};
use crate::sandbox::store::Stored;

pub const KIND: &str = "openai/files";

/// A file as a form brings it, with the form's other fields.
pub struct Form {
    pub name: String,
    pub content: Vec<u8>,
    pub fields: Vec<(String, String)>,
}

/// Reads a form. All of it is in memory, so nothing is ever waited for.
pub fn form(call: &Call) -> Result<Form, Failure> {
    let kind = call.headers.get("content-type").unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|error| {
        refused("Could not parse multipart form", format!("the content type is no form's: {error}"))
    })?;
    let stream = BodyDataStream::new(Full::new(Bytes::from(call.body.clone())));
    let mut parts = multer::Multipart::new(stream, boundary);
    let reading = async move {
        let mut form = Form { name: String::new(), content: Vec::new(), fields: Vec::new() };
        let mut has_file = false;
        while let Some(field) = parts.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            match field.file_name().map(str::to_owned) {
                Some(file) => {
                    form.name = file;
                    form.content = field.bytes().await?.to_vec();
                    has_file = true;
                }
                None => form.fields.push((name, field.text().await?)),
            }
        }
        Ok::<_, multer::Error>(has_file.then_some(form))
    };
    match now(reading) {
        Some(Ok(Some(form))) => Ok(form),
        Some(Ok(None)) => Err(refused("'file' is a required property", "the form has no file")),
        Some(Err(error)) => Err(refused("Could not parse multipart form", error.to_string())),
        None => Err(refused("Could not parse multipart form", "the form ends too early")),
    }
}

/// The outcome of what has nothing to wait for; none if it waits all the same.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    /// A form's reader may ask to be polled again without waiting.
    const POLLS: usize = 100_000;
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..POLLS).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    })
}

/// What a stored file holds.
pub fn content(held: &Stored) -> Vec<u8> {
    let text = held.value.get("content").and_then(Value::as_str).unwrap_or_default();
    BASE64.decode(text).unwrap_or_default()
}

fn shown(held: &Stored) -> Value {
    held.value.get("file").cloned().unwrap_or(Value::Null)
}

/// The file with an id.
pub fn file(asked: Asked<'_>, scope: &Scope, id: &str) -> Result<Stored, Failure> {
    kept(asked, scope, "File", KIND, id)
}

pub fn answer(asked: Asked<'_>, scope: &Scope) -> Result<Answer, Failure> {
    match asked.route.operation.name {
        "UploadFile" => {
            let form = form(asked.call)?;
            let purpose =
                form.fields.iter().find(|(name, _)| name == "purpose").map(|(_, value)| value.as_str());
            let purpose = purpose
                .ok_or_else(|| refused("'purpose' is a required property", "the form has no `purpose`"))?;
            let id = asked.store.plain_id(&format!("file-{}-", region_key(asked)), 32);
            let file = json!({ "id": id, "object": "file", "bytes": form.content.len(),
                "created_at": asked.call.now.as_second(), "filename": form.name, "purpose": purpose,
                "status": "processed", "status_details": null, "expires_at": null });
            keep(asked, scope, KIND, &id, json!({ "file": file, "content": BASE64.encode(&form.content) }));
            Ok(Answer::json(file))
        }
        "ListFiles" => {
            let all = asked.store.list(KIND, asked.call.region).into_iter().filter(|held| scope.owns(held));
            let purpose = asked.call.parameter("purpose");
            let fits = |file: &Value| {
                purpose
                    .as_deref()
                    .is_none_or(|purpose| file.get("purpose").and_then(Value::as_str) == Some(purpose))
            };
            list::page(asked, all.map(|held| shown(&held)).filter(fits).collect(), true)
        }
        "RetrieveFile" => Ok(Answer::json(shown(&file(asked, scope, id(asked))?))),
        "RetrieveFileContent" => {
            let held = file(asked, scope, id(asked))?;
            Ok(bytes("application/octet-stream", content(&held)))
        }
        _ => {
            let held = file(asked, scope, id(asked))?;
            asked.store.remove(&held.id);
            Ok(gone(&held.id, "file"))
        }
    }
}
