//! Writes a public item as Rust without docs, bodies and private parts, followed by its methods and the traits that it
//! implements. Methods and traits are sorted, so that the text stays the same if code is moved.

use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Fields, ImplItem, ImplItemFn, Item, ItemImpl, Meta, Path, Token, TraitItem, Type, Visibility,
    parse_quote,
};

use super::collect::{ItemSource, PublicItem};
use crate::structure::{ResolvedName, Resolver, SourceTree, is_doc_hidden, is_test_only};

/// Attributes that are part of the API.
const SHOWN_ATTRIBUTES: [&str; 4] = ["cfg", "deprecated", "must_use", "non_exhaustive"];

/// The text of an item, with a line break at its end.
#[must_use]
pub fn render_item(tree: &SourceTree, resolver: &Resolver, item: &PublicItem) -> String {
    match &item.source {
        ItemSource::External { path } => format!("pub use {path};\n"),
        ItemSource::Listed { path } if path.ends_with(&item.name) => format!("pub use crate::{path};\n"),
        ItemSource::Listed { path } => format!("pub use crate::{path} as {};\n", item.name),
        ItemSource::Generated => format!("{} {} // generated\n", item.kind, item.name),
        ItemSource::Defined { module, index } => render_definition(tree, resolver, *module, *index),
    }
}

fn render_definition(tree: &SourceTree, resolver: &Resolver, module: usize, index: usize) -> String {
    let mut definition = tree.modules[module].items[index].clone();
    let derived = derived_traits(&definition);
    let name = crate::structure::defined_name(&definition);
    ApiCleaner { resolver, module }.visit_item_mut(&mut definition);
    let mut text = print_signatures(vec![definition.clone()]);
    if !matches!(definition, Item::Enum(_) | Item::Struct(_) | Item::Union(_)) {
        return text;
    }
    let this = ResolvedName { module, item: name.clone() };
    let mut methods: Vec<(String, String)> = Vec::new();
    let mut traits: Vec<String> = derived;
    for (at, source) in tree.modules.iter().enumerate() {
        for item in &source.items {
            let Item::Impl(implementation) = item else { continue };
            if !resolver.resolve(at, &type_path(&implementation.self_ty)).0.contains(&this) {
                continue;
            }
            let mut implementation = implementation.clone();
            let mut cleaner = ApiCleaner { resolver, module: at };
            match &implementation.trait_ {
                Some(_) => {
                    keep_associated_types(&mut implementation);
                    cleaner.visit_item_impl_mut(&mut implementation);
                    traits.push(trait_text(&implementation));
                }
                None => {
                    cleaner.visit_item_impl_mut(&mut implementation);
                    methods.extend(inherent_members(implementation));
                }
            }
        }
    }
    methods.sort();
    if !methods.is_empty() {
        let members: String = methods.into_iter().map(|(_, method)| method).collect();
        text.push_str(&format!("impl {} {{\n{members}}}\n", name.unwrap_or_default()));
    }
    traits.sort();
    traits.dedup();
    traits.iter().for_each(|name| text.push_str(&format!("impl {name}\n")));
    text
}

