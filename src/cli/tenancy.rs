//! What the commands that ask the evaluator read: a tenancy file, policies of any source, or both.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::authz::{Compiled, Policy, Principal, Request, Tenancy, Wanted, is_readable_time, strange_names};
use crate::diag::Severity;
use crate::source;
use crate::text::mask_shapes;

use super::Failure;
use super::terminal::Terminal;

/// The largest tenancy file.
const MAX_BYTES: u64 = 64 << 20;

/// The policies and the tenancy to ask.
#[derive(clap::Args)]
pub(super) struct TenancyArgs {
    /// Where the policies are: Terraform folders and files, plans, OCI command-line output, text
    #[arg(long, value_name = "PATH")]
    policies: Vec<PathBuf>,
    /// The tenancy: a file as `ociam schema tenancy` describes it, or lists as the OCI command line prints them
    #[arg(long, value_name = "FILE")]
    tenancy: Vec<PathBuf>,
    /// A statement more, as if in a policy attached to the root compartment
    #[arg(long, value_name = "TEXT")]
    statement: Vec<String>,
}

impl TenancyArgs {
    /// Reads it all into one tenancy.
    pub(super) fn load(&self, terminal: &Terminal) -> Result<Tenancy, Failure> {
        if self.policies.is_empty() && self.tenancy.is_empty() && self.statement.is_empty() {
            return Err(Failure::with_help(
                "there is nothing to ask",
                "name policies with --policies PATH, a tenancy with --tenancy FILE, or both",
            ));
        }
        let mut tenancy = Tenancy::default();
        for path in &self.tenancy {
            tenancy.merge(read_tenancy(path)?);
        }
        if !self.policies.is_empty() {
            add_policies(&mut tenancy, &self.policies, terminal)?;
        }
        if !self.statement.is_empty() {
            tenancy.policies.push(Policy {
                name: "--statement".into(),
                compartment: Some(String::new()),
                ocid: None,
                statements: self.statement.iter().map(|text| mask_shapes(text).into_owned().into()).collect(),
            });
        }
        Ok(tenancy)
    }
}

/// Reads a tenancy file, or a list that the OCI command line printed.
pub(super) fn read_tenancy(path: &Path) -> Result<Tenancy, Failure> {
    let shown = path.display();
    let cannot = |error: std::io::Error| Failure::usage(format!("can't read `{shown}`: {error}"));
    if std::fs::metadata(path).map_err(cannot)?.len() > MAX_BYTES {
        return Err(Failure::usage(format!("`{shown}` is larger than 64 MiB")));
    }
    let text = std::fs::read_to_string(path).map_err(cannot)?;
    let mut read = Tenancy::from_text_or_dump(&text);
    read.iter_mut().for_each(Tenancy::mask_secrets);
    read.map_err(|error| {
        let at = error.position.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        Failure::with_help(
            format!("{shown}{at}: {}", error.message),
            "`ociam schema tenancy` prints what a tenancy file may hold",
        )
    })
}

/// What a path holds: a tenancy file, or policies of any source beside those of `base`.
pub(super) fn state(path: &Path, base: &Tenancy, terminal: &Terminal) -> Result<Tenancy, Failure> {
    if !path.exists() {
        return Err(Failure::usage(format!("there is no `{}`", path.display())));
    }
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if path.is_file() && extension == "toml" {
        return read_tenancy(path);
    }
    if path.is_file()
        && extension == "json"
        && let Ok(tenancy) = read_tenancy(path)
        && tenancy != Tenancy::default()
    {
        return Ok(tenancy);
    }
    let mut tenancy = base.clone();
    add_policies(&mut tenancy, &[path.to_owned()], terminal)?;
    Ok(tenancy)
}

