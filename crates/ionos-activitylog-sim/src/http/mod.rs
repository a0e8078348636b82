//! Delivers replies: over HTTP/1.1 on a socket (`server`), and in process to the generated client (`in_process`). Both
//! use the same response bodies, so that a client sees the same fault either way.

mod body;
mod broken_reply;
mod decompression_bomb;
mod delivery;
pub(crate) mod in_process;
pub(crate) mod server;
