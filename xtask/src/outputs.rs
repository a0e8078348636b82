//! Generated files are committed, so that a reviewer reads what changed. One function either writes a file or
//! shows how the committed one differs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use similar::TextDiff;

/// A generated file.
pub struct Output {
    /// Path relative to the root of the repository.
    pub path: &'static str,
    /// What it should hold.
    pub contents: String,
}

impl Output {
    /// Writes the file unless it holds the contents already. Tells whether it was written.
    pub fn write(&self, root: &Path) -> Result<bool> {
        if self.current(root)?.as_deref() == Some(&self.contents) {
            return Ok(false);
        }
        let path = root.join(self.path);
        fs::write(&path, &self.contents).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(true)
    }

    /// A unified diff from the committed file to what it should hold; none when they are the same.
    pub fn diff(&self, root: &Path) -> Result<Option<String>> {
        let current = self.current(root)?.unwrap_or_default();
        if current == self.contents {
            return Ok(None);
        }
        let diff = TextDiff::from_lines(&current, &self.contents);
        let names = (format!("{} (committed)", self.path), format!("{} (generated)", self.path));
        Ok(Some(diff.unified_diff().header(&names.0, &names.1).to_string()))
    }

    /// What the file holds, line ends made equal; none when there is no file.
    fn current(&self, root: &Path) -> Result<Option<String>> {
        let path = root.join(self.path);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.replace("\r\n", "\n"))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}