/// The path of the type of an `impl` as a list of names, without generic arguments. The list is empty if the type has
/// no path, for example if it is a reference.
fn type_path(self_type: &Type) -> Vec<String> {
    match self_type {
        Type::Path(path) => path.path.segments.iter().map(|segment| segment.ident.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// The names of the traits of `#[derive(...)]`, without the paths before the names.
fn derived_traits(item: &Item) -> Vec<String> {
    let mut names = Vec::new();
    for attribute in
        crate::structure::attributes_of(item).iter().filter(|attribute| attribute.path().is_ident("derive"))
    {
        let paths = attribute.parse_args_with(syn::punctuated::Punctuated::<Path, Token![,]>::parse_terminated);
        let last_names =
            paths.into_iter().flatten().filter_map(|path| path.segments.last().map(|last| last.ident.to_string()));
        names.extend(last_names);
    }
    names
}

/// The trait of an `impl`, followed by the associated types, such as `Iterator with Item = u8`.
fn trait_text(implementation: &ItemImpl) -> String {
    let Some((path, _)) = &implementation.trait_ else { return String::new() };
    // `fmt::Display` and `Display` must have the same text, so only the last name of a path is kept. A path that begins
    // with `std` is kept whole.
    let is_std = path.segments.first().is_some_and(|first| first.ident == "std");
    let last: Path = path.segments.last().filter(|_| !is_std).cloned().map_or_else(|| path.clone(), Path::from);
    let mut text = print_type(&parse_quote!(#last));
    let types: Vec<String> = implementation
        .items
        .iter()
        .filter_map(|item| match item {
            ImplItem::Type(item) => Some(format!("{} = {}", item.ident, print_type(&item.ty))),
            _ => None,
        })
        .collect();
    if !types.is_empty() {
        text.push_str(&format!(" with {}", types.join(", ")));
    }
    text
}

fn keep_associated_types(implementation: &mut ItemImpl) {
    implementation.items.retain(|item| matches!(item, ImplItem::Type(_)));
}

/// The name and the text of each public method and constant of an `impl`. If the `impl` restricts generic parameters,
/// each text begins with a comment that contains the head of the `impl`.
fn inherent_members(implementation: ItemImpl) -> Vec<(String, String)> {
    let mut members = Vec::new();
    for item in &implementation.items {
        let (name, is_public) = match item {
            ImplItem::Fn(method) => (method.sig.ident.to_string(), matches!(method.vis, Visibility::Public(_))),
            ImplItem::Const(constant) => (constant.ident.to_string(), matches!(constant.vis, Visibility::Public(_))),
            _ => continue,
        };
        if is_public {
            let single = ItemImpl { items: vec![item.clone()], ..implementation.clone() };
            let printed = print_signatures(vec![Item::Impl(single)]);
            members.push((name, printed));
        }
    }
    members
}

/// Prints items. A semicolon replaces each empty body, because [`ApiCleaner`] has emptied the bodies of all functions.
fn print_signatures(items: Vec<Item>) -> String {
    let printed = prettyplease::unparse(&syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items });
    let lines = printed.lines().map(|line| match line.strip_suffix(" {}") {
        Some(signature) if signature.trim_start() != "}" => format!("{signature};\n"),
        _ => format!("{line}\n"),
    });
    let text = lines.collect::<String>().replace("{\n        default\n    }", "{ .. }");
    unwrap_impl(&text.replace(" = _;", ";").replace("_private: _,", ".."))
}

/// Removes the first and last line of an `impl` with a single member. A first line that restricts generic parameters
/// becomes a comment.
fn unwrap_impl(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let is_plain = lines.first().is_some_and(|line| line.starts_with("impl") && line.ends_with('{'));
    if is_plain && lines.last() == Some(&"}") {
        lines.pop();
        let head = lines.remove(0);
        let restricts = head.contains("where") || head.contains(": ");
        let member: String = lines.iter().map(|line| format!("{line}\n")).collect();
        return if restricts { format!("    // {}\n{member}", head.trim_end_matches(" {")) } else { member };
    }
    text.to_owned()
}

fn print_type(printed: &Type) -> String {
    let items = vec![parse_quote!(type T = #printed;)];
    let text = print_signatures(items);
    let text = text.trim_start_matches("type T =").trim().trim_end_matches(';');
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Removes everything that is not API, and shortens the paths of the crate's own items to their names.
struct ApiCleaner<'a> {
    resolver: &'a Resolver<'a>,
    module: usize,
}

impl ApiCleaner<'_> {
    /// The full path of a renamed import from another crate: `std::error::Error` for `StdError`.
    fn external_path(&self, alias: &str) -> Option<Path> {
        let imports = self.resolver.imports(self.module);
        let import = imports.iter().find(|import| import.alias.as_deref() == Some(alias))?;
        let is_renamed = import.path.last().is_some_and(|name| name != alias);
        let is_external = self.resolver.resolve(self.module, &import.path).0.is_empty();
        (is_renamed && is_external).then(|| syn::parse_str(&import.path.join("::")).ok())?
    }
}

impl VisitMut for ApiCleaner<'_> {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|attribute| SHOWN_ATTRIBUTES.iter().any(|shown| attribute.path().is_ident(shown)));
        // The texts of `must_use` and `deprecated` are documentation, so they are removed.
        for attribute in attributes.iter_mut().filter(|attribute| !attribute.path().is_ident("cfg")) {
            attribute.meta = Meta::Path(attribute.path().clone());
        }
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let [alias] = segments.as_slice()
            && let Some(external) = self.external_path(alias)
        {
            path.segments = external.segments;
        } else if segments.len() > 1 && path.leading_colon.is_none() {
            let (found, _) = self.resolver.resolve(self.module, &segments);
            let is_own_item = found.iter().any(|name| name.item.as_deref() == segments.last().map(String::as_str));
            if let (true, Some(last)) = (is_own_item, path.segments.last().cloned()) {
                *path = last.into();
            }
        }
        syn::visit_mut::visit_path_mut(self, path);
    }

    fn visit_item_fn_mut(&mut self, function: &mut syn::ItemFn) {
        function.block = parse_quote!({});
        syn::visit_mut::visit_item_fn_mut(self, function);
    }

    fn visit_impl_item_fn_mut(&mut self, method: &mut ImplItemFn) {
        method.block = parse_quote!({});
        syn::visit_mut::visit_impl_item_fn_mut(self, method);
    }

    fn visit_receiver_mut(&mut self, receiver: &mut syn::Receiver) {
        // `mut self` is a detail of the body, unlike `&mut self`.
        if matches!(receiver.kind, syn::ReceiverKind::Value) {
            receiver.mutability = None;
        }
        syn::visit_mut::visit_receiver_mut(self, receiver);
    }

    fn visit_pat_ident_mut(&mut self, argument: &mut syn::PatIdent) {
        argument.mutability = None;
    }

    fn visit_item_impl_mut(&mut self, implementation: &mut ItemImpl) {
        implementation.items.retain(|item| match item {
            ImplItem::Fn(method) => !is_doc_hidden(&method.attrs) && !is_test_only(&method.attrs),
            ImplItem::Const(constant) => !is_doc_hidden(&constant.attrs),
            _ => true,
        });
        for item in &mut implementation.items {
            if let ImplItem::Const(constant) = item {
                constant.expr = parse_quote!(_);
            }
        }
        syn::visit_mut::visit_item_impl_mut(self, implementation);
    }

    fn visit_item_const_mut(&mut self, constant: &mut syn::ItemConst) {
        *constant.expr = parse_quote!(_);
        syn::visit_mut::visit_item_const_mut(self, constant);
    }

    fn visit_item_static_mut(&mut self, item: &mut syn::ItemStatic) {
        *item.expr = parse_quote!(_);
        syn::visit_mut::visit_item_static_mut(self, item);
    }

    fn visit_item_struct_mut(&mut self, item: &mut syn::ItemStruct) {
        hide_private_fields(&mut item.fields);
        syn::visit_mut::visit_item_struct_mut(self, item);
    }

    fn visit_item_trait_mut(&mut self, item: &mut syn::ItemTrait) {
        item.items.retain(|item| !matches!(item, TraitItem::Fn(method) if is_doc_hidden(&method.attrs)));
        for item in &mut item.items {
            if let TraitItem::Fn(method) = item
                && method.default.is_some()
            {
                method.default = Some(parse_quote!({ default }));
            }
        }
        syn::visit_mut::visit_item_trait_mut(self, item);
    }
}

/// Hides private fields. One field `_private: _`, which is printed as `..`, replaces all private fields with a name.
/// In a tuple, `_` replaces the type of each private field.
fn hide_private_fields(fields: &mut Fields) {
    let is_private = |field: &syn::Field| !matches!(field.vis, Visibility::Public(_));
    match fields {
        Fields::Named(named) => {
            let all = named.named.len();
            named.named = std::mem::take(&mut named.named).into_iter().filter(|field| !is_private(field)).collect();
            if named.named.len() < all {
                named.named.push(parse_quote!(_private: _));
            }
        }
        Fields::Unnamed(unnamed) => {
            for field in unnamed.unnamed.iter_mut().filter(|field| is_private(field)) {
                field.ty = parse_quote!(_);
            }
        }
        Fields::Unit => {}
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path as FilePath;

    use super::*;
    use crate::public_api::api_texts;

    #[test]
    fn items_are_listed_by_public_path_and_without_private_parts() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("lib.rs", "mod inner; pub mod open; #[doc(hidden)] pub mod internal { pub struct Secret; } pub use inner::Point; pub use http::Method;"),
            (
                "inner.rs",
                "use std::fmt; use std::error::Error as StdError;
                /// A point.
                #[derive(Clone, Debug)]
                #[non_exhaustive]
                pub struct Point { /// The abscissa.\n pub x: crate::open::Mode, y: u8 }
                impl Point {
                    /// Makes one.
                    #[must_use = \"it is free\"]
                    pub fn new(mut x: u8) -> Self { x += 1; Self { x, y: 0 } }
                    pub const ORIGIN: Self = Self { x: 0 };
                    #[doc(hidden)] pub fn secret() {}
                    pub(crate) fn own() {}
                }
                impl fmt::Display for Point { fn fmt(&self) {} }
                impl StdError for Point {}
                impl Iterator for Point { type Item = u8; fn next(&mut self) -> Option<u8> { None } }
                #[cfg(test)] impl Point { pub fn test() {} }",
            ),
            ("open.rs", "pub enum Mode { A, B(u8) } pub fn run(at: &super::Point) -> Mode { Mode::A } pub use crate::Point as Place;
                pub trait Clock { fn now(&self) -> u8; fn later(&self) -> u8 { 1 } } pub const MAX: u8 = 1; pub struct Hidden(u8);"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let tree = SourceTree::read(folder.path(), FilePath::new("lib.rs")).unwrap();
        let text: String = api_texts(&tree).iter().map(|text| format!("== {}\n{}", text.name, text.text)).collect();
        let expected = "\
== open
pub trait Clock {
    fn now(&self) -> u8;
    fn later(&self) -> u8 { .. }
}

pub struct Hidden(_);

pub const MAX: u8;

pub enum Mode {
    A,
    B(u8),
}

pub use crate::Point as Place;

pub fn run(at: &Point) -> Mode;
== root
pub use http::Method;

#[non_exhaustive]
pub struct Point {
    pub x: Mode,
    ..
}
impl Point {
    pub const ORIGIN: Self;
    #[must_use]
    pub fn new(x: u8) -> Self;
}
impl Clone
impl Debug
impl Display
impl Iterator with Item = u8
impl std::error::Error
";
        assert_eq!(text, expected);
    }
}
