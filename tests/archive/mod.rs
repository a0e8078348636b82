//! Archives and file exports: crash recovery, full disks, bounds of memory, permissions, commands and schemas.

mod bounded_memory;
mod commands;
mod crash_recovery;
mod failing_disk;
mod file_crash_recovery;
mod file_modes;
mod kept_records;
mod reading_back;
mod schemas;
mod undated_records;
mod unfinished;
mod unknown_end;
mod unlisted_contracts;
mod withheld_events;
mod within_a_day;
