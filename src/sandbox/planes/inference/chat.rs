//! Native chat: the formats GENERIC, COHERE and COHEREV2, at once or as a stream.

use serde_json::{Map, Value, json};

use super::super::model::{self, Api};
use super::super::text;
use super::super::turn::{self, Choice, Form, From, Question, Tool, Turn};
use super::super::{Asked, set};
use super::{announcing, bad_body, model_id};
use crate::sandbox::call::{Answer, Body, Failure, Target};
use crate::sandbox::store;

/// How many answers to one question a call may ask for.
const MOST_GENERATIONS: u64 = 16;

pub fn answer(asked: Asked<'_>, target: &Target, body: &Value) -> Result<Answer, Failure> {
    let request = body.get("chatRequest").ok_or_else(|| bad_body("the body has no `chatRequest`"))?;
    let format = match request.get("apiFormat").and_then(Value::as_str) {
        Some(format @ ("GENERIC" | "COHERE" | "COHEREV2")) => format,
        Some(other) => return Err(bad_body(format!("`{other}` is no apiFormat"))),
        None => return Err(bad_body("`chatRequest` has no `apiFormat`")),
    };
    let chosen = model::choose(asked.store, asked.call, model_id(body)?, Api::Chat(format))?;
    model::within_quota(asked, &chosen, target.compartment.as_deref())?;
    let mut question = Question { model: chosen.model.name.to_owned(), ..Question::default() };
    settings(request, &mut question);
    match format {
        "COHERE" => cohere_message(request, &mut question)?,
        _ => messages(request, &mut question)?,
    }
    let turn = turn::take(&question);
    let stream = request.get("isStream").and_then(Value::as_bool).unwrap_or(false);
    let chat = Chat { asked, request, format, turn, prompt: question.prompt };
    let answer = match stream {
        true => Answer::with_body(Body::Events(chat.events())),
        false => Answer::json(json!({
            "modelId": chosen.id,
            "modelVersion": "1.0.0",
            "chatResponse": chat.response()?,
        })),
    };
    Ok(announcing(answer, &chosen))
}

fn settings(request: &Value, question: &mut Question) {
    question.limit =
        ["maxCompletionTokens", "maxTokens"].iter().find_map(|key| request.get(key)).and_then(Value::as_u64);
    let stop = ["stop", "stopSequences"].iter().find_map(|key| request.get(key)).and_then(Value::as_array);
    question.stop = stop.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let form = request.get("responseFormat");
    let schema = |form: &Value| {
        let schema = form.get("jsonSchema").or_else(|| form.get("schema"))?;
        Some(schema.get("schema").unwrap_or(schema).clone())
    };
    question.form = match form.and_then(|form| form.get("type")).and_then(Value::as_str) {
        Some("JSON_SCHEMA") => form.and_then(schema).map_or(Form::Object, Form::Schema),
        Some("JSON_OBJECT") => form.and_then(schema).map_or(Form::Object, Form::Schema),
        _ => Form::Text,
    };
    let tools = request.get("tools").and_then(Value::as_array);
    question.tools = tools.into_iter().flatten().filter_map(tool).collect();
    let choice = request.get("toolChoice").or_else(|| request.get("toolsChoice"));
    let kind = choice.and_then(|choice| choice.as_str().or_else(|| choice.get("type")?.as_str()));
    question.choice = match kind {
        Some("NONE") => Choice::None,
        Some("REQUIRED") => Choice::Required,
        Some("FUNCTION") => match choice.and_then(|choice| choice.get("name")).and_then(Value::as_str) {
            Some(name) => Choice::Named(name.to_owned()),
            None => Choice::Required,
        },
        _ => Choice::Auto,
    };
}

/// A tool in any of the three formats.
fn tool(tool: &Value) -> Option<Tool> {
    let function = tool.get("function").unwrap_or(tool);
    let name = function.get("name")?.as_str()?.to_owned();
    let schema = match function.get("parameterDefinitions").and_then(Value::as_object) {
        Some(definitions) => {
            let properties: Map<_, _> = definitions
                .iter()
                .map(|(name, definition)| {
                    let kind = definition.get("type").and_then(Value::as_str).unwrap_or("str");
                    let kind = match kind.to_ascii_lowercase().as_str() {
                        "int" | "integer" => "integer",
                        "float" | "number" => "number",
                        "bool" | "boolean" => "boolean",
                        "list" | "array" => "array",
                        "dict" | "object" => "object",
                        _ => "string",
                    };
                    (name.clone(), json!({ "type": kind }))
                })
                .collect();
            json!({ "type": "object", "properties": properties })
        }
        None => function.get("parameters").cloned().unwrap_or_else(|| json!({ "type": "object" })),
    };
    Some(Tool { name, schema })
}

