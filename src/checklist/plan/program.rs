//! The program that makes the call: its environment and its code.

use super::{Builder, Snippet, Variable};
use crate::checklist::facts::{Mode, Setup};

impl Builder<'_> {
    /// The client's setup for the method.
    fn setup(&self) -> Option<(&'static Mode, &'static Setup)> {
        let (_, mode) = self.client?;
        Some((mode, mode.methods.get(self.method)?))
    }

    pub(super) fn environment(&self) -> Vec<Variable> {
        let Some((mode, setup)) = self.setup() else { return Vec::new() };
        let mut found = Vec::new();
        let mut add = |name: &str, value: String, secret: bool| {
            if !found.iter().any(|known: &Variable| known.name == name) {
                found.push(Variable { name: name.to_owned(), value, secret });
            }
        };
        if !mode.endpoint_variable.is_empty() {
            add(&mode.endpoint_variable, self.params.fill(&format!("{{{}}}", mode.endpoint)), false);
        }
        for (name, template) in mode.environment.iter().chain(&setup.environment) {
            let code = self.code(mode).unwrap_or_default();
            // What the snippet of this call doesn't read isn't worth setting, unless the client reads it by itself.
            let implicit = name.starts_with("OPENAI_") && (name != "OPENAI_PROJECT_ID" || self.route.project);
            let read = [code, &setup.setup, &setup.arguments, &setup.imports]
                .iter()
                .any(|text| text.contains(name.as_str()));
            if read || implicit {
                add(name, self.params.fill(template), template.starts_with("{secret"));
            }
        }
        found
    }

    fn code(&self, mode: &'static Mode) -> Option<&'static str> {
        mode.snippet(self.subject.call_name, self.subject.native())
    }

    pub(super) fn snippet(&self) -> Option<Snippet> {
        let (mode, setup) = self.setup()?;
        let code = self.code(mode)?;
        let mut own = self.params.clone();
        let dedicated = self.subject.wish.dedicated;
        own.set("model-id", if dedicated { "{endpoint-ocid}" } else { "{model}" });
        let cohere = self.subject.native().is_some_and(|native| native.starts_with("COHERE"));
        own.set("provider", if cohere { "cohere" } else { "generic" });
        own.set("serving-mode", own.fill(if dedicated { &mode.dedicated } else { &mode.on_demand }));
        own.set("imports", setup.imports.trim_end());
        own.set("setup", setup.setup.trim_end());
        own.set("arguments", setup.arguments.trim_end());
        // The parts hold names themselves.
        let code = own.fill(code);
        let code = tidy(&code);
        let install = [mode.install.as_str(), setup.install.as_str()];
        let install: Vec<&str> = install.into_iter().filter(|text| !text.is_empty()).collect();
        Some(Snippet { language: mode.language.clone(), install: install.join(" "), code })
    }
}

/// Code without the blank lines that empty parts leave behind.
fn tidy(code: &str) -> String {
    let mut out = String::new();
    let mut blank = true;
    for line in code.lines().map(str::trim_end) {
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}
