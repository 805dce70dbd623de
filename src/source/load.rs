//! Everything of a run: finds the files, reads them in parallel, and joins what they hold.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::text::{FileId, SourceFile};

use super::configuration::Configuration;
use super::detect::{self, InputFormat, Kind};
use super::parts::Parts;
use super::relevant::{self, Scan};
use super::terraform::module::directory_of;
use super::{evaluate, read, walk};

/// The largest file that is read.
const MAX_BYTES: u64 = 64 << 20;

/// What a run reads.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// What came on standard input, if it is to be read.
    pub stdin: Option<Stdin>,
    /// The format of the files named and of standard input; told from name and content otherwise.
    pub format: Option<InputFormat>,
    /// Texts that stand in for those of the files of these names, as a run of fixes leaves them.
    pub overlay: BTreeMap<String, String>,
}

/// Standard input.
#[derive(Clone, Debug, Default)]
pub struct Stdin {
    /// The name that it goes by, which also tells its format.
    pub name: Option<String>,
    /// What was read.
    pub bytes: Vec<u8>,
}

/// What a run has read.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// All of it.
    pub configuration: Configuration,
    /// Whether something was asked for by name and none of it could be read.
    pub nothing_read: bool,
}

/// A file's text, or why there is none.
pub(super) type Content = Result<String, Trouble>;

pub(super) struct Trouble {
    pub message: String,
    help: Option<&'static str>,
}

/// Reads everything that is asked for. What goes wrong with a file is among the problems of the result.
pub fn load(request: &Request) -> Loaded {
    let found = walk::find(&request.paths);
    let wanted_kind = request.format.map(InputFormat::kind);
    let mut inputs: Vec<Input> = Vec::new();
    if let Some(stdin) = &request.stdin {
        let name = stdin.name.clone().unwrap_or_else(|| "<stdin>".to_owned());
        let text = request.overlay.get(&name).cloned().map(Ok);
        let content = text.unwrap_or_else(|| decode(stdin.bytes.clone()));
        inputs.push(Input::new(name, true, content));
    }
    let read = |file: walk::Wanted| match request.overlay.get(&file.name) {
        Some(text) => Some(Input::new(file.name, file.named, Ok(text.clone()))),
        None => met(file),
    };
    let met: Vec<_> = found.files.into_par_iter().map(read).collect();
    inputs.extend(met.into_iter().flatten());
    for missed in found.missed {
        let content = Err(Trouble { message: missed.message, help: None });
        inputs.push(Input::new(missed.name, missed.named, content));
    }
    let asked = request.paths.len() + usize::from(request.stdin.is_some());
    let failed = inputs.iter().filter(|input| input.named && input.content.is_err()).count();
    let terraform = inputs.iter().filter(|input| detect::by_name(&input.name) == Some(Kind::Terraform));
    let folders = relevant::folders(terraform.map(|input| (input.name.as_str(), &input.scan)));
    let mut configuration = Configuration::default();
    let mut texts: Vec<(FileId, Kind, bool)> = Vec::new();
    for Input { name, named, content, .. } in inputs {
        let wanted = wanted_kind.filter(|_| named);
        match content {
            Ok(content) => {
                let kind = read::kind_of(&name, &content, wanted);
                if kind == Kind::Terraform && !named && !folders.contains(&directory_of(&name)) {
                    continue;
                }
                let id = configuration.files.add(SourceFile::new(name, content));
                texts.push((id, kind, named));
            }
            Err(trouble) => {
                let id = configuration.files.add(SourceFile::new(name, ""));
                configuration.problems.push(read::trouble(id, trouble.message, trouble.help, named));
            }
        }
    }
    let (terraform, other): (Vec<_>, Vec<_>) =
        texts.into_iter().partition(|(_, kind, _)| *kind == Kind::Terraform);
    let files = &configuration.files;
    let parts: Vec<Parts> = other
        .par_iter()
        .map(|&(id, kind, named)| {
            files.get(id).map_or_else(Parts::default, |file| read::read(id, &file.text, kind, named))
        })
        .collect();
    for parts in parts {
        configuration.absorb(parts);
    }
    let terraform: Vec<(FileId, bool)> = terraform.into_iter().map(|(id, _, named)| (id, named)).collect();
    evaluate::evaluate(&mut configuration, &terraform, &request.overlay);
    configuration.settle();
    Loaded { configuration, nothing_read: asked > 0 && failed >= asked }
}

/// Something to read.
struct Input {
    name: String,
    named: bool,
    content: Content,
    /// What a first look at a Terraform file gave.
    scan: Scan,
}

impl Input {
    fn new(name: String, named: bool, content: Content) -> Self {
        let scan = match &content {
            Ok(text) if detect::by_name(&name) == Some(Kind::Terraform) => {
                relevant::scan(text.as_bytes(), true)
            }
            _ => Scan::default(),
        };
        Self { name, named, content, scan }
    }
}

/// Reads a file; `None` for one that a walk met and that can't hold a policy.
fn met(file: walk::Wanted) -> Option<Input> {
    let wanted = file.named || detect::by_name(&file.name) == Some(Kind::Terraform);
    let content = match bytes(&file.path) {
        Ok(bytes) if wanted || relevant::scan(&bytes, false).hit => decode(bytes),
        Ok(_) => return None,
        Err(trouble) => Err(trouble),
    };
    Some(Input::new(file.name, file.named, content))
}

pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Trouble> {
    let unreadable = |error: std::io::Error| Trouble {
        message: format!("can't read this file: {}", walk::reason(&error)),
        help: None,
    };
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let room = size.min(MAX_BYTES) as usize + 1;
    let mut bytes = Vec::with_capacity(room);
    if size <= MAX_BYTES {
        // Pipes and devices tell no size.
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if size > MAX_BYTES || bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}

fn too_large() -> Trouble {
    Trouble {
        message: format!("the file is larger than {} MiB and is not read", MAX_BYTES >> 20),
        help: Some("name it in `.gitignore` or `.ignore` if it holds no policies"),
    }
}

/// Bytes as text. Only UTF-8 is read, since a place is counted in its bytes.
pub(super) fn decode(bytes: Vec<u8>) -> Content {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Trouble {
            message: "the file is UTF-16, not UTF-8".to_owned(),
            help: Some("save it as UTF-8"),
        });
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..good).unwrap_or(&[]);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        Trouble {
            message: format!(
                "the file is not UTF-8: line {line} holds a byte that is no part of a character"
            ),
            help: Some("save it as UTF-8"),
        }
    })
}
