//! Maintainers' tasks, as a library so that the tests can look at each stage of code generation.
//!
//! The way of the description: [`description::Description::read`] (vendor file and provenance) ->
//! [`description::overlay`] (patches as data) -> [`description::lint`] -> [`generate`] -> [`outputs`].
//! [`codegen`] walks it; [`ci`] is what every pull request has to pass; [`spec`] takes in a new vendor file; [`mod@bench`]
//! and [`soak`] measure; [`serving`] starts what they ask; [`dist`] packs the program for those who install it by hand.

pub mod bench;
pub mod cargo;
pub mod ci;
pub mod codegen;
pub mod description;
pub mod dist;
pub mod examples;
pub mod generate;
pub mod outputs;
pub mod serving;
pub mod soak;
pub mod spec;
pub mod structure;
pub mod workspace;