/// Reads policies and what is declared beside them, and says what couldn't be read.
pub(super) fn add_policies(
    tenancy: &mut Tenancy,
    paths: &[PathBuf],
    terminal: &Terminal,
) -> Result<(), Failure> {
    if let Some(path) = paths.iter().find(|path| !path.exists()) {
        return Err(Failure::usage(format!("there is no `{}`", path.display())));
    }
    let loaded = source::load(&source::Request { paths: paths.to_vec(), ..source::Request::default() });
    let configuration = &loaded.configuration;
    let mut stderr = std::io::stderr().lock();
    let worst = configuration.problems.iter().filter(|problem| problem.severity == Severity::Error);
    for problem in worst.clone() {
        let file = configuration.files.name(problem.place.file);
        writeln!(stderr, "{} {file}: {}", terminal.error_words().0, problem.message)?;
    }
    if loaded.nothing_read {
        return Err(Failure::usage("none of the policies could be read"));
    }
    for unresolved in &configuration.unresolved {
        let line = configuration
            .files
            .get(unresolved.place.file)
            .map_or(0, |file| file.position(unresolved.place.span.start()).line);
        let file = configuration.files.name(unresolved.place.file);
        writeln!(stderr, "note: {file}:{line}: `{}` is left out: {}", unresolved.address, unresolved.reason)?;
    }
    tenancy.add_configuration(configuration);
    tenancy.mask_secrets();
    Ok(())
}

/// Says what is strange about the names in a request; the answer stands all the same.
pub(super) fn remark(home: &Compiled, target: &Compiled, request: &Request) -> std::io::Result<()> {
    let mut stderr = std::io::stderr().lock();
    strange_names(home, target, request).iter().try_for_each(|strange| writeln!(stderr, "note: {strange}"))
}

/// What is asked for, and under which circumstances.
#[derive(clap::Args)]
pub(super) struct RequestArgs {
    /// An operation (chat, embed, responses, list-models, CreateBucket), a permission, or a verb and a resource-type
    #[arg(long, value_name = "OPERATION")]
    operation: String,
    /// The compartment of the target: name, path (ml:prod), OCID, or `tenancy` for the root
    #[arg(long, value_name = "COMPARTMENT")]
    compartment: Option<String>,
    /// The region that the request is sent to
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The model that it names
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// When it is made, in UTC, as in 2026-11-21T05:00:00Z; now when left out
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// The network source that it comes from
    #[arg(long, value_name = "NAME")]
    network_source: Option<String>,
    /// A defined tag of the target
    #[arg(long, value_name = "NAMESPACE.KEY=VALUE")]
    tag: Vec<String>,
    /// The value of a condition variable; none after the `=` for one that the request does not carry
    #[arg(long, value_name = "VARIABLE=VALUE")]
    attribute: Vec<String>,
}

impl RequestArgs {
    /// The request of this principal.
    pub(super) fn request(&self, principal: Principal) -> Result<Request, Failure> {
        let wanted = Wanted::parse(&self.operation).map_err(Failure::usage)?;
        let mut request = Request::new(principal, wanted, self.compartment.as_deref());
        request.region.clone_from(&self.region);
        request.model.clone_from(&self.model);
        if let Some(time) = &self.time
            && !is_readable_time(time)
        {
            return Err(Failure::with_help(
                format!("`{time}` is no time"),
                "write it in UTC, as in 2026-11-21T05:00:00Z",
            ));
        }
        request.time = Some(self.time.clone().unwrap_or_else(|| jiff::Timestamp::now().to_string()));
        request.network_source.clone_from(&self.network_source);
        let pair = |text: &str| {
            text.split_once('=')
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .ok_or_else(|| Failure::with_help(format!("`{text}` has no value"), "write NAME=VALUE"))
        };
        for tag in &self.tag {
            let (name, value) = pair(tag)?;
            request.tags.get_or_insert_default().insert(name, value);
        }
        for attribute in &self.attribute {
            let (name, value) = pair(attribute)?;
            let values = request.attributes.entry(name).or_default();
            if !value.is_empty() {
                values.push(value);
            }
        }
        Ok(request)
    }
}
