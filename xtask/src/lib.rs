//! Maintainers' tasks behind `cargo xtask`, as a library so that tests can call each step of code generation.
//!
//! [`codegen`] runs the steps [`description`] (file, provenance, overlays, lint), [`generate`] and [`outputs`], and
//! [`spec`] imports a new description from the vendor. [`ci`] runs all checks of a pull request, and [`structure`]
//! checks names and modules. [`peers`] tests against programs of other projects, and [`fuzz`] looks for bytes that
//! break a reader. [`mod@bench`] and [`soak`] measure speed and memory. [`dist`] packs the program for manual
//! installation.

pub mod bench;
pub mod cargo;
pub mod ci;
pub mod codegen;
pub mod description;
pub mod dist;
pub mod examples;
pub mod figures;
pub mod fuzz;
pub mod generate;
pub mod outputs;
pub mod peers;
pub mod public_api;
pub mod simulator_process;
pub mod soak;
pub mod spec;
pub mod structure;
pub mod tools;
pub mod workspace;
