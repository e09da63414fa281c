//! An Apache Arrow IPC file; the metadata of the fields holds the KQL types.

use crate::Error;
use crate::spool::in_layout;
use arrow::ipc::writer::FileWriter;
use kql_engine::TableStream;
use std::io::Write;

pub fn write(result: TableStream, out: &mut impl Write) -> Result<(), Error> {
    let failed = |error| Error::encoding("Arrow", error);
    let mut writer = in_layout(
        result,
        "Arrow",
        |layout| FileWriter::try_new(out, layout.schema()).map_err(failed),
        |writer, batch| writer.write(&batch).map_err(failed),
    )?;
    writer.finish().map_err(failed)
}
