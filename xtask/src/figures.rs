//! `cargo xtask structure --figures`: counts of lines, type names, circular imports and public items, and the longest
//! functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{ImplItemFn, Item, ItemFn, ItemMod, Signature};

use crate::public_api::count_items;
use crate::structure::{SourceLocation, find_circles, is_test_only, read_trees, type_names};
use crate::workspace::Member;

/// Number of functions in the list of the longest functions.
const LISTED_FUNCTIONS: usize = 10;

/// Numbers of lines of source files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct LineCounts {
    /// All lines.
    all: usize,
    /// Lines outside of tests that are neither blank nor comments.
    code: usize,
    /// Lines of tests. In a folder `tests`, and in a file whose name ends in `tests.rs`, every line counts. In any
    /// other file, the lines of the `mod`, `fn`, `impl` and `use` items that exist only in tests count.
    tests: usize,
}

impl LineCounts {
    fn render(self) -> String {
        format!("{:>8}{:>8}{:>8}", self.all, self.code, self.tests)
    }
}

/// A function and its number of lines, from the signature to the closing brace.
struct FunctionLength {
    lines: usize,
    name: String,
    location: SourceLocation,
}

/// Tables of all counts for these crates. The column `doubled` counts the types that share their name with another
/// type. In the line of a crate, only types of this crate are compared. In the line `all`, the types of all these
/// crates are compared.
pub fn render(root: &Path, members: &[Member]) -> Result<String> {
    let mut text =
        String::from("crate                          lines    code   tests   types    doubled circles  public\n");
    let mut total = LineCounts::default();
    let mut functions = Vec::new();
    let mut workspace_names: BTreeMap<String, usize> = BTreeMap::new();
    for member in members {
        let trees = read_trees(root, member)?;
        let mut counts = LineCounts::default();
        for file in source_files(root, member)? {
            count_file(root, &file, &mut counts, &mut functions)?;
        }
        let names = type_names(&trees);
        let types: usize = names.values().map(Vec::len).sum();
        let doubled: usize = names.values().map(Vec::len).filter(|count| *count > 1).sum();
        let circles: usize = trees.iter().map(|tree| find_circles(tree).len()).sum();
        let public: usize = trees.iter().map(count_items).sum();
        writeln!(
            text,
            "{:<28}{}{types:>8}{:>11}{circles:>8}{public:>8}",
            member.name,
            counts.render(),
            share(doubled, types),
        )?;
        total = LineCounts {
            all: total.all + counts.all,
            code: total.code + counts.code,
            tests: total.tests + counts.tests,
        };
        for (name, locations) in names {
            *workspace_names.entry(name).or_default() += locations.len();
        }
    }
    let types: usize = workspace_names.values().sum();
    let doubled = workspace_names.values().filter(|count| **count > 1).sum();
    writeln!(text, "{:<28}{}{types:>8}{:>11}", "all", total.render(), share(doubled, types))?;
    functions.sort_by_key(|function| std::cmp::Reverse(function.lines));
    writeln!(text, "\nlongest functions")?;
    for function in functions.iter().take(LISTED_FUNCTIONS) {
        writeln!(text, "{:>6}  {}  {}", function.lines, function.name, function.location)?;
    }
    Ok(text)
}

/// A count and its share of `whole`, such as `12 (5%)`.
fn share(part: usize, whole: usize) -> String {
    format!("{part} ({:.0}%)", 100.0 * part as f64 / whole.max(1) as f64)
}

/// All Rust files of a crate: those in the folders of its entry files (such as `src/lib.rs`) and their subfolders, and
/// those in `tests/` beside `src/`.
fn source_files(root: &Path, member: &Member) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in &member.entry_files {
        let folder = entry.parent().unwrap_or(Path::new(""));
        collect_files(root, folder, &mut files)?;
        let tests = folder.with_file_name("tests");
        if folder.ends_with("src") && root.join(&tests).is_dir() {
            collect_files(root, &tests, &mut files)?;
        }
    }
    Ok(files)
}

fn collect_files(root: &Path, folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    let unreadable = || format!("cannot read {}", folder.display());
    for entry in fs::read_dir(root.join(folder)).with_context(unreadable)? {
        let path = folder.join(entry?.file_name());
        if root.join(&path).is_dir() {
            collect_files(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(path);
        }
    }
    Ok(())
}

fn count_file(root: &Path, file: &Path, counts: &mut LineCounts, functions: &mut Vec<FunctionLength>) -> Result<()> {
    let text = fs::read_to_string(root.join(file))?;
    let syntax = syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
    let is_test_file =
        file.components().any(|part| part.as_os_str() == "tests") || file.to_string_lossy().ends_with("tests.rs");
    let mut measured = FileMeasure { file, test_lines: BTreeSet::new(), functions: Vec::new() };
    measured.visit_file(&syntax);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        counts.all += 1;
        if is_test_file || measured.test_lines.contains(&(index + 1)) {
            counts.tests += 1;
        } else if !line.is_empty() && !line.starts_with("//") {
            counts.code += 1;
        }
    }
    if !is_test_file {
        functions.extend(measured.functions);
    }
    Ok(())
}

/// The test lines and the function lengths of a file, from its syntax tree.
struct FileMeasure<'a> {
    file: &'a Path,
    /// The line numbers of the `mod`, `fn`, `impl` and `use` items that only exist in tests, counted from 1.
    test_lines: BTreeSet<usize>,
    functions: Vec<FunctionLength>,
}

impl FileMeasure<'_> {
    fn add_function(&mut self, signature: &Signature, block: &syn::Block) {
        let (first, last) = (signature.span().start().line, block.brace_token.span.close().end().line);
        self.functions.push(FunctionLength {
            lines: last + 1 - first,
            name: signature.ident.to_string(),
            location: SourceLocation { file: self.file.to_path_buf(), line: first },
        });
    }
}

impl<'ast> Visit<'ast> for FileMeasure<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(ItemMod { attrs, .. }) => attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => return syn::visit::visit_item(self, item),
        };
        if is_test_only(attributes) {
            self.test_lines.extend(item.span().start().line..=item.span().end().line);
        } else {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add_function(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast ImplItemFn) {
        self.add_function(&method.sig, &method.block);
        syn::visit::visit_impl_item_fn(self, method);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_code_or_test_or_neither() {
        let folder = tempfile::tempdir().unwrap();
        let text = "//! Head.\n\nfn long(\n) {\n}\n#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n";
        fs::write(folder.path().join("lib.rs"), text).unwrap();
        let (mut counts, mut functions) = (LineCounts::default(), Vec::new());
        count_file(folder.path(), Path::new("lib.rs"), &mut counts, &mut functions).unwrap();
        assert_eq!(counts, LineCounts { all: 9, code: 3, tests: 4 });
        assert_eq!(functions.len(), 1);
        assert_eq!((functions[0].lines, functions[0].location.line), (3, 3));
    }
}
