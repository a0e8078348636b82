//! Files and folders that do not belong to the archive. Each is a finding, with two exceptions: files that the caller
//! ignores, and names that file systems and desktops create by themselves.

use std::path::{Path, PathBuf};

use ionos_activitylog::internal::{Fold, Pattern};

use super::{FileLocation, Problem, VerifyReport};

/// Names that file systems and desktops create, in lower case; `*` stands for any characters.
const SYSTEM_NAMES: [&str; 17] = [
    ".ds_store",
    "._*",
    ".spotlight-v100",
    ".trashes",
    ".fseventsd",
    ".temporaryitems",
    ".apdisk",
    ".directory",
    ".nfs*",
    ".snapshot",
    ".zfs",
    "lost+found",
    "@eadir",
    "#recycle",
    "$recycle.bin",
    "system volume information",
    "thumbs.db",
];

/// Decides which foreign files are findings.
#[derive(Clone, Debug)]
pub(super) struct ForeignFiles {
    system: Vec<Pattern>,
    ignored: Vec<Pattern>,
}

/// How a foreign file is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ForeignFile {
    Ignored,
    OfSystem,
    Unexpected,
}

impl ForeignFiles {
    /// `ignored` has patterns, with `*` for any characters. A file is ignored if a pattern matches its name or its path
    /// relative to the root of the archive.
    pub(super) fn new(ignored: &[String]) -> Self {
        let pattern = |text: &str| Pattern::new(Fold::Case, text);
        Self {
            system: SYSTEM_NAMES.iter().filter_map(|name| pattern(name)).collect(),
            ignored: ignored.iter().filter_map(|text| pattern(text)).collect(),
        }
    }

    /// Reports a file that does not belong to the archive.
    pub(super) fn report(&self, report: &mut VerifyReport, root: &Path, file: PathBuf) {
        let shown = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
        match self.classify(&shown) {
            ForeignFile::Ignored => {}
            ForeignFile::OfSystem => {
                report.warnings.push(format!("{shown} was made by the file system or a desktop"));
            }
            ForeignFile::Unexpected => {
                let location = FileLocation { root, file };
                report.findings.push(location.find(None, Problem::Foreign, "not a file of the archive"));
            }
        }
    }

    /// Decides how a foreign file is treated. `path` is relative to the root of the archive.
    fn classify(&self, path: &str) -> ForeignFile {
        let name = path.rsplit('/').next().unwrap_or(path);
        if self.ignored.iter().any(|pattern| pattern.matches(path) || pattern.matches(name)) {
            ForeignFile::Ignored
        } else if self.system.iter().any(|pattern| pattern.matches(name)) {
            ForeignFile::OfSystem
        } else {
            ForeignFile::Unexpected
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_file_is_either_ignored_or_of_the_system_or_unexpected() {
        let files = ForeignFiles::new(&["contract=7/notes*".to_owned(), "*.bak".to_owned()]);
        for (path, expected) in [
            ("contract=7/notes.txt", ForeignFile::Ignored),
            ("contract=8/notes.txt", ForeignFile::Unexpected),
            ("contract=8/date=2026-11-01/x.bak", ForeignFile::Ignored),
            (".DS_Store", ForeignFile::OfSystem),
            ("contract=7/@eaDir", ForeignFile::OfSystem),
            ("contract=7/._part", ForeignFile::OfSystem),
            ("evil.ndjson", ForeignFile::Unexpected),
        ] {
            assert_eq!(files.classify(path), expected, "{path}");
        }
    }
}
