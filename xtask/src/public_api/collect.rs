//! Finds the items that users of a crate can name, through public modules and re-exports.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, Visibility};

use crate::structure::{Resolver, SourceTree, attributes_of, defined_name, is_doc_hidden};

/// Name of the file with generated code. Its items are listed without their texts, because they have snapshots of their
/// own.
const GENERATED_FILE: &str = "generated.rs";

/// A module that users can name.
pub struct PublicModule {
    /// The path without the crate's name; empty for the root.
    pub path: Vec<String>,
    /// The items, sorted by name.
    pub items: Vec<PublicItem>,
}

/// An item that users can name.
pub struct PublicItem {
    /// The name in the public module.
    pub name: String,
    /// The keyword, such as `struct` or `fn`.
    pub kind: &'static str,
    /// The origin of the item.
    pub source: ItemSource,
}

/// The origin of a public item.
pub enum ItemSource {
    /// An item of this crate: its module, and its index among the module's items.
    Defined { module: usize, index: usize },
    /// An item of this crate whose full text is listed under another public path: `path`.
    Listed { path: String },
    /// An item of the generated code.
    Generated,
    /// A re-export of an item of another crate. `path` is the path of the item.
    External { path: String },
}

/// The public modules of a crate with their items, the root first.
#[must_use]
pub fn collect_modules(tree: &SourceTree) -> Vec<PublicModule> {
    let mut collector = Collector { tree, resolver: Resolver::new(tree), listed: BTreeMap::new(), modules: Vec::new() };
    collector.add_module(0, Vec::new());
    collector.modules
}

struct Collector<'a> {
    tree: &'a SourceTree,
    resolver: Resolver<'a>,
    /// The public path of each item that has been listed, by module and index.
    listed: BTreeMap<(usize, usize), String>,
    modules: Vec<PublicModule>,
}

impl Collector<'_> {
    fn add_module(&mut self, module: usize, path: Vec<String>) {
        let mut names = BTreeMap::new();
        let mut external = Vec::new();
        self.add_names(module, &mut names, &mut external, &mut BTreeSet::new());
        let mut items = Vec::new();
        let mut modules = Vec::new();
        for (name, targets) in names {
            for target in targets {
                match target {
                    PublicTarget::Module(index) => modules.push((name.clone(), index)),
                    PublicTarget::Item(at, index) => items.extend(self.list(&path, &name, at, index)),
                }
            }
        }
        items.extend(external);
        items.sort_by(|a, b| a.name.cmp(&b.name));
        self.modules.push(PublicModule { path: path.clone(), items });
        for (name, index) in modules {
            self.add_module(index, path.iter().cloned().chain([name]).collect());
        }
    }

    fn list(&mut self, path: &[String], name: &str, module: usize, index: usize) -> Option<PublicItem> {
        let source_module = &self.tree.modules[module];
        let kind = kind_of(&source_module.items[index])?;
        let public_path = path.iter().cloned().chain([name.to_owned()]).collect::<Vec<_>>().join("::");
        let source = match self.listed.get(&(module, index)) {
            _ if source_module.file.ends_with(GENERATED_FILE) => ItemSource::Generated,
            Some(path) => ItemSource::Listed { path: path.clone() },
            None => ItemSource::Defined { module, index },
        };
        self.listed.entry((module, index)).or_insert(public_path);
        Some(PublicItem { name: name.to_owned(), kind, source })
    }

    /// Adds the public names of a module, including the names that globs import. `visited` prevents an endless search
    /// if two modules import each other with globs.
    fn add_names(
        &self,
        module: usize,
        names: &mut BTreeMap<String, BTreeSet<PublicTarget>>,
        external: &mut Vec<PublicItem>,
        visited: &mut BTreeSet<usize>,
    ) {
        if !visited.insert(module) {
            return;
        }
        let source = &self.tree.modules[module];
        for (index, item) in source.items.iter().enumerate() {
            if let Some(name) = defined_name(item).filter(|_| is_public(item)) {
                names.entry(name).or_default().insert(PublicTarget::Item(module, index));
            }
        }
        for (name, child) in &source.children {
            let child_module = &self.tree.modules[*child];
            let is_generated = child_module.file.ends_with(GENERATED_FILE);
            let is_public = matches!(child_module.visibility, Visibility::Public(_)) && !is_generated;
            if is_public && !is_doc_hidden(&child_module.attributes) {
                names.entry(name.clone()).or_default().insert(PublicTarget::Module(*child));
            }
        }
        for import in self.resolver.imports(module).iter().filter(|import| import.is_public) {
            let (found, _) = self.resolver.resolve(module, &import.path);
            if found.is_empty() {
                let path = import.path.join("::") + if import.alias.is_none() { "::*" } else { "" };
                let name = import.alias.clone().unwrap_or_else(|| path.clone());
                external.push(PublicItem { name, kind: "use", source: ItemSource::External { path } });
            }
            for target in found {
                match (&import.alias, target.item) {
                    (None, None) => self.add_names(target.module, names, external, visited),
                    (Some(alias), Some(item)) => {
                        let targets = names.entry(alias.clone()).or_default();
                        let items = self.tree.modules[target.module].items.iter().enumerate();
                        let defined = items.filter(|(_, defined)| defined_name(defined).as_ref() == Some(&item));
                        targets.extend(defined.map(|(index, _)| PublicTarget::Item(target.module, index)));
                    }
                    (Some(alias), None) => self.add_module_alias(alias, target.module, names, external),
                    (None, Some(_)) => {}
                }
            }
        }
    }

    fn add_module_alias(
        &self,
        alias: &str,
        module: usize,
        names: &mut BTreeMap<String, BTreeSet<PublicTarget>>,
        external: &mut Vec<PublicItem>,
    ) {
        if self.tree.modules[module].file.ends_with(GENERATED_FILE) {
            external.push(PublicItem { name: alias.to_owned(), kind: "mod", source: ItemSource::Generated });
        } else if matches!(self.tree.modules[module].visibility, Visibility::Public(_)) {
            names.entry(alias.to_owned()).or_default().insert(PublicTarget::Module(module));
        }
    }
}

/// The item or module that a public name refers to.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum PublicTarget {
    Module(usize),
    Item(usize, usize),
}

fn is_public(item: &Item) -> bool {
    let visibility = match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Union(item) => &item.vis,
        _ => return false,
    };
    matches!(visibility, Visibility::Public(_)) && !is_doc_hidden(attributes_of(item))
}

fn kind_of(item: &Item) -> Option<&'static str> {
    Some(match item {
        Item::Const(_) => "const",
        Item::Enum(_) => "enum",
        Item::Fn(_) => "fn",
        Item::Static(_) => "static",
        Item::Struct(_) => "struct",
        Item::Trait(_) => "trait",
        Item::Type(_) => "type",
        Item::Union(_) => "union",
        _ => return None,
    })
}
