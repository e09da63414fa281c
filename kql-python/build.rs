//! How a module of Python is linked: on macOS, its interpreter has the names that are missing.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
