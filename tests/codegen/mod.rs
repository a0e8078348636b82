//! The generated types and the simulator agree with the vendor's description of the API.

mod schema_parity;
mod strict_decoder;
