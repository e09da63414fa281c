//! Files and folders made for tests.

pub mod files;
pub mod folder;
