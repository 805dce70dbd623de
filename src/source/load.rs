//! Everything of a run: finds the files, reads them in parallel, and joins what they hold.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::text::{FileId, SourceFile};

use super::configuration::Configuration;
use super::detect::{self, InputFormat, Kind};
use super::evaluate::Asked;
use super::parts::Parts;
use super::relevant::{self, Folders, Scan};
use super::terraform::module::directory_of;
use super::{evaluate, read, walk};

/// The largest file that is read.
const MAX_BYTES: u64 = 64 << 20;
/// How much of a file is asked for at first: all of most files.
const FIRST_READ: usize = 64 << 10;

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
pub(super) type Content = Result<Arc<str>, Trouble>;

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
        let text = request.overlay.get(&name).map(|text| Ok(text.as_str().into()));
        let content = text.unwrap_or_else(|| decode(&stdin.bytes));
        inputs.push(Input {
            name,
            named: true,
            content: content.map(Some),
            scan: Scan::default(),
            path: None,
        });
    }
    inputs.extend(met(found.files, &request.overlay));
    for missed in found.missed {
        let content = Err(Trouble { message: missed.message, help: None });
        let scan = Scan::default();
        inputs.push(Input { name: missed.name, named: missed.named, content, scan, path: None });
    }
    let asked = request.paths.len() + usize::from(request.stdin.is_some());
    let failed = inputs.iter().filter(|input| input.named && input.content.is_err()).count();
    let terraform = inputs.iter().filter(|input| detect::by_name(&input.name) == Some(Kind::Terraform));
    let folders = relevant::folders(terraform.map(|input| (input.name.as_str(), &input.scan)));
    inputs.par_iter_mut().for_each(|input| input.read_again(&folders));
    let mut configuration = Configuration::default();
    let mut terraform: Vec<Asked> = Vec::new();
    let mut other: Vec<(FileId, Kind, bool)> = Vec::new();
    for Input { name, named, content, scan, .. } in inputs {
        let wanted = wanted_kind.filter(|_| named);
        match content {
            Ok(Some(content)) => {
                let kind = read::kind_of(&name, &content, wanted);
                if kind == Kind::Terraform && !named && !folders.relevant.contains(&directory_of(&name)) {
                    continue;
                }
                let id = configuration.files.add(SourceFile::new(name, content));
                match kind {
                    Kind::Terraform => terraform.push(Asked { id, named, quiet: !named && !scan.hit }),
                    kind => other.push((id, kind, named)),
                }
            }
            Ok(None) => {}
            Err(trouble) => {
                let id = configuration.files.add(SourceFile::new(name, ""));
                configuration.problems.push(read::trouble(id, trouble.message, trouble.help, named));
            }
        }
    }
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
    evaluate::evaluate(&mut configuration, &terraform, folders.idle, &request.overlay);
    configuration.settle();
    Loaded { configuration, nothing_read: asked > 0 && failed >= asked }
}

/// Something to read.
struct Input {
    name: String,
    named: bool,
    /// The text; `None` for a Terraform file that a look found nothing in, as in all others of its folder.
    content: Result<Option<Arc<str>>, Trouble>,
    /// What a first look at a Terraform file gave.
    scan: Scan,
    /// Where it can be read again.
    path: Option<PathBuf>,
}

impl Input {
    /// Reads a file of a folder that only other folders make relevant.
    fn read_again(&mut self, folders: &Folders) {
        if let (Ok(None), Some(path)) = (&self.content, &self.path)
            && folders.relevant.contains(&directory_of(&self.name))
        {
            self.content = text(path).map(Some);
        }
    }
}

/// Reads the files that a walk gives. The files of one folder of Terraform come together, so that no text is kept
/// of folders in which nothing matters; of other files only those are kept that can hold a policy.
fn met(files: Vec<walk::Wanted>, overlay: &BTreeMap<String, String>) -> Vec<Input> {
    let mut groups: BTreeMap<String, Vec<(usize, walk::Wanted)>> = BTreeMap::new();
    let mut single = Vec::new();
    for (at, file) in files.into_iter().enumerate() {
        if detect::by_name(&file.name) == Some(Kind::Terraform) {
            groups.entry(directory_of(&file.name)).or_default().push((at, file));
        } else {
            single.push((at, file));
        }
    }
    let groups: Vec<Vec<_>> = groups.into_values().collect();
    let mut inputs: Vec<(usize, Input)> =
        groups.into_par_iter().flat_map_iter(|group| folder(group, overlay)).collect();
    let other = |(at, file)| Some((at, other_file(file, overlay)?));
    inputs.extend(single.into_par_iter().filter_map(other).collect::<Vec<_>>());
    inputs.sort_unstable_by_key(|(at, _)| *at);
    inputs.into_iter().map(|(_, input)| input).collect()
}

