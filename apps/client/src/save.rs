//! Save: writes a text to a new file, and never over one that exists.

use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{self, Path, PathBuf};

/// Why a text was not saved.
#[derive(Debug)]
pub enum SaveError {
    /// The name begins with `~`, and the system does not say where home is.
    NoHome,
    /// There is a file of this name already.
    Exists(PathBuf),
    /// The name is that of a folder.
    IsFolder(PathBuf),
    /// The system refused.
    Failed(PathBuf, io::Error),
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHome => write!(
                f,
                "cannot save: nothing says where ~ is; write the whole path"
            ),
            Self::Exists(path) => write!(
                f,
                "not saved: {} exists already; choose another name",
                path.display()
            ),
            Self::IsFolder(path) => write!(
                f,
                "not saved: {} is a folder; add the name of a file",
                path.display()
            ),
            Self::Failed(path, error) => {
                write!(f, "cannot save to {}: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for SaveError {}

/// Writes `text` to a new file and returns its full path. `~` at the start of `name` is the user's home. Waits for the
/// disk.
///
/// # Errors
///
/// Nothing was written. What was there before is unchanged.
pub fn save(name: &str, text: &str) -> Result<PathBuf, SaveError> {
    let path = expand(name, env::home_dir())?;
    let path = path::absolute(&path).map_err(|error| SaveError::Failed(path, error))?;
    if path.is_dir() {
        return Err(SaveError::IsFolder(path));
    }
    let mut file = match File::create_new(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(SaveError::Exists(path));
        }
        Err(error) => return Err(SaveError::Failed(path, error)),
    };
    if let Err(error) = file.write_all(text.as_bytes()) {
        // Half a file would look like a whole one. If it cannot be removed, the error says what went wrong.
        let _ = fs::remove_file(&path);
        return Err(SaveError::Failed(path, error));
    }
    Ok(path)
}

fn expand(name: &str, home: Option<PathBuf>) -> Result<PathBuf, SaveError> {
    let path = Path::new(name);
    match path.strip_prefix("~") {
        // Joined to nothing, a path would end with a slash.
        Ok(rest) if rest.as_os_str().is_empty() => home.ok_or(SaveError::NoHome),
        Ok(rest) => Ok(home.ok_or(SaveError::NoHome)?.join(rest)),
        Err(_) => Ok(path.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty folder for one test.
    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("hubbub-save-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_text_is_written_to_a_new_file_and_its_path_is_told() {
        let folder = folder("new");
        let path = folder.join("my room.txt");
        let saved = save(path.to_str().unwrap(), "hé\n").unwrap();
        assert_eq!(saved, path);
        assert_eq!(fs::read_to_string(&path).unwrap(), "hé\n");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_exists_stays_as_it_is() {
        let folder = folder("exists");
        let path = folder.join("room.txt");
        fs::write(&path, "old").unwrap();
        let error = save(path.to_str().unwrap(), "new").unwrap_err();
        assert!(error.to_string().contains("exists already; choose another"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_and_a_folder_that_is_not_there_are_explained() {
        let folder = folder("folder");
        let error = save(folder.to_str().unwrap(), "new").unwrap_err();
        assert!(error.to_string().contains("is a folder; add the name"));
        let nowhere = folder.join("nowhere").join("room.txt");
        let error = save(nowhere.to_str().unwrap(), "new").unwrap_err();
        let words = error.to_string();
        assert!(words.contains(nowhere.to_str().unwrap()), "{words}");
        assert!(matches!(error, SaveError::Failed(..)));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_tilde_alone_or_before_a_slash_is_home() {
        let home = || Some(PathBuf::from("/home/alice"));
        let expanded = |name| expand(name, home()).unwrap();
        assert_eq!(expanded("~/room.txt"), Path::new("/home/alice/room.txt"));
        assert_eq!(expanded("~"), Path::new("/home/alice"));
        assert_eq!(expanded("~bob/room.txt"), Path::new("~bob/room.txt"));
        assert_eq!(expanded("a/~/b"), Path::new("a/~/b"));
        assert!(matches!(expand("~/room.txt", None), Err(SaveError::NoHome)));
    }
}
