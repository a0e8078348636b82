//! Checks the type names of a crate. No name occurs twice, so that one search finds the type. Single words that do not
//! name a thing, such as participles and question words, are not allowed.
//!
//! All structs, enums, unions and traits count, public and private, at any depth, except for those in tests and in
//! generated code. If a file defines a name several times, the definitions with a `#[cfg]` count as one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use syn::visit::Visit;
use syn::{Attribute, Ident};

use super::SourceLocation;
use super::source_tree::{SourceModule, SourceTree, attributes_of, is_test_only};

/// Names that may occur in every module, because they have the same meaning everywhere.
const COMMON_NAMES: [&str; 3] = ["Builder", "Error", "Result"];

/// The file that the code generator writes.
const GENERATED_FILE: &str = "generated.rs";

/// Single words that are too vague for a type name. Words that end in "ed" or "ing" are detected by their ending.
const VAGUE_NAMES: [&str; 46] = [
    "Again",
    "Begun",
    "Broken",
    "Built",
    "Cut",
    "Done",
    "Drawn",
    "Found",
    "Given",
    "Gone",
    "Held",
    "Here",
    "How",
    "Kept",
    "Known",
    "Learned",
    "Left",
    "Lost",
    "Made",
    "Met",
    "Put",
    "Read",
    "Said",
    "Seen",
    "Sent",
    "Shown",
    "Spent",
    "Stuck",
    "Sworn",
    "Taken",
    "Then",
    "There",
    "Told",
    "Torn",
    "Understood",
    "What",
    "When",
    "Where",
    "Which",
    "Who",
    "Whole",
    "Whom",
    "Whose",
    "Why",
    "Worn",
    "Written",
];

/// Nouns that end like a participle.
const NOUNS: [&str; 13] = [
    "Encoding",
    "Feed",
    "Finding",
    "Heading",
    "Listing",
    "Need",
    "Ping",
    "Recording",
    "Seed",
    "Setting",
    "Speed",
    "Spelling",
    "Warning",
];

/// A type name that is allowed although it breaks a rule.
pub struct NameException {
    /// The name of the crate that defines the type.
    pub member: &'static str,
    /// The type name.
    pub name: &'static str,
    /// The reason why another name would be worse.
    pub reason: &'static str,
}

/// All exceptions of the workspace. There may be at most ten.
pub const EXCEPTIONS: &[NameException] = &[NameException {
    member: "ionos-activitylog",
    name: "Sourced",
    reason: "generic: Sourced<Url> reads as a URL with its source",
}];

/// A message for each type name of a crate that breaks a rule. `trees` are the crate's library and programs.
#[must_use]
pub fn find_name_problems(member: &str, trees: &[SourceTree]) -> Vec<String> {
    let mut messages = Vec::new();
    for (name, locations) in type_names(trees) {
        if is_excepted(member, &name) {
            continue;
        }
        if locations.len() > 1 {
            let mut text = format!("{} types are named {name}:", locations.len());
            for location in &locations {
                let _ = write!(text, "\n  {location}");
            }
            text.push_str(
                "\n  Rename all but one: a private type carries the name of its owner (LimiterState, not State).",
            );
            messages.push(text);
        }
        if is_vague(&name) {
            messages.push(format!(
                "the type name {name} does not say what the thing is\n  {}\n  Use a noun, or add a noun at its end (ParsedRecord, not Parsed).",
                locations[0]
            ));
        }
    }
    messages
}

/// Exceptions that no type needs any more.
#[must_use]
pub fn unused_exceptions(crates: &[(String, Vec<SourceTree>)]) -> Vec<&'static str> {
    let is_used = |exception: &NameException| {
        let member = crates.iter().find(|(member, _)| member == exception.member);
        member.is_some_and(|(_, trees)| {
            let names = type_names(trees);
            names.get(exception.name).is_some_and(|locations| locations.len() > 1 || is_vague(exception.name))
        })
    };
    EXCEPTIONS.iter().filter(|exception| !is_used(exception)).map(|exception| exception.name).collect()
}

/// The type names of a crate, except for `Builder`, `Error` and `Result`, with the places where each name is defined.
#[must_use]
pub fn type_names(trees: &[SourceTree]) -> BTreeMap<String, Vec<SourceLocation>> {
    let mut definitions: BTreeMap<String, Vec<TypeDefinition>> = BTreeMap::new();
    for module in trees.iter().flat_map(|tree| &tree.modules) {
        if module.file.ends_with(GENERATED_FILE) {
            continue;
        }
        for item in &module.items {
            let is_conditional = has_cfg(attributes_of(item)) || has_cfg(&module.attributes);
            let mut types = TypeCollector { module, found: Vec::new() };
            types.visit_item(item);
            for (name, location) in types.found.into_iter().filter(|(name, _)| !COMMON_NAMES.contains(&name.as_str())) {
                let definitions = definitions.entry(name).or_default();
                definitions.push(TypeDefinition { location, is_conditional });
            }
        }
    }
    definitions.into_iter().map(|(name, definitions)| (name, merge_alternatives(definitions))).collect()
}

