//! Files that appear whole or not at all.

use super::{Error, Problem};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Whether a name leads to a device or a pipe, which can only be written to as it is.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| !file.is_file() && !file.is_dir())
}

/// Errors now rather than after a long run: the folder must be there, and take a file.
///
/// `-` stands for standard output and is always fine.
pub fn check_writable(path: &Path) -> Result<(), Error> {
    if path == Path::new("-") || is_special(path) {
        return Ok(());
    }
    temporary(path).map(drop)
}

/// Writes through a temporary file in the same folder, synced and then renamed: an earlier
/// file of that name stays whole until the new one is.
///
/// Errors: [`Problem::NoFolder`], [`Problem::Folder`], [`Problem::Write`] (a full disk, a
/// read-only folder); then nothing is left behind. The folder is synced, too: what was written
/// is there after a power cut.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::new(path, Problem::Write(error));
    if is_special(path) {
        let mut file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        return file.write_all(bytes).and_then(|()| file.flush()).map_err(failed);
    }
    let mut file = temporary(path)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map(drop).map_err(|e| failed(e.error))?;
    sync(&folder(path)).map_err(failed)
}

/// Makes a new name last: a rename is only in the folder's pages until that is synced, too.
fn sync(folder: &Path) -> std::io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match std::fs::File::open(folder)?.sync_all() {
        // Some network file systems sync no folders; what they promise, they promise.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done,
    }
}

fn temporary(path: &Path) -> Result<tempfile::NamedTempFile, Error> {
    let folder = folder(path);
    if path.is_dir() {
        return Err(Error::new(path, Problem::Folder));
    }
    if !folder.is_dir() {
        return Err(Error::new(path, Problem::NoFolder(folder)));
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is private; what replaces a result is not. The mask still applies.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".exactract-").tempfile_in(folder).map_err(|e| Error::new(path, Problem::Write(e)))
}
