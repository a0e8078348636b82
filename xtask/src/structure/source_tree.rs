//! Reads the modules of a library or program from its files, as the compiler does: `mod name;` is `name.rs` or
//! `name/mod.rs`. Modules that only exist in tests are not read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use syn::{Attribute, Expr, Item, ItemMod, Lit, Meta, Visibility};

use super::SourceLocation;
use super::expand::expand_macros;

/// The modules of one library or program. The first one is the root.
pub struct SourceTree {
    /// The modules. Each module stands after its parent.
    pub modules: Vec<SourceModule>,
}

/// One module, in a file of its own or in the file of its parent.
pub struct SourceModule {
    /// The names from the root down, without `crate`; empty for the root.
    pub path: Vec<String>,
    /// The file, relative to the repository's root.
    pub file: PathBuf,
    /// Index of the enclosing module; `None` for the root.
    pub parent: Option<usize>,
    /// Indices of the modules inside of this one, by name.
    pub children: BTreeMap<String, usize>,
    /// The items, without modules and without items that only exist in tests.
    pub items: Vec<Item>,
    /// The visibility of the module; that of the root is public.
    pub visibility: Visibility,
    /// Attributes of the module's declaration and those at the head of its file.
    pub attributes: Vec<Attribute>,
}

/// A module whose items have not been added to the tree yet.
struct PendingModule {
    path: Vec<String>,
    file: PathBuf,
    /// Folder that contains the files of the child modules.
    folder: PathBuf,
    parent: Option<usize>,
    visibility: Visibility,
    attributes: Vec<Attribute>,
}

impl SourceTree {
    /// Reads the root file of a library or program, and the files of all its modules. `entry` is the root file's path,
    /// relative to `root`.
    pub fn read(root: &Path, entry: &Path) -> Result<Self> {
        let mut tree = Self { modules: Vec::new() };
        let folder = entry.parent().unwrap_or(Path::new("")).to_path_buf();
        let pending = PendingModule {
            path: Vec::new(),
            file: entry.to_path_buf(),
            folder,
            parent: None,
            visibility: syn::parse_quote!(pub),
            attributes: Vec::new(),
        };
        tree.read_file(root, pending)?;
        let mut items: Vec<Vec<Item>> =
            tree.modules.iter_mut().map(|module| std::mem::take(&mut module.items)).collect();
        expand_macros(&mut items);
        for (module, items) in tree.modules.iter_mut().zip(items) {
            module.items = items;
        }
        Ok(tree)
    }

    /// The path of a module for messages, such as `crate::a::b`.
    #[must_use]
    pub fn display_path(&self, module: usize) -> String {
        let mut path = vec!["crate"];
        path.extend(self.modules[module].path.iter().map(String::as_str));
        path.join("::")
    }

    fn read_file(&mut self, root: &Path, mut pending: PendingModule) -> Result<()> {
        let path = root.join(&pending.file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let file = syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
        pending.attributes.extend(file.attrs);
        self.add(root, pending, file.items)
    }

    fn add(&mut self, root: &Path, pending: PendingModule, items: Vec<Item>) -> Result<()> {
        let index = self.modules.len();
        let PendingModule { path, file, folder, parent, visibility, attributes } = pending;
        if let (Some(parent), Some(name)) = (parent, path.last()) {
            self.modules[parent].children.insert(name.clone(), index);
        }
        let (modules, items): (Vec<Item>, Vec<Item>) = items
            .into_iter()
            .filter(|item| !is_test_only(attributes_of(item)))
            .partition(|item| matches!(item, Item::Mod(_)));
        self.modules.push(SourceModule {
            path: path.clone(),
            file: file.clone(),
            parent,
            children: BTreeMap::new(),
            items,
            visibility,
            attributes,
        });
        for item in modules {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            let child = PendingModule {
                path: path.iter().cloned().chain([name.clone()]).collect(),
                file: file.clone(),
                folder: folder.join(&name),
                parent: Some(index),
                visibility: module.vis.clone(),
                attributes: module.attrs.clone(),
            };
            match module.content {
                Some((_, items)) => self.add(root, child, items)?,
                None => self.read_file(root, locate(root, child, &folder, &name, &module.attrs)?)?,
            }
        }
        Ok(())
    }
}

impl SourceModule {
    /// The place of a span in this module's file.
    #[must_use]
    pub fn location(&self, span: proc_macro2::Span) -> SourceLocation {
        SourceLocation { file: self.file.clone(), line: span.start().line }
    }
}

/// Finds the file of a module that is declared without a body.
fn locate(
    root: &Path,
    child: PendingModule,
    folder: &Path,
    name: &str,
    attributes: &[Attribute],
) -> Result<PendingModule> {
    if let Some(path) = path_attribute(attributes) {
        let file = child.file.parent().unwrap_or(Path::new("")).join(path);
        let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
        return Ok(PendingModule { file, folder, ..child });
    }
    for file in [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")] {
        if root.join(&file).is_file() {
            return Ok(PendingModule { file, ..child });
        }
    }
    bail!("{} declares `mod {name};`, but there is no such file", child.file.display())
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

/// Whether an item only exists in tests: `#[cfg(test)]`, `#[cfg(all(test, ...))]` or `#[test]`.
#[must_use]
pub fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg") && attribute.parse_args::<Meta>().is_ok_and(|meta| requires_test(&meta))
    })
}

/// Whether an item has `#[doc(hidden)]`.
#[must_use]
pub fn is_doc_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("doc")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|argument| argument == "hidden")
    })
}

fn requires_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => {
            let parts = list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
            parts.is_ok_and(|parts| parts.iter().any(requires_test))
        }
        _ => false,
    }
}

/// The attributes of an item.
#[must_use]
pub fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(ItemMod { attrs, .. }) => attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

#[cfg(test)]
pub(super) mod fixtures {
    use super::*;

    /// A tree from made-up files, the first of which is the root.
    pub(in crate::structure) fn tree(files: &[(&str, &str)]) -> SourceTree {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        SourceTree::read(folder.path(), Path::new(files[0].0)).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::fixtures::tree;

    #[test]
    fn modules_are_found_in_files_folders_and_bodies_but_test_modules_are_not_read() {
        let tree = tree(&[
            (
                "src/lib.rs",
                "mod a; mod b; mod c { mod inner; } #[cfg(test)] mod gone; #[path = \"odd/name.rs\"] mod d;",
            ),
            ("src/a.rs", "mod below; #[cfg(all(test, unix))] mod tests;"),
            ("src/a/below.rs", ""),
            ("src/b/mod.rs", "mod below;"),
            ("src/b/below.rs", ""),
            ("src/c/inner.rs", ""),
            ("src/odd/name.rs", "mod beside;"),
            ("src/odd/beside.rs", ""),
        ]);
        let found: Vec<String> = (0..tree.modules.len())
            .map(|module| format!("{} {}", tree.display_path(module), tree.modules[module].file.display()))
            .collect();
        let expected = [
            "crate src/lib.rs",
            "crate::a src/a.rs",
            "crate::a::below src/a/below.rs",
            "crate::b src/b/mod.rs",
            "crate::b::below src/b/below.rs",
            "crate::c src/lib.rs",
            "crate::c::inner src/c/inner.rs",
            "crate::d src/odd/name.rs",
            "crate::d::beside src/odd/beside.rs",
        ];
        assert_eq!(found, expected);
    }
}
