//! The one way to read a file: up to a limit.

use super::{Error, Problem};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The path that stands for standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// The bytes of a file, or of a pipe or device, up to a limit; `-` stands for standard input, which can be read once.
///
/// A file that says that it is larger is not read at all. What does not say so, or lies, is read no further than one
/// byte past the limit; memory follows what is there.
///
/// Errors: [`Problem::Read`], [`Problem::Folder`], [`Problem::TooLarge`], [`Problem::StandardInput`].
pub fn bytes_within(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    static READ: AtomicBool = AtomicBool::new(false);
    let refused = |problem| Error::new(displayed(path), problem);
    let failed = |error| refused(Problem::Read(error));
    let mut bytes = Vec::new();
    if path == Path::new(STANDARD_INPUT) {
        if READ.swap(true, Ordering::Relaxed) {
            return Err(refused(Problem::StandardInput));
        }
        std::io::stdin().take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(refused(Problem::Folder));
        }
        if metadata.len() > limit {
            return Err(refused(Problem::TooLarge { limit }));
        }
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > limit { Err(refused(Problem::TooLarge { limit })) } else { Ok(bytes) }
}

/// The name of a file that is read, for messages: `-` stands for standard input.
pub fn displayed(path: &Path) -> &Path {
    if path == Path::new(STANDARD_INPUT) { Path::new("standard input") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_kept_to_the_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, [7; 10]).unwrap();
        assert_eq!(bytes_within(&path, 10).unwrap(), [7; 10]);
        assert!(matches!(*bytes_within(&path, 9).unwrap_err().problem, Problem::TooLarge { limit: 9 }));
        assert!(matches!(*bytes_within(&folder.path().join("g"), 9).unwrap_err().problem, Problem::Read(_)));
        assert!(matches!(*bytes_within(folder.path(), 1 << 20).unwrap_err().problem, Problem::Folder));
    }

    /// A file of a terabyte that takes no room on the disk: refused by what it says of itself.
    #[test]
    fn a_file_that_says_that_it_is_larger_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(matches!(*bytes_within(&path, 1 << 39).unwrap_err().problem, Problem::TooLarge { .. }));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_never_ends_is_read_up_to_the_limit() {
        assert!(matches!(
            *bytes_within(Path::new("/dev/zero"), 1 << 20).unwrap_err().problem,
            Problem::TooLarge { .. }
        ));
        assert_eq!(bytes_within(Path::new("/dev/null"), 1).unwrap(), b"");
    }
}
