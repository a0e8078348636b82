//! `cargo xtask structure`: checks rules that make code easy to find and to read from the bottom up. Type names are
//! unique in their crate, sibling modules form no circle, and no doc of a public field is a single word.
//!
//! The checks work on syntax trees alone, so they need no build of the crates that they check.

mod circles;
mod expand;
mod field_docs;
mod resolve;
mod source_tree;
mod type_names;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::{Member, members};

pub use circles::find_circles;
pub use field_docs::find_short_field_docs;
pub use resolve::{Import, ResolvedName, Resolver, defined_name};
pub use source_tree::{SourceModule, SourceTree, attributes_of, is_doc_hidden, is_test_only};
pub use type_names::{EXCEPTIONS, NameException, find_name_problems, type_names, unused_exceptions};

/// A violation of a structure rule: where it is, what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructureProblem {
    /// The crate that has the problem.
    pub member: String,
    /// One or more lines of text with file, line and advice.
    pub message: String,
}

impl fmt::Display for StructureProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.member, self.message)
    }
}

/// A place in a source file, relative to the repository's root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceLocation {
    /// The file, relative to the repository's root.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Prints the problems of a crate, or of every checked crate. Fails if there are problems.
pub fn run(root: &Path, name: Option<&str>) -> Result<()> {
    let mut problems = Vec::new();
    for member in select_members(root, name)? {
        problems.extend(check_member(root, &member)?);
    }
    for problem in &problems {
        println!("{problem}\n");
    }
    if !problems.is_empty() {
        bail!("{} structure problems, see above; ARCHITECTURE.md explains the order of the modules", problems.len());
    }
    println!("structure: no problems");
    Ok(())
}

/// The crates that the rules apply to: all crates of the workspace except for `workspace-tests`.
pub fn checked_members(root: &Path) -> Result<Vec<Member>> {
    Ok(members(root)?.into_iter().filter(|member| member.name != "workspace-tests").collect())
}

/// Every problem of one crate.
pub fn check_member(root: &Path, member: &Member) -> Result<Vec<StructureProblem>> {
    let trees = read_trees(root, member)?;
    let mut messages = find_name_problems(&member.name, &trees);
    messages.extend(find_short_field_docs(&trees));
    for tree in &trees {
        messages.extend(find_circles(tree));
    }
    Ok(messages.into_iter().map(|message| StructureProblem { member: member.name.clone(), message }).collect())
}

/// The source trees of a crate's library and programs.
pub fn read_trees(root: &Path, member: &Member) -> Result<Vec<SourceTree>> {
    member.entry_files.iter().map(|file| SourceTree::read(root, file)).collect()
}

/// One of the checked crates, or all of them.
pub fn select_members(root: &Path, name: Option<&str>) -> Result<Vec<Member>> {
    let members = checked_members(root)?;
    let Some(name) = name else {
        return Ok(members);
    };
    let names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
    let member = members.into_iter().find(|member| member.name == name);
    Ok(vec![member.with_context(|| format!("no crate {name}; the crates are {}", names.join(", ")))?])
}
