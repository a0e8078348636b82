//! Reports public fields whose doc is a single word. The doc of a field is a noun phrase with unit and bounds, so one
//! word is never enough.

use syn::visit::Visit;
use syn::{Attribute, Expr, Field, Lit, Meta, Visibility};

use super::source_tree::{SourceModule, SourceTree};

/// A message for each public field whose doc is a single word.
#[must_use]
pub fn find_short_field_docs(trees: &[SourceTree]) -> Vec<String> {
    let mut messages = Vec::new();
    for module in trees.iter().flat_map(|tree| &tree.modules) {
        let mut fields = FieldCollector { module, messages: Vec::new() };
        module.items.iter().for_each(|item| fields.visit_item(item));
        messages.extend(fields.messages);
    }
    messages
}

/// The text of doc comments, with a line break between two comments.
pub(super) fn doc_text(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes.iter().filter_map(doc_line).collect();
    lines.join("\n").trim().to_owned()
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    match (&pair.value, pair.path.is_ident("doc")) {
        (Expr::Lit(literal), true) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

struct FieldCollector<'a> {
    module: &'a SourceModule,
    messages: Vec<String>,
}

impl<'ast> Visit<'ast> for FieldCollector<'_> {
    fn visit_field(&mut self, field: &'ast Field) {
        let doc = doc_text(&field.attrs);
        let (Visibility::Public(_), Some(name)) = (&field.vis, &field.ident) else { return };
        if doc.split_whitespace().count() == 1 {
            let location = self.module.location(name.span());
            self.messages.push(format!(
                "the doc of the public field {name} is one word: {doc:?}\n  {location}\n  Say what the value is, with its unit and bounds."
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::source_tree::fixtures::tree;

    #[test]
    fn only_public_fields_with_a_doc_of_one_word_are_reported() {
        let text = "
            pub struct Gap {
                /// Where.
                pub range: Range,
                /// Why the range is missing.
                pub reason: Reason,
                pub undocumented: u8,
                /// Private.
                private: u8,
            }";
        let found = find_short_field_docs(&[tree(&[("lib.rs", text)])]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("the doc of the public field range is one word: \"Where.\"\n  lib.rs:4"),
            "{}",
            found[0]
        );
    }
}
