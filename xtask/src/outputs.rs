//! Generated files, which are committed so that changes are reviewed. An [`Output`] is written, or compared with the
//! committed file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use similar::TextDiff;

/// A generated file.
pub struct Output {
    /// Path relative to the root of the repository.
    pub path: &'static str,
    /// Contents that the file should have.
    pub contents: String,
}

impl Output {
    /// Writes the file unless it already has the expected contents. Returns whether it was written.
    pub fn write(&self, root: &Path) -> Result<bool> {
        if self.read(root)?.as_deref() == Some(&self.contents) {
            return Ok(false);
        }
        let path = root.join(self.path);
        fs::write(&path, &self.contents).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(true)
    }

    /// The unified diff from the committed file to the contents. `None` if they are equal.
    pub fn diff(&self, root: &Path) -> Result<Option<String>> {
        let current = self.read(root)?.unwrap_or_default();
        if current == self.contents {
            return Ok(None);
        }
        let diff = TextDiff::from_lines(&current, &self.contents);
        let names = (format!("{} (committed)", self.path), format!("{} (generated)", self.path));
        Ok(Some(diff.unified_diff().header(&names.0, &names.1).to_string()))
    }

    /// The committed file with Unix line ends. `None` if there is no file.
    fn read(&self, root: &Path) -> Result<Option<String>> {
        let path = root.join(self.path);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.replace("\r\n", "\n"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}
