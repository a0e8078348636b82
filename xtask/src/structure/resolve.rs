//! Resolves paths such as `crate::Name` to the module that defines the name, through re-exports and globs. Only names
//! of the crate itself are resolved; a path into another crate resolves to nothing.

use std::collections::BTreeSet;

use syn::visit::Visit;
use syn::{Item, ItemUse, UseTree, Visibility};

use super::source_tree::{SourceTree, is_doc_hidden};

/// One `use` that brings a name into a module.
pub struct Import {
    /// The name in this module; `None` for a glob.
    pub alias: Option<String>,
    /// The imported path as written.
    pub path: Vec<String>,
    pub(super) span: proc_macro2::Span,
    /// Whether the `use` is `pub` and not hidden from the docs.
    pub is_public: bool,
}

/// The names that a module defines or imports.
#[derive(Default)]
struct Scope {
    definitions: BTreeSet<String>,
    imports: Vec<Import>,
}

/// The item or module that a path names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResolvedName {
    /// Index of the module that defines the item. If the path names a module, the index of that module.
    pub module: usize,
    /// The item's name; `None` if the path names a module.
    pub item: Option<String>,
}

/// Looks up names in a [`SourceTree`].
pub struct Resolver<'a> {
    tree: &'a SourceTree,
    scopes: Vec<Scope>,
}

/// The state of one resolution: the imports that are being followed, and the modules whose imports led to a result.
#[derive(Default)]
struct ResolutionTrace {
    in_progress: BTreeSet<(usize, usize)>,
    passed: BTreeSet<usize>,
}

impl<'a> Resolver<'a> {
    /// Collects the names of all modules.
    #[must_use]
    pub fn new(tree: &'a SourceTree) -> Self {
        let scopes = tree.modules.iter().map(|module| scope(&module.items)).collect();
        Self { tree, scopes }
    }

    /// Resolves a path that is written in `module`. Returns the items or modules that the path names, and the modules
    /// whose imports or re-exports led to them. Several results are possible, because a module, a type and a function
    /// may share a name.
    #[must_use]
    pub fn resolve(&self, module: usize, path: &[String]) -> (Vec<ResolvedName>, BTreeSet<usize>) {
        let mut trace = ResolutionTrace::default();
        let found = self.follow(module, path, &mut trace);
        (found, trace.passed)
    }

    /// The imports of a module.
    #[must_use]
    pub fn imports(&self, module: usize) -> &[Import] {
        &self.scopes[module].imports
    }

    fn follow(&self, module: usize, path: &[String], trace: &mut ResolutionTrace) -> Vec<ResolvedName> {
        let Some((first, mut rest)) = path.split_first() else { return Vec::new() };
        let mut found = match first.as_str() {
            "crate" => vec![module_name(0)],
            "self" => vec![module_name(module)],
            "super" => {
                let mut parent = self.tree.modules[module].parent;
                while let (Some(at), Some(("super", after))) = (parent, first_of(rest)) {
                    parent = self.tree.modules[at].parent;
                    rest = after;
                }
                parent.map(module_name).into_iter().collect()
            }
            name => self.look_up(module, name, trace),
        };
        for segment in rest {
            found = found.iter().flat_map(|name| self.step(name, segment, trace)).collect();
        }
        found.sort();
        found.dedup();
        found
    }

    /// Resolves the next segment of a path. If `from` is an item, the segment is an associated item or a variant, so
    /// the result is the item itself.
    fn step(&self, from: &ResolvedName, segment: &str, trace: &mut ResolutionTrace) -> Vec<ResolvedName> {
        if from.item.is_some() || segment == "self" {
            return vec![from.clone()];
        }
        let found = self.look_up(from.module, segment, trace);
        match found.is_empty() && !self.is_import(from.module, segment) {
            // The syntax tree does not contain the definition of the item, probably because a macro generates the item.
            true => vec![ResolvedName { module: from.module, item: Some(segment.to_owned()) }],
            false => found,
        }
    }

    fn is_import(&self, module: usize, name: &str) -> bool {
        self.scopes[module].imports.iter().any(|import| import.alias.as_deref() == Some(name))
    }

    fn look_up(&self, module: usize, name: &str, trace: &mut ResolutionTrace) -> Vec<ResolvedName> {
        let mut found: Vec<ResolvedName> =
            self.tree.modules[module].children.get(name).map(|child| module_name(*child)).into_iter().collect();
        let scope = &self.scopes[module];
        if scope.definitions.contains(name) {
            found.push(ResolvedName { module, item: Some(name.to_owned()) });
        }
        for (index, import) in scope.imports.iter().enumerate() {
            if import.alias.as_deref() == Some(name) {
                found.extend(self.follow_import(module, index, &import.path, trace));
            }
        }
        if !found.is_empty() {
            return found;
        }
        for (index, import) in scope.imports.iter().enumerate() {
            if import.alias.is_none() {
                let sources = self.follow_import(module, index, &import.path, trace);
                // Skips a glob that is already being searched. Otherwise, two modules that glob-import each other would
                // be searched forever.
                if !trace.in_progress.insert((module, index)) {
                    continue;
                }
                for source in sources.iter().filter(|source| source.item.is_none()) {
                    found.extend(self.look_up(source.module, name, trace));
                }
                trace.in_progress.remove(&(module, index));
            }
        }
        found
    }

