//! The folder that a sandbox keeps its state in: files appear whole or not at all, readable by their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where what clients needn't see lies.
const PRIVATE: &str = ".sandbox";

/// A state directory, held by one sandbox at a time.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Locked as long as the sandbox runs; the system lets go of it however the process ends.
    _lock: File,
}

impl Folder {
    /// Takes a directory, made if need be. The error is for people.
    pub fn take(path: &Path) -> Result<Self, String> {
        let cannot = |what: &Path, error: io::Error| format!("can't use `{}`: {error}", what.display());
        let private = path.join(PRIVATE);
        fs::create_dir_all(&private).map_err(|error| cannot(path, error))?;
        restrict(&private, 0o700).map_err(|error| cannot(&private, error))?;
        // Clients read its paths from wherever they stand.
        let root = path.canonicalize().map_err(|error| cannot(path, error))?;
        let file = root.join(PRIVATE).join("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&file);
        let lock = lock.map_err(|error| cannot(&file, error))?;
        lock.try_lock().map_err(|_| format!("another sandbox already serves `{}`", path.display()))?;
        Ok(Self { root, _lock: lock })
    }

    /// The path of a file that clients use.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The name of a file that only the sandbox uses.
    pub fn private(name: &str) -> String {
        format!("{PRIVATE}/{name}")
    }

    /// The text of a file; none when it isn't there or isn't text.
    pub fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    /// Writes a file that only its owner can read, in one step: after a crash the old or the new one is there.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.path(name);
        let mut fresh = path.clone().into_os_string();
        fresh.push(".new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(text.as_bytes())?;
        drop(file);
        fs::rename(&fresh, &path)
    }

    /// A file to add lines to.
    pub fn append(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(self.path(name))
    }
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
