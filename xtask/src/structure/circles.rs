//! Checks that sibling modules form floors: if module A uses module B, directly or through others, B must not use A.
//!
//! A use is a `use` declaration or a path in code. It counts as a use of the module that defines the named item, and of
//! each module whose re-export leads to this item. If two modules are not siblings, the use counts for the siblings
//! that contain them. For example, if `a::b::c` uses `a::d::e`, this counts as a use of `a::d` by `a::b`. Uses between
//! a module and its own ancestors do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Attribute, Item, Macro};

use super::resolve::Resolver;
use super::source_tree::{SourceTree, is_test_only};
use super::{ResolvedName, SourceLocation};

/// Maximum number of uses that a message lists for each pair of modules.
const MAX_LISTED_USES: usize = 4;

/// Uses between siblings. The key is the using and the used module; the value is the place and text of each use.
type SiblingUses = BTreeMap<(usize, usize), BTreeSet<(SourceLocation, String)>>;

/// One message for each circle. A circle is a group of sibling modules that use each other.
#[must_use]
pub fn find_circles(tree: &SourceTree) -> Vec<String> {
    let uses = sibling_uses(tree);
    let mut messages = Vec::new();
    for module in &tree.modules {
        let siblings: Vec<usize> = module.children.values().copied().collect();
        for circle in circles_among(&siblings, &uses) {
            messages.push(describe(tree, &circle, &uses));
        }
    }
    messages
}

/// Groups of siblings that use each other, directly or through other siblings.
fn circles_among(siblings: &[usize], uses: &SiblingUses) -> Vec<Vec<usize>> {
    let reachable: BTreeMap<usize, BTreeSet<usize>> =
        siblings.iter().map(|from| (*from, reachable_from(*from, uses))).collect();
    let mut grouped = BTreeSet::new();
    let mut circles = Vec::new();
    for from in siblings {
        let circle: Vec<usize> = siblings
            .iter()
            .copied()
            .filter(|to| reachable[from].contains(to) && reachable[to].contains(from))
            .collect();
        if circle.len() > 1 && grouped.insert(circle.clone()) {
            circles.push(circle);
        }
    }
    circles
}

fn reachable_from(from: usize, uses: &SiblingUses) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(at) = waiting.pop() {
        for (_, to) in uses.keys().filter(|(source, _)| *source == at) {
            if reached.insert(*to) {
                waiting.push(*to);
            }
        }
    }
    reached
}

fn describe(tree: &SourceTree, circle: &[usize], uses: &SiblingUses) -> String {
    let names: Vec<&str> =
        circle.iter().filter_map(|module| tree.modules[*module].path.last()).map(String::as_str).collect();
    let parent = tree.modules[circle[0]].parent.map_or_else(String::new, |parent| tree.display_path(parent));
    let mut text = format!("circle of modules in {parent}: {}", names.join(", "));
    let mut ties: Vec<_> = uses.iter().filter(|((from, to), _)| circle.contains(from) && circle.contains(to)).collect();
    // The pair with the fewest uses comes first, because these uses are the easiest to remove.
    ties.sort_by_key(|(_, places)| places.len());
    for ((from, to), places) in ties {
        let name = |module: usize| tree.modules[module].path.last().map_or("crate", String::as_str);
        let _ = write!(text, "\n  {} -> {} ({} uses)", name(*from), name(*to), places.len());
        for (location, used) in places.iter().take(MAX_LISTED_USES) {
            let _ = write!(text, "\n    {location} {used}");
        }
    }
    text.push_str(
        "\n  Move the code that the modules share into a module below them, or remove the uses in one direction.",
    );
    text
}

/// Every use between two siblings of the tree.
pub(super) fn sibling_uses(tree: &SourceTree) -> SiblingUses {
    let resolver = Resolver::new(tree);
    let mut uses = SiblingUses::new();
    for (index, module) in tree.modules.iter().enumerate() {
        let mut written: Vec<(Vec<String>, proc_macro2::Span)> =
            resolver.imports(index).iter().map(|import| (import.path.clone(), import.span)).collect();
        let mut paths = PathCollector { paths: Vec::new() };
        module.items.iter().for_each(|item| paths.visit_item(item));
        written.extend(paths.paths);
        for (path, span) in written {
            let (found, passed) = resolver.resolve(index, &path);
            let names_item = path.len() > 1 || found.iter().any(|name| name.item.is_some());
            let targets = found.iter().map(|name: &ResolvedName| name.module).chain(passed);
            for target in targets.filter(|_| names_item) {
                if let Some(pair) = siblings_above(tree, index, target) {
                    uses.entry(pair).or_default().insert((module.location(span), path.join("::")));
                }
            }
        }
    }
    uses
}

/// The two different siblings that contain the modules `from` and `to`; `None` if one of these modules contains the
/// other.
fn siblings_above(tree: &SourceTree, from: usize, to: usize) -> Option<(usize, usize)> {
    let (from, to) = (lineage(tree, from), lineage(tree, to));
    from.into_iter().zip(to).find(|(a, b)| a != b)
}

