//! Tests that span crates. Each folder is an area of the product, and each module tests one topic of this area.

mod archive;
mod attack;
mod cli;
mod codegen;
mod conformance;
mod library;
mod structure;
mod support;
