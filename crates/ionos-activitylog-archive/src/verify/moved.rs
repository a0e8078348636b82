//! Recognises parts that were renamed or moved. Such a part is missing in one place and unexpected in another place.
//! Because the cause is a single change, the report has one finding for it and not two.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Problem, VerifyReport};
use crate::encode::text::single_line;
use crate::fs::regular_file;
use crate::layout::Archive;
use crate::manifest::Part;

/// If an unexpected file has the content of a missing part, removes the finding of the file. The finding of the part
/// then names the place to which the part was moved.
pub(super) fn merge_findings(report: &mut VerifyReport, archive: &Archive) {
    let files = |problem: fn(Problem) -> bool| {
        let found = report.findings.iter().filter(move |finding| problem(finding.problem));
        found.map(|finding| finding.file.clone())
    };
    let missing: BTreeSet<PathBuf> = files(|problem| problem == Problem::Missing).collect();
    let mut unexpected: BTreeMap<u64, Vec<PathBuf>> = BTreeMap::new();
    for file in files(|problem| matches!(problem, Problem::Extra | Problem::Foreign)) {
        if let Ok(found) = std::fs::symlink_metadata(archive.root().join(&file)) {
            unexpected.entry(found.len()).or_default().push(file);
        }
    }
    let mut moved: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for day in &report.days {
        let folder = archive.contract(&day.contract).day(day.date);
        let folder = folder.strip_prefix(archive.root()).unwrap_or(&folder);
        for part in &day.parts {
            let file = folder.join(part.file.to_string());
            let Some(candidates) = unexpected.get_mut(&part.bytes).filter(|_| missing.contains(&file)) else {
                continue;
            };
            let place = candidates.iter().position(|found| has_content_of(&archive.root().join(found), part));
            moved.extend(place.map(|place| (file, candidates.remove(place))));
        }
    }
    let places: BTreeSet<&PathBuf> = moved.values().collect();
    report.findings.retain(|finding| !places.contains(&finding.file));
    for finding in &mut report.findings {
        if let Some(place) = moved.get(&finding.file) {
            finding.detail = format!("file was moved to {}", single_line(place));
        }
    }
}

/// Whether a file has the content of a part, according to the digest that the manifest has for the part.
fn has_content_of(path: &Path, part: &Part) -> bool {
    let digest = regular_file::digest(path, part.bytes.saturating_add(1));
    digest.is_ok_and(|digest| digest == part.sha256)
}
