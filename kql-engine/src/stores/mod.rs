//! Object stores: Amazon S3, Azure Blob Storage, Google Cloud Storage, and single files of web servers.
//!
//! Only URLs that the caller of the engine names are opened: a query's text never opens the network. Credentials come from
//! the environment, as the tools of each cloud read them; clients are created when a URL is named.
//!
//! ```text
//! address.rs   URLs of objects, without their secrets     client.rs    a client for an address
//! aws.rs, azure.rs, google.rs   what the environment says  reach.rs     whether a host can be reached at all
//! object.rs    an object: its identity, and its bytes      listing.rs   the objects under an address
//! reader.rs    an object as a file that is read in order, with read-ahead
//! writer.rs    an object that is written                   memo.rs      what is known of objects from earlier runs
//! settings.rs  what clients share
//! problem.rs   errors of stores, for people                work.rs      the threads on which requests run
//! ```

mod address;
mod aws;
mod azure;
mod client;
mod google;
mod listing;
mod memo;
mod object;
mod problem;
mod reach;
mod reader;
mod settings;
mod work;
mod writer;

pub(crate) use address::Address;
pub use address::is_url;
pub(crate) use address::meant_url;
pub(crate) use listing::{Found, Store};
pub(crate) use object::{Object, SentObject};
pub(crate) use reader::ObjectReader;
pub(crate) use work::in_parallel;
pub use writer::ObjectWriter;