/// The texts of a message's content: a list of typed parts. An image counts as a fixed number of tokens.
fn content(message: &Value, tokens: &mut u64) -> Result<String, Failure> {
    const IMAGE: u64 = 85;
    let parts = match message.get("content") {
        None | Some(Value::Null) => return Ok(String::new()),
        Some(Value::Array(parts)) => parts,
        Some(_) => return Err(bad_body("`content` of a message is no list of parts")),
    };
    let mut said = String::new();
    for part in parts {
        match part.get("type").and_then(Value::as_str) {
            Some("TEXT") => {
                let text = part.get("text").and_then(Value::as_str);
                said.push_str(text.ok_or_else(|| bad_body("a part of type TEXT has no `text`"))?);
            }
            Some("IMAGE" | "IMAGE_URL" | "AUDIO" | "VIDEO" | "DOCUMENT" | "THINKING") => *tokens += IMAGE,
            Some(other) => return Err(bad_body(format!("`{other}` is no type of content"))),
            None => return Err(bad_body("a part of `content` has no `type`")),
        }
    }
    Ok(said)
}

fn messages(request: &Value, question: &mut Question) -> Result<(), Failure> {
    let messages = request.get("messages").and_then(Value::as_array).filter(|messages| !messages.is_empty());
    for message in messages.ok_or_else(|| bad_body("`messages` is missing or empty"))? {
        let said = content(message, &mut question.tokens)?;
        match message.get("role").and_then(Value::as_str) {
            Some("USER") => question.hear(From::User, &said),
            Some("TOOL") => question.hear(From::Tool, &said),
            Some("ASSISTANT" | "SYSTEM" | "DEVELOPER") => question.hear(From::Other, &said),
            Some(other) => return Err(bad_body(format!("`{other}` is no role"))),
            None => return Err(bad_body("a message has no `role`")),
        }
    }
    Ok(())
}

fn cohere_message(request: &Value, question: &mut Question) -> Result<(), Failure> {
    let message = request.get("message").and_then(Value::as_str);
    let results = request.get("toolResults").and_then(Value::as_array).filter(|results| !results.is_empty());
    let message = match (message, results) {
        (Some(""), None) | (None, _) => return Err(bad_body("`message` is missing or empty")),
        (Some(message), _) => message,
    };
    if let Some(preamble) = request.get("preambleOverride").and_then(Value::as_str) {
        question.hear(From::Other, preamble);
    }
    for earlier in request.get("chatHistory").and_then(Value::as_array).into_iter().flatten() {
        let said = earlier.get("message").and_then(Value::as_str).unwrap_or_default();
        match earlier.get("role").and_then(Value::as_str) {
            Some("USER") => question.hear(From::User, said),
            Some("CHATBOT" | "SYSTEM" | "TOOL") => question.hear(From::Other, said),
            _ => return Err(bad_body("an entry of `chatHistory` has no role that exists")),
        }
    }
    if !message.is_empty() {
        question.hear(From::User, message);
    }
    for result in results.into_iter().flatten() {
        let outputs = result.get("outputs").map(Value::to_string).unwrap_or_default();
        question.hear(From::Tool, &outputs);
    }
    Ok(())
}

/// A finished chat, to be written in its format.
struct Chat<'a> {
    asked: Asked<'a>,
    request: &'a Value,
    format: &'a str,
    turn: Turn,
    prompt: String,
}

