//! The generated types agree with the patched description of the API. The default answers of the simulator agree with
//! the description before it is patched.

mod schema_parity;
mod strict_decoder;
