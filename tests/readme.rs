#![doc = include_str!("../README.md")]
#![doc = include_str!("../docs/command-line.md")]
#![doc = include_str!("../docs/simulator.md")]