impl Chat<'_> {
    fn usage(&self) -> Value {
        json!({
            "completionTokens": self.turn.completion_tokens,
            "promptTokens": self.turn.prompt_tokens,
            "totalTokens": self.turn.total(),
        })
    }

    fn cohere_finish(&self) -> &'static str {
        match (self.turn.reply.cut, self.format) {
            (true, _) => "MAX_TOKENS",
            (false, "COHEREV2") if !self.turn.calls.is_empty() => "TOOL_CALL",
            (false, _) => "COMPLETE",
        }
    }

    fn response(&self) -> Result<Value, Failure> {
        Ok(match self.format {
            "COHERE" => self.cohere(),
            "COHEREV2" => self.cohere_v2(),
            _ => self.generic()?,
        })
    }

    fn generic(&self) -> Result<Value, Failure> {
        let count = self.request.get("numGenerations").and_then(Value::as_u64).unwrap_or(1);
        if count == 0 || count > MOST_GENERATIONS {
            return Err(bad_body(format!(
                "`numGenerations` is {count}; the sandbox gives 1 to {MOST_GENERATIONS}"
            )));
        }
        let choices: Vec<_> = (0..count)
            .map(|index| {
                json!({
                    "index": index,
                    "message": self.message(),
                    "finishReason": self.turn.finish(),
                    "logprobs": {},
                })
            })
            .collect();
        Ok(json!({
            "apiFormat": "GENERIC",
            "timeCreated": store::time(self.asked.call.now),
            "choices": choices,
            "usage": self.usage(),
        }))
    }

    /// The message of the generic format and of COHEREV2.
    fn message(&self) -> Value {
        let mut message = json!({ "role": "ASSISTANT" });
        if self.turn.calls.is_empty() {
            set(&mut message, "content", json!([{ "type": "TEXT", "text": self.turn.reply.text }]));
            return message;
        }
        let calls = self.turn.calls.iter().map(|call| {
            let arguments = call.arguments.to_string();
            match self.format {
                "COHEREV2" => json!({ "id": call.id, "type": "FUNCTION",
                    "function": { "name": call.name, "arguments": arguments } }),
                _ => json!({ "id": call.id, "type": "FUNCTION", "name": call.name, "arguments": arguments }),
            }
        });
        set(&mut message, "toolCalls", calls.collect::<Value>());
        if self.format == "COHEREV2" {
            set(&mut message, "toolPlan", "I will call the tool.");
        }
        message
    }

    fn cohere(&self) -> Value {
        let mut history =
            self.request.get("chatHistory").and_then(Value::as_array).cloned().unwrap_or_default();
        history.push(json!({ "role": "USER", "message": self.prompt }));
        let mut response = json!({
            "apiFormat": "COHERE",
            "text": self.turn.reply.text,
            "finishReason": self.cohere_finish(),
            "usage": self.usage(),
        });
        let mut said = json!({ "role": "CHATBOT", "message": self.turn.reply.text });
        if !self.turn.calls.is_empty() {
            let calls: Value = self
                .turn
                .calls
                .iter()
                .map(|call| json!({ "name": call.name, "parameters": call.arguments }))
                .collect();
            set(&mut said, "toolCalls", calls.clone());
            set(&mut response, "toolCalls", calls);
        }
        history.push(said);
        set(&mut response, "chatHistory", history);
        if let Some(documents) =
            self.request.get("documents").and_then(Value::as_array).filter(|all| !all.is_empty())
        {
            set(&mut response, "documents", documents.clone());
        }
        response
    }

    fn cohere_v2(&self) -> Value {
        json!({
            "apiFormat": "COHEREV2",
            "id": text::letters(&[&self.asked.call.request_id, &self.prompt], 32),
            "message": self.message(),
            "finishReason": self.cohere_finish(),
            "usage": self.usage(),
        })
    }

    /// The events of a stream: one for each piece of text, then the end.
    fn events(&self) -> Vec<String> {
        let usage =
            self.request.pointer("/streamOptions/isIncludeUsage").and_then(Value::as_bool).unwrap_or(false);
        let pieces = text::pieces(&self.turn.reply.text);
        let mut events: Vec<Value> = pieces
            .iter()
            .map(|piece| match self.format {
                "COHERE" => json!({ "apiFormat": "COHERE", "text": piece }),
                "COHEREV2" => json!({ "apiFormat": "COHEREV2", "message":
                    { "role": "ASSISTANT", "content": [{ "type": "TEXT", "text": piece }] } }),
                _ => json!({ "index": 0, "message":
                    { "role": "ASSISTANT", "content": [{ "type": "TEXT", "text": piece }] } }),
            })
            .collect();
        match self.format {
            "COHERE" => events.push(self.cohere()),
            "COHEREV2" => {
                if !self.turn.calls.is_empty() {
                    events.push(json!({ "apiFormat": "COHEREV2", "message": self.message() }));
                }
                events.push(json!({ "apiFormat": "COHEREV2", "finishReason": self.cohere_finish(),
                    "usage": self.usage() }));
            }
            _ => {
                if !self.turn.calls.is_empty() {
                    events.push(json!({ "index": 0, "message": self.message() }));
                }
                events
                    .push(json!({ "message": { "role": "ASSISTANT" }, "finishReason": self.turn.finish() }));
                if usage {
                    events.push(json!({ "usage": self.usage() }));
                }
            }
        }
        events.into_iter().map(|event| format!("data: {event}")).collect()
    }
}
