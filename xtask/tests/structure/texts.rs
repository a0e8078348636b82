//! Texts that users read are plain English. They contain none of the phrases that earlier readers had to read twice.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::workspace;

/// Phrases that no text may contain, in lower or upper case, on one line or across lines.
const PHRASES: [&str; 10] = [
    "nobody",
    "whoever",
    "somebody",
    "so many",
    "none where",
    "is told",
    "anew",
    "left out",
    "at the most",
    "worth a word",
];

/// Files and folders of texts for users: the documents, and the snapshots and scripts with help, errors and output.
const TEXTS: [&str; 8] = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    "docs",
    "tests/cli/scripts",
    "tests/snapshots/archive",
    "tests/snapshots/cli",
    "tests/snapshots/library",
];

/// The words of a text in lower case, with a space between them and at both ends.
fn words(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    format!(" {} ", words.join(" "))
}

fn phrases_in(text: &str) -> Vec<&'static str> {
    let words = words(text);
    PHRASES.into_iter().filter(|phrase| words.contains(&format!(" {phrase} "))).collect()
}

fn collect_files(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        return files.push(path.to_path_buf());
    }
    for entry in fs::read_dir(path).unwrap() {
        collect_files(&entry.unwrap().path(), files);
    }
}

#[test]
fn texts_for_users_contain_none_of_the_phrases() {
    let root = workspace::root();
    let mut files = Vec::new();
    TEXTS.iter().for_each(|path| collect_files(&root.join(path), &mut files));
    assert!(files.len() > 50, "only {} texts were found", files.len());
    files.sort();
    let mut found = String::new();
    for path in files {
        let text = fs::read(&path).unwrap();
        for phrase in phrases_in(&String::from_utf8_lossy(&text)) {
            found += &format!("\n  {}: {phrase:?}", path.strip_prefix(&root).unwrap().display());
        }
    }
    assert!(found.is_empty(), "replace these phrases by plain words:{found}");
}

#[test]
fn phrases_are_found_across_lines_and_in_any_case_but_not_inside_of_words() {
    assert_eq!(phrases_in("The field was Left\n  out, and Nobody > saw it."), ["nobody", "left out"]);
    assert!(phrases_in("Manew, leftout, somebody's").is_empty());
}