/// The modules from the root down to a module.
fn lineage(tree: &SourceTree, module: usize) -> Vec<usize> {
    let mut modules: Vec<usize> = std::iter::successors(Some(module), |at| tree.modules[*at].parent).collect();
    modules.reverse();
    modules
}

/// Collects the paths in types, expressions, patterns, attributes and arguments of macros. Skips `use` declarations,
/// because [`Resolver::imports`] returns their paths.
struct PathCollector {
    paths: Vec<(Vec<String>, proc_macro2::Span)>,
}

impl<'ast> Visit<'ast> for PathCollector {
    fn visit_item(&mut self, item: &'ast Item) {
        if !matches!(item, Item::Use(_) | Item::Mod(_)) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, method: &'ast syn::ImplItemFn) {
        if !is_test_only(&method.attrs) {
            syn::visit::visit_impl_item_fn(self, method);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.paths.push((segments, path.span()));
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast Macro) {
        self.visit_path(&invocation.path);
        self.add_tokens(invocation.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") || attribute.path().is_ident("cfg") {
            return;
        }
        if let syn::Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }
}

impl PathCollector {
    /// Adds each path of two or more segments that the tokens contain. Also searches string literals, because
    /// attributes of serde contain paths as strings.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut start = None;
        let mut colons = 0;
        let mut collected = Vec::new();
        let mut finish = |path: &mut Vec<String>, start: &mut Option<proc_macro2::Span>| {
            if let (true, Some(span)) = (path.len() > 1, *start) {
                collected.push((std::mem::take(path), span));
            }
            path.clear();
            *start = None;
        };
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 || path.is_empty() {
                        finish(&mut path, &mut start);
                        start = Some(ident.span());
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    finish(&mut path, &mut start);
                    colons = 0;
                    match other {
                        TokenTree::Group(group) => self.add_tokens(group.stream()),
                        TokenTree::Literal(literal) => self.add_literal(&literal),
                        _ => {}
                    }
                }
            }
        }
        finish(&mut path, &mut start);
        self.paths.extend(collected);
    }

    fn add_literal(&mut self, literal: &proc_macro2::Literal) {
        let text = literal.to_string();
        let text = text.trim_matches('"');
        if text.contains("::")
            && let Ok(path) = syn::parse_str::<syn::Path>(text)
        {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.paths.push((segments, literal.span()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::source_tree::fixtures::tree;

    #[test]
    fn modules_that_form_floors_have_no_circle() {
        let tree = tree(&[
            ("lib.rs", "mod high; mod low; pub use high::High; use low::Low;"),
            ("high.rs", "mod part; pub struct High(crate::low::Low); use part::Part; #[cfg(test)] mod tests { }"),
            ("high/part.rs", "use super::High; use crate::low::Low; pub struct Part;"),
            ("low.rs", "pub struct Low; #[cfg(test)] use crate::high::High; #[cfg(test)] fn test() { crate::High; }"),
        ]);
        assert_eq!(find_circles(&tree), Vec::<String>::new());
    }

    #[test]
    fn the_message_for_a_circle_through_a_re_export_lists_files_and_names() {
        let tree = tree(&[
            ("lib.rs", "mod high; mod low; pub use high::High;"),
            ("high.rs", "use crate::low::Low;\npub struct High(Low);"),
            ("low.rs", "\n\nuse crate::High;\npub struct Low(High);"),
        ]);
        let expected = "\
circle of modules in crate: high, low
  high -> low (2 uses)
    high.rs:1 crate::low::Low
    high.rs:2 Low
  low -> high (2 uses)
    low.rs:3 crate::High
    low.rs:4 High
  Move the code that the modules share into a module below them, or remove the uses in one direction.";
        assert_eq!(find_circles(&tree), [expected]);
    }

    #[test]
    fn circles_are_found_in_folders_expressions_macros_attributes_and_globs() {
        for low in [
            "fn f() { let _ = crate::face::high::call(); }",
            "fn f() { println!(\"{}\", super::high::call()); }",
            "#[serde(with = \"crate::face::high\")] struct A;",
            "use super::*; fn f() { call() }",
            "fn f(_: impl Fn(crate::face::High)) {}",
            "fn f() { use super::high; high::call(); }",
        ] {
            let tree = tree(&[
                ("lib.rs", "mod face;"),
                ("face/mod.rs", "mod high; mod low; pub use high::{High, call};"),
                ("face/high.rs", "use super::low; pub fn call() { low::f() } pub struct High;"),
                ("face/low.rs", low),
            ]);
            let circles = find_circles(&tree);
            assert_eq!(circles.len(), 1, "{low}");
            assert!(circles[0].starts_with("circle of modules in crate::face: high, low"), "{}", circles[0]);
        }
    }
}
