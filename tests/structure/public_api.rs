//! The facade's public API contains no generated type, because generated types change with the API description, and
//! each change would force a major version of the facade. The only exception is the seam: the trait that a
//! transport implements, and its return type.

use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Item, Signature, Visibility};
use xtask::workspace;

/// Paths through which the facade can name generated types.
const GENERATED: [&str; 4] = ["wire", "ionos_activitylog_client", "progenitor_client", "types"];

pub fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[derive(Default)]
struct PublicParts(Vec<String>);

impl PublicParts {
    fn signature(&mut self, visibility: &Visibility, signature: &Signature) {
        if matches!(visibility, Visibility::Public(_)) {
            self.0.push(signature.to_token_stream().to_string());
        }
    }
}

impl<'a> Visit<'a> for PublicParts {
    fn visit_impl_item_fn(&mut self, method: &'a syn::ImplItemFn) {
        self.signature(&method.vis, &method.sig);
    }

    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.signature(&function.vis, &function.sig);
    }

    fn visit_field(&mut self, field: &'a syn::Field) {
        if matches!(field.vis, Visibility::Public(_)) {
            self.0.push(field.to_token_stream().to_string());
        }
    }

    fn visit_item_use(&mut self, import: &'a syn::ItemUse) {
        if matches!(import.vis, Visibility::Public(_)) {
            self.0.push(import.to_token_stream().to_string());
        }
    }

    fn visit_item(&mut self, item: &'a Item) {
        match item {
            // The methods of a trait implementation are public without `pub`, and the trait defines their signatures.
            // So only the head of the implementation is checked: it names the trait and the types.
            Item::Impl(implementation) if implementation.trait_.is_some() => {
                let head = syn::ItemImpl { items: Vec::new(), ..implementation.clone() };
                self.0.push(head.to_token_stream().to_string());
            }
            other => syn::visit::visit_item(self, other),
        }
    }
}

/// Every public signature, field and import of the facade, as text.
fn public_parts() -> Vec<String> {
    let mut files = Vec::new();
    sources(&workspace::root().join("crates/ionos-activitylog/src"), &mut files);
    let mut parts = PublicParts::default();
    for file in &files {
        parts.visit_file(&syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap());
    }
    parts.0
}

#[test]
fn the_public_api_contains_no_generated_type() {
    let parts = public_parts();
    let words = |part: &str| -> Vec<String> {
        part.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect()
    };
    let shows_generated = |part: &&String| words(part).iter().any(|word| GENERATED.contains(&word.as_str()));
    let shown: Vec<&String> = parts.iter().filter(shows_generated).collect();
    assert_eq!(shown, ["pub use ionos_activitylog_client :: { Exchange , Transport } ;"]);
    assert!(parts.iter().any(|part| part.contains("fn events")), "the scan found no public method `events`");
}

#[test]
fn only_one_builder_method_takes_a_reqwest_client() {
    let parts = public_parts();
    let shown: Vec<&String> = parts.iter().filter(|part| part.contains("reqwest :: Client")).collect();
    assert_eq!(shown, ["fn http_client (mut self , client : reqwest :: Client) -> Self"]);
}
