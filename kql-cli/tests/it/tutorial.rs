//! The commands of the guides, as a reader copies them.

use std::path::Path;
use std::process::{Command, Output};

const GUIDE: &str = include_str!("../../../docs/testing.md");
const SAMPLE: &str = include_str!("../../../docs/sample.md");

/// The bodies of the blocks that start with this word.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let open = format!("```{language}\n");
    text.split(open.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_commands_of_the_guide_to_samples_print_what_it_says() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    assert!(follow(SAMPLE, folder.path()) > 3);
}

#[test]
fn the_commands_of_the_guide_print_what_it_says() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let number = follow(GUIDE, folder.path());
    assert!(number > 5, "the guide has {number} blocks of commands");
    // the workflow of the guide, in the folder that the reader has now
    let workflow = blocks(GUIDE, "yaml").into_iter().find(|block| block.contains("runs-on:")).expect("a workflow");
    let commands: Vec<&str> = workflow.lines().filter_map(|line| line.trim().strip_prefix("- run: kql ")).collect();
    assert!(!commands.is_empty(), "the workflow runs kql");
    for command in commands {
        let output = run(&format!("kql {command}"), folder.path());
        assert!(output.status.success(), "kql {command} fails: {}", String::from_utf8_lossy(&output.stdout));
    }
}

fn run(script: &str, folder: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_kql"));
    let folders = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{folders}", program.parent().expect("it is in a folder").display());
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(folder).env("PATH", &path);
    shell.output().expect("a shell starts")
}

/// Runs the blocks of commands of a guide; returns how many there are.
fn follow(guide: &str, folder: &Path) -> usize {
    let mut number = 0;
    let mut rest = guide;
    while let Some(at) = rest.find("```sh\n") {
        rest = &rest[at..];
        let script = blocks(rest, "sh")[0];
        rest = &rest["```sh\n".len() + script.len()..];
        let output = run(script, folder);
        number += 1;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        // the block that follows at once is what it prints
        if let Some(after) = rest.strip_prefix("```\n\n```text\n") {
            let expected = after.split("```").next().unwrap_or_default();
            assert_eq!(without_time(&printed), without_time(expected), "block {number}:\n{script}\n{errors}");
        } else {
            assert!(output.status.success(), "block {number} fails:\n{script}\n{printed}{errors}");
        }
    }
    number
}

fn without_time(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(", ") {
        Some((before, time)) if time.ends_with(" s") => format!("{before}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}
