//! One snapshot for each generated type and each operation. The snapshots show how a change of the description changes
//! the code.

use std::fs;

use quote::ToTokens;
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, ItemMod, parse_quote};
use xtask::workspace;

use crate::snapshot;

fn generated() -> syn::File {
    let text = fs::read_to_string(workspace::root().join(workspace::GENERATED)).unwrap();
    syn::parse_file(&text).unwrap()
}

fn module<'a>(file: &'a syn::File, name: &str) -> &'a [Item] {
    let found = file.items.iter().find_map(|item| match item {
        Item::Mod(ItemMod { ident, content: Some((_, items)), .. }) if ident == name => Some(items),
        _ => None,
    });
    found.unwrap()
}

fn without_docs(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
}

fn print(item: &Item) -> String {
    prettyplease::unparse(&syn::parse2(item.to_token_stream()).unwrap())
}

#[test]
fn each_type_with_its_serde_attributes() {
    let file = generated();
    let mut names = Vec::new();
    for item in module(&file, "types") {
        let Item::Struct(item) = item else {
            assert!(
                !matches!(item, Item::Enum(_)),
                "generated types must not contain an enum, because vocabularies are open"
            );
            continue;
        };
        let mut item = item.clone();
        without_docs(&mut item.attrs);
        if let Fields::Named(fields) = &mut item.fields {
            fields.named.iter_mut().for_each(|field| without_docs(&mut field.attrs));
        }
        names.push(item.ident.to_string());
        snapshot::check("codegen", &format!("type__{}", item.ident), &print(&Item::Struct(item)));
    }
    assert!(names.contains(&"Event".to_owned()), "{names:?}");
}

/// The signatures of the inherent methods of a type.
fn signatures(items: &[Item], name: &str) -> Vec<String> {
    let inherent = items.iter().filter_map(|item| match item {
        Item::Impl(ItemImpl { trait_: None, self_ty, items, .. }) => {
            let of = self_ty.to_token_stream().to_string();
            (of.split([' ', '<']).next() == Some(name)).then_some(items)
        }
        _ => None,
    });
    let methods = inherent.flatten().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    });
    methods
        .map(|method| {
            let mut method = method.clone();
            if method.sig.ident != "send" {
                without_docs(&mut method.attrs);
            }
            method.block = parse_quote!({});
            let wrapper: Item = parse_quote!(impl X { #method });
            let text = print(&wrapper);
            let lines: Vec<&str> = text.lines().collect();
            lines[1..lines.len() - 1]
                .iter()
                .map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line)))
                .collect()
        })
        .collect()
}

#[test]
fn each_operation_with_its_signatures() {
    let file = generated();
    let builders = module(&file, "builder");
    let mut names = Vec::new();
    for item in builders {
        let Item::Struct(item) = item else { continue };
        let name = item.ident.to_string();
        let text: String = signatures(builders, &name).concat();
        assert!(text.contains("pub async fn send"), "{name} has no send:\n{text}");
        snapshot::check("codegen", &format!("operation__{name}"), &text);
        names.push(name);
    }
    assert_eq!(names, ["GetInfo", "GetAvailableContracts", "GetByContract"]);
}
