#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| workspace_fuzz_checks::page::check(bytes));