/// One definition of a type name.
struct TypeDefinition {
    location: SourceLocation,
    /// Whether the definition or its module depends on a `#[cfg]`.
    is_conditional: bool,
}

/// The places where one name is defined. The conditional definitions in one file count as one: the first of them.
fn merge_alternatives(definitions: Vec<TypeDefinition>) -> Vec<SourceLocation> {
    let mut locations: Vec<SourceLocation> = Vec::new();
    let mut files = BTreeSet::new();
    for definition in definitions {
        if !definition.is_conditional || files.insert(definition.location.file.clone()) {
            locations.push(definition.location);
        }
    }
    locations
}

fn has_cfg(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}

fn is_excepted(member: &str, name: &str) -> bool {
    EXCEPTIONS.iter().any(|exception| exception.member == member && exception.name == name)
}

/// Whether a name is a single word that is in [`VAGUE_NAMES`] or ends like a participle. The words in [`NOUNS`] are not
/// vague.
fn is_vague(name: &str) -> bool {
    let is_one_word = name.chars().filter(|letter| letter.is_uppercase()).count() == 1;
    let ends_as_participle = (name.ends_with("ed") || name.ends_with("ing")) && !NOUNS.contains(&name);
    is_one_word && (ends_as_participle || VAGUE_NAMES.contains(&name))
}

/// The types that a module defines, also those inside of functions.
struct TypeCollector<'a> {
    module: &'a SourceModule,
    found: Vec<(String, SourceLocation)>,
}

impl TypeCollector<'_> {
    fn add(&mut self, name: &Ident) {
        self.found.push((name.to_string(), self.module.location(name.span())));
    }
}

impl<'ast> Visit<'ast> for TypeCollector<'_> {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.add(&item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.add(&item.ident);
    }

    fn visit_item_union(&mut self, item: &'ast syn::ItemUnion) {
        self.add(&item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.add(&item.ident);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast syn::ImplItemFn) {
        if !is_test_only(&method.attrs) {
            syn::visit::visit_impl_item_fn(self, method);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::source_tree::fixtures::tree;

    #[test]
    fn a_name_that_occurs_twice_is_reported_with_each_place() {
        let tree = tree(&[
            ("lib.rs", "mod a; mod generated; pub struct State; pub struct Error; fn f() { struct Local; }"),
            ("a.rs", "pub struct Error;\n\nenum State { A }\ntrait Local {}\n#[cfg(test)] mod tests { struct State; }"),
            ("generated.rs", "pub struct State;"),
        ]);
        let advice = "\n  Rename all but one: a private type carries the name of its owner (LimiterState, not State).";
        let expected = [
            format!("2 types are named Local:\n  lib.rs:1\n  a.rs:4{advice}"),
            format!("2 types are named State:\n  lib.rs:1\n  a.rs:3{advice}"),
        ];
        assert_eq!(find_name_problems("made-up", &[tree]), expected);
    }

    #[test]
    fn alternatives_for_features_and_systems_count_as_one_type() {
        let tree = tree(&[(
            "lib.rs",
            "#[cfg(unix)] mod a { struct Signals; } #[cfg(not(unix))] mod a { struct Signals; }
             #[cfg(unix)] struct Span; #[cfg(not(unix))] struct Span; mod b { pub struct Span; }",
        )]);
        let names = type_names(&[tree]);
        assert_eq!((names["Signals"].len(), names["Span"].len()), (1, 2));
    }

    #[test]
    fn lone_participles_and_question_words_are_reported() {
        let tree =
            tree(&[("lib.rs", "enum When { A } struct Opened; struct ParsedRecord; struct Setting; struct Seed;")]);
        let names: Vec<String> = find_name_problems("made-up", &[tree])
            .iter()
            .filter_map(|message| message.split(' ').nth(3).map(str::to_owned))
            .collect();
        assert_eq!(names, ["Opened", "When"]);
    }

    #[test]
    fn at_most_ten_exceptions_exist_and_each_has_a_reason() {
        assert!(EXCEPTIONS.len() <= 10);
        for exception in EXCEPTIONS {
            assert!(exception.reason.split(' ').count() >= 4, "{} needs a reason", exception.name);
        }
    }
}