    fn follow_import(
        &self,
        module: usize,
        index: usize,
        path: &[String],
        trace: &mut ResolutionTrace,
    ) -> Vec<ResolvedName> {
        if !trace.in_progress.insert((module, index)) {
            return Vec::new();
        }
        let found = self.follow(module, path, trace);
        trace.in_progress.remove(&(module, index));
        if !found.is_empty() {
            trace.passed.insert(module);
        }
        found
    }
}

fn module_name(module: usize) -> ResolvedName {
    ResolvedName { module, item: None }
}

fn first_of(path: &[String]) -> Option<(&str, &[String])> {
    path.split_first().map(|(first, rest)| (first.as_str(), rest))
}

fn scope(items: &[Item]) -> Scope {
    let mut scope = Scope::default();
    for item in items {
        if let Some(name) = defined_name(item) {
            scope.definitions.insert(name);
        }
    }
    let mut imports = ImportCollector(Vec::new());
    items.iter().for_each(|item| imports.visit_item(item));
    scope.imports = imports.0;
    scope
}

/// The name that an item defines in its module. `None` for modules and for items without a name, such as `impl`.
#[must_use]
pub fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Every `use` declaration in a module, also those inside function bodies.
struct ImportCollector(Vec<Import>);

impl<'ast> Visit<'ast> for ImportCollector {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            let is_public = matches!(item.vis, Visibility::Public(_)) && !is_doc_hidden(&item.attrs);
            flatten(&item.tree, &mut Vec::new(), is_public, &mut self.0);
        }
    }

    fn visit_item(&mut self, item: &'ast Item) {
        if !matches!(item, Item::Mod(_)) {
            syn::visit::visit_item(self, item);
        }
    }
}

fn flatten(tree: &UseTree, path: &mut Vec<String>, is_public: bool, imports: &mut Vec<Import>) {
    let mut add = |alias: Option<String>, path: Vec<String>, span| {
        imports.push(Import { alias, path, span, is_public });
    };
    match tree {
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            flatten(&step.tree, path, is_public, imports);
            path.pop();
        }
        // `use a::b::{self}` imports the module b.
        UseTree::Name(name) if name.ident == "self" => add(path.last().cloned(), path.clone(), name.ident.span()),
        UseTree::Name(name) => {
            let name_text = name.ident.to_string();
            let full = path.iter().cloned().chain([name_text.clone()]).collect();
            add(Some(name_text), full, name.ident.span());
        }
        UseTree::Rename(rename) => {
            let mut full = path.clone();
            if rename.ident != "self" {
                full.push(rename.ident.to_string());
            }
            add(Some(rename.rename.to_string()), full, rename.ident.span());
        }
        UseTree::Glob(glob) => add(None, path.clone(), glob.star_token.spans[0]),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, path, is_public, imports)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::source_tree::fixtures::tree;

    fn resolved(tree: &SourceTree, module: &str, path: &str) -> Vec<String> {
        let resolver = Resolver::new(tree);
        let module = (0..tree.modules.len()).find(|index| tree.display_path(*index) == module).unwrap();
        let path: Vec<String> = path.split("::").map(str::to_owned).collect();
        let (found, _) = resolver.resolve(module, &path);
        let item = |name: &ResolvedName| name.item.as_ref().map_or(String::new(), |item| format!("::{item}"));
        found.iter().map(|name| format!("{}{}", tree.display_path(name.module), item(name))).collect()
    }

    #[test]
    fn a_path_leads_to_the_module_that_defines_the_name() {
        let tree = tree(&[
            ("lib.rs", "mod a; mod b; mod glob; pub use a::deep::Deep; pub use b::*; use std::fmt; pub use glob::*;"),
            (
                "a.rs",
                "pub mod deep; pub use deep::Deep as Renamed; macro_rules! shout { () => {} } pub(crate) use shout;",
            ),
            ("a/deep.rs", "pub struct Deep; use super::super::b::{self, Low};"),
            ("b.rs", "pub enum Low { One } pub fn a() {} use crate::glob::*;"),
            ("glob.rs", "pub use crate::b::*; pub struct High; made_by_macro!();"),
        ]);
        for (module, path, expected) in [
            ("crate::b", "crate::Deep", "crate::a::deep::Deep"),
            ("crate::b", "crate::a::Renamed", "crate::a::deep::Deep"),
            ("crate::b", "High", "crate::glob::High"),
            ("crate::a", "crate::Low::One", "crate::b::Low"),
            ("crate::a::deep", "b::Low", "crate::b::Low"),
            ("crate::a::deep", "super::deep::Deep", "crate::a::deep::Deep"),
            ("crate::a::deep", "super::super::High", "crate::glob::High"),
            ("crate::b", "crate::a::shout", "crate::a::shout"),
            ("crate::b", "crate::glob::Made", "crate::glob::Made"),
            ("crate", "a::deep", "crate::a::deep"),
        ] {
            assert_eq!(resolved(&tree, module, path), [expected], "{path} in {module}");
        }
        for path in ["fmt::Display", "std::fmt", "T::Item", "unknown"] {
            assert!(resolved(&tree, "crate", path).is_empty(), "{path}");
        }
    }
}
