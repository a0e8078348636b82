//! Tests that span crates. Each folder is an area of the product, each module a chapter of its promises.

mod archive;
mod cli;
mod codegen;
mod conformance;
mod library;
mod structure;
mod support;
