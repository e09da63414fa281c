//! The native half of the Python package `kql`: engines, results, tests of detections, and the command line.
//!
//! Python passes settings and tables in; everything that knows KQL is in `kql-engine`. The classes here are private to the
//! package: `python/kql` has the classes that users see.

mod calls;
mod cancel;
mod capsule;
mod command;
mod detections;
mod engine;
mod errors;
mod fork;
mod frame;
mod objects;
mod settings;
mod table;
mod values;

use pyo3::prelude::*;

/// `kql._kql`
#[pymodule]
fn _kql(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<cancel::Cancel>()?;
    module.add_class::<engine::NativeEngine>()?;
    module.add_class::<engine::NativePrepared>()?;
    module.add_class::<frame::Held>()?;
    module.add_class::<objects::Columns>()?;
    module.add_class::<objects::Texts>()?;
    module.add_class::<table::NativeTable>()?;
    module.add_function(wrap_pyfunction!(command::main, module)?)?;
    module.add_function(wrap_pyfunction!(objects::texts, module)?)?;
    module.add_function(wrap_pyfunction!(engine::html, module)?)?;
    module.add_function(wrap_pyfunction!(detections::detection_files, module)?)?;
    module.add_function(wrap_pyfunction!(detections::run_detections, module)?)?;
    Ok(())
}
