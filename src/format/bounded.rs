//! The one way to read a file: up to a limit.

use super::{Error, Problem};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The bytes of a file, or of a pipe or device, up to a limit.
///
/// A file that says that it is larger is not read at all. What does not say so, or lies, is read no further than one
/// byte past the limit; memory follows what is there.
///
/// Errors: [`Problem::Read`], [`Problem::TooLarge`].
pub fn bytes_within(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let failed = |error| Error::new(path, Problem::Read(error));
    let too_large = || Error::new(path, Problem::TooLarge { limit });
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
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
        assert!(matches!(*bytes_within(folder.path(), 1 << 20).unwrap_err().problem, Problem::Read(_)));
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
