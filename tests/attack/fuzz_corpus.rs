//! Replays the corpus of the fuzz targets. The check of a target must pass for any bytes, so it must pass for each file
//! of this target in `fuzz/corpus`. A file that revealed a fault stays in the corpus after the fix, as a regression
//! test.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;

use workspace_fuzz_checks::TARGETS;
use xtask::workspace;

use crate::support::program::names;

/// Minimum number of files in the corpus of a target.
const MIN_FILES: usize = 24;

#[test]
fn every_file_of_the_corpus_passes_the_check_of_its_target() {
    let corpus = workspace::root().join("fuzz/corpus");
    let mut violations = Vec::new();
    for target in TARGETS {
        let folder = corpus.join(target.name);
        let files = names(&folder);
        assert!(files.len() >= MIN_FILES, "fuzz/corpus/{} has {} files", target.name, files.len());
        for file in files {
            let bytes = fs::read(folder.join(&file)).unwrap();
            if let Err(panic) = catch_unwind(|| (target.check)(&bytes)) {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text");
                violations.push(format!("fuzz/corpus/{}/{file}: {text}", target.name));
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn each_target_has_a_corpus_and_a_program() {
    let fuzz = workspace::root().join("fuzz");
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let corpora: BTreeSet<String> = names(&fuzz.join("corpus")).into_iter().collect();
    assert_eq!(corpora, targets);
    let programs: BTreeSet<String> =
        names(&fuzz.join("fuzz_targets")).iter().map(|name| name.trim_end_matches(".rs").to_owned()).collect();
    assert_eq!(programs, targets);
}