/// Reads the Terraform files of one folder.
fn folder(files: Vec<(usize, walk::Wanted)>, overlay: &BTreeMap<String, String>) -> Vec<(usize, Input)> {
    let mut inputs: Vec<(usize, Input)> = files
        .into_iter()
        .map(|(at, walk::Wanted { name, path, named })| {
            let content = match overlay.get(&name) {
                Some(text) => Ok(text.as_str().into()),
                None => text(&path),
            };
            let scan = content
                .as_ref()
                .map_or_else(|_| Scan::default(), |text| relevant::terraform(text.as_bytes()));
            (at, Input { name, named, content: content.map(Some), scan, path: Some(path) })
        })
        .collect();
    if !inputs.iter().any(|(_, input)| input.scan.hit) {
        for (_, input) in inputs.iter_mut().filter(|(_, input)| !input.named) {
            // What can't be read is told wherever it stands.
            if let Ok(text) = &mut input.content {
                *text = None;
            }
        }
    }
    inputs
}

/// Reads a file of another format; `None` for one that a walk met and that can't hold a policy.
fn other_file(
    walk::Wanted { name, path, named }: walk::Wanted,
    overlay: &BTreeMap<String, String>,
) -> Option<Input> {
    let content = match overlay.get(&name) {
        Some(text) => Ok(text.as_str().into()),
        None => bytes(&path, |bytes| {
            // What a policy file says in another encoding would go unseen.
            let foreign = || is_utf16(bytes) && detect::by_name(&name) == Some(Kind::Policy);
            (named || relevant::other(bytes) || foreign()).then(|| decode(bytes))
        })
        .transpose()?
        .and_then(|content| content),
    };
    Some(Input { name, named, content: content.map(Some), scan: Scan::default(), path: None })
}

/// The text of a file.
pub(super) fn text(path: &Path) -> Content {
    bytes(path, decode).and_then(|content| content)
}

/// Gives the bytes of a file to a function, from a buffer that is used for one file after another.
fn bytes<T>(path: &Path, look: impl FnOnce(&[u8]) -> T) -> Result<T, Trouble> {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    let mut buffer = BUFFER.take();
    let result = fill(path, &mut buffer).map(|length| look(buffer.get(..length).unwrap_or(&[])));
    if buffer.len() <= 16 * FIRST_READ {
        BUFFER.set(buffer);
    }
    result
}

/// Reads a file to the start of a buffer; how many bytes there are.
fn fill(path: &Path, buffer: &mut Vec<u8>) -> Result<usize, Trouble> {
    let unreadable = |error: std::io::Error| Trouble {
        message: format!("can't read this file: {}", walk::reason(&error)),
        help: None,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut length = 0;
    loop {
        if length == buffer.len() {
            // Most files fit in; of a large one it is worth to know how large. Pipes and devices tell no size.
            let size = if length == 0 { 0 } else { file.metadata().map_or(0, |metadata| metadata.len()) };
            if size.max(length as u64) > MAX_BYTES {
                return Err(too_large());
            }
            let room = (size as usize + 1).max(length * 2).max(FIRST_READ);
            buffer.resize(room.min(MAX_BYTES as usize + 1), 0);
        }
        match file.read(buffer.get_mut(length..).unwrap_or(&mut [])) {
            Ok(0) => return Ok(length),
            Ok(read) => length += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
}

fn too_large() -> Trouble {
    Trouble {
        message: format!("the file is larger than {} MiB and is not read", MAX_BYTES >> 20),
        help: Some("name it in `.gitignore` or `.ignore` if it holds no policies"),
    }
}

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// Bytes as text. Only UTF-8 is read, since a place is counted in its bytes.
fn decode(bytes: &[u8]) -> Content {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    if is_utf16(bytes) {
        return Err(Trouble {
            message: "the file is UTF-16, not UTF-8".to_owned(),
            help: Some("save it as UTF-8"),
        });
    }
    std::str::from_utf8(bytes).map(Arc::from).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or(&[]);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        Trouble {
            message: format!(
                "the file is not UTF-8: line {line} holds a byte that is no part of a character"
            ),
            help: Some("save it as UTF-8"),
        }
    })
}
