//! One turn of a model: what it says or which tool it calls, and what that counts as. Knows no wire format.

use serde_json::Value;

use super::text::{self, Reply};

/// A tool that a call offers.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// The JSON Schema of its arguments.
    pub schema: Value,
}

/// Whether the model is to call a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    /// As it sees fit.
    #[default]
    Auto,
    /// Never.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Named(String),
}

/// The form that the text is to have.
#[derive(Debug, Clone, Default)]
pub enum Form {
    /// Any text.
    #[default]
    Text,
    /// A JSON object.
    Object,
    /// JSON after a schema.
    Schema(Value),
}

/// What a model is asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The model, by the id that the caller used.
    pub model: String,
    /// What the user said last.
    pub prompt: String,
    /// What a tool answered after that, if one did.
    pub tool_result: Option<String>,
    /// How many tokens all messages count as.
    pub tokens: u64,
    /// The tools on offer.
    pub tools: Vec<Tool>,
    /// Whether to call them.
    pub choice: Choice,
    /// How long the answer may be.
    pub limit: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// The form of the text.
    pub form: Form,
}

impl Question {
    /// Takes a message in: counts it, and remembers the last of the user and of tools.
    pub fn hear(&mut self, from: From, said: &str) {
        /// What a message counts as beside its text.
        const FRAME: u64 = 3;
        self.tokens += FRAME + text::tokens(said);
        match from {
            From::User => {
                self.prompt = said.to_owned();
                self.tool_result = None;
            }
            From::Tool => self.tool_result = Some(said.to_owned()),
            From::Other => {}
        }
    }
}

/// Whom a message is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The user.
    User,
    /// A tool.
    Tool,
    /// The model itself, or whoever sets it up.
    Other,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// Its id.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments.
    pub arguments: Value,
}

/// What the model does.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Its text; empty when it calls tools.
    pub reply: Reply,
    /// Its calls of tools.
    pub calls: Vec<ToolCall>,
    /// What the question counted as.
    pub prompt_tokens: u64,
    /// What the answer counts as.
    pub completion_tokens: u64,
}

impl Turn {
    /// The reason why it ends, as the OpenAI API and the generic format name it.
    pub fn finish(&self) -> &'static str {
        match (self.calls.is_empty(), self.reply.cut) {
            (false, _) => "tool_calls",
            (true, true) => "length",
            (true, false) => "stop",
        }
    }

    /// All tokens.
    pub fn total(&self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }
}

/// What a model does with a question: it calls the first fitting tool when the user spoke last, else it answers.
pub fn take(question: &Question) -> Turn {
    let called = match &question.choice {
        Choice::None => None,
        Choice::Named(name) => question.tools.iter().find(|tool| tool.name == *name),
        Choice::Required => question.tools.first(),
        Choice::Auto if question.tool_result.is_none() => question.tools.first(),
        Choice::Auto => None,
    };
    let mut turn = Turn {
        reply: Reply { text: String::new(), cut: false },
        calls: Vec::new(),
        prompt_tokens: question.tokens,
        completion_tokens: 0,
    };
    match called {
        Some(tool) => {
            let arguments = match text::instance(&tool.schema, &question.prompt) {
                Value::Object(fields) => Value::Object(fields),
                _ => Value::Object(serde_json::Map::new()),
            };
            turn.completion_tokens = text::tokens(&tool.name) + text::tokens(&arguments.to_string());
            let id = text::letters(&[&question.model, &question.prompt, &tool.name], 24);
            turn.calls.push(ToolCall { id: format!("call_{id}"), name: tool.name.clone(), arguments });
        }
        None => {
            let said = match (&question.form, &question.tool_result) {
                (Form::Schema(schema), _) => text::instance(schema, &question.prompt).to_string(),
                (Form::Object, _) => serde_json::json!({ "answer": question.prompt.trim() }).to_string(),
                (Form::Text, Some(result)) => format!("The tool answered: {}", result.trim()),
                (Form::Text, None) => text::answer(&question.model, &question.prompt),
            };
            let end =
                question.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| said.find(stop)).min();
            let said = end.and_then(|end| said.get(..end)).map_or(said.clone(), str::to_owned);
            turn.reply = Reply::limited(said, question.limit);
            turn.completion_tokens = text::tokens(&turn.reply.text);
        }
    }
    turn
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(prompt: &str) -> Question {
        let mut question = Question { model: "a.b".into(), ..Question::default() };
        question.hear(From::User, prompt);
        question
    }

    #[test]
    fn a_tool_is_called_once_and_its_answer_is_used() {
        let mut question = asked("weather in Oslo");
        let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        question.tools.push(Tool { name: "weather".into(), schema });
        let first = take(&question);
        assert_eq!(first.calls[0].arguments, json!({ "city": "weather in Oslo" }));
        assert_eq!(first.finish(), "tool_calls");
        question.hear(From::Tool, "rain");
        assert_eq!(take(&question).reply.text, "The tool answered: rain");
    }

    #[test]
    fn limit_and_stop_end_the_answer() {
        let mut question = asked("one two three");
        question.limit = Some(3);
        assert_eq!(take(&question).finish(), "length");
        question = Question { stop: vec!["two".into()], ..asked("one two three") };
        assert!(take(&question).reply.text.ends_with("one "));
    }
}
