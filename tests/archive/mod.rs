//! Archives and file exports: crash recovery, full disks, commands and schemas.

mod commands;
mod crash_recovery;
mod failing_disk;
mod file_crash_recovery;
mod kept_records;
mod reading_back;
mod schemas;
