//! Checks that no crate breaks a rule for names, modules and docs. `cargo xtask structure` checks the same rules.

use xtask::structure::{check_member, checked_members, read_trees, unused_exceptions};
use xtask::workspace;

#[test]
fn type_names_are_unique_and_modules_form_no_circle_and_no_field_doc_is_one_word() {
    let root = workspace::root();
    let members = checked_members(&root).unwrap();
    assert!(members.iter().any(|member| member.name == "ialog"), "{members:?}");
    let problems: Vec<_> = members.iter().flat_map(|member| check_member(&root, member).unwrap()).collect();
    let messages: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(messages.is_empty(), "{}", messages.join("\n\n"));
}

#[test]
fn every_exception_is_needed() {
    let root = workspace::root();
    let members = checked_members(&root).unwrap();
    let trees: Vec<_> =
        members.into_iter().map(|member| (member.name.clone(), read_trees(&root, &member).unwrap())).collect();
    assert_eq!(unused_exceptions(&trees), Vec::<&str>::new());
}
