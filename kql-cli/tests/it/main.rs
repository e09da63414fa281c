//! The tests of the command line, in one executable.

mod check;
#[cfg(all(feature = "cluster", unix))]
mod cluster;
mod command_line;
mod damaged;
mod data;
mod detections;
mod event_logs;
mod folders_and_text;
mod geo_ip;
mod hunt;
mod lint;
mod lookup;
mod made;
mod repl;
mod results;
mod sample;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod served;
#[cfg(unix)]
mod tutorial;
mod watch;
