//! Parts are read back line by line, whatever they are compressed with, without holding one in memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use ionos_activitylog::Event;

use crate::layout::PartName;
use crate::{Compression, Error};

/// Unpacks what a part was packed with.
pub(crate) fn unpack<'a>(
    compression: Compression,
    packed: impl BufRead + Send + 'a,
) -> io::Result<Box<dyn BufRead + Send + 'a>> {
    Ok(match compression {
        Compression::None => Box::new(packed),
        Compression::Gzip => buffered(flate2::bufread::MultiGzDecoder::new(packed)),
        Compression::Zstd => buffered(zstd::Decoder::with_buffer(packed)?),
    })
}

fn buffered<'a>(reader: impl Read + Send + 'a) -> Box<dyn BufRead + Send + 'a> {
    Box::new(BufReader::with_capacity(1 << 17, reader))
}

/// Calls a function with every event of a part of a day.
///
/// Fails with [`Error::Damaged`] where it is gone or a line is no JSON, and with [`Error::Open`] where the part cannot be read.
pub(crate) fn for_each(
    day: &Path,
    part: &PartName,
    mut event: impl FnMut(Event),
) -> Result<(), Error> {
    let path = day.join(part.to_string());
    let failed = |error| Error::Open(path.clone(), error);
    let file = File::open(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::Damaged(path.clone(), "it is gone".to_owned()),
        _ => failed(error),
    })?;
    let file = BufReader::with_capacity(1 << 16, file);
    let lines = unpack(part.compression, file).map_err(failed)?.lines();
    for (index, line) in lines.enumerate() {
        let line = line.map_err(failed)?;
        let read = Event::from_json(line).map_err(|error| {
            Error::Damaged(path.clone(), format!("line {}: {error}", index + 1))
        })?;
        event(read);
    }
    Ok(())
}
