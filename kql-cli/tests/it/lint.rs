//! `kql lint`: what it prints, its exit status, and the files that it reads and writes.

use crate::made::folder::{place, shown};

const TWICE: &str = "SigninLogs\n| where Location in ('DE', 'FR', 'DE')\n";

#[test]
fn findings_are_shown_with_their_lines() {
    let place = place(&[("a.kql", TWICE.as_bytes())]);
    insta::assert_snapshot!(shown(place.path(), &["lint", "a.kql"]), @"
    exit status 1
    --- standard output
    warning[duplicate-list-item]: The list has 'DE' twice.
     --> a.kql:2:34
      |
    2 | | where Location in ('DE', 'FR', 'DE')
      |                      ----        ^^^^
      |                      |
      |                      first here
      |
      = help: remove one of the two
    1 query: 1 warning; --fix mends 1
    ");
}

#[test]
fn the_exit_status_says_whether_something_was_found_at_the_failing_level() {
    let place = place(&[("a.kql", TWICE.as_bytes()), ("b.kql", b"print a = 1")]);
    let status = |arguments: &[&str]| {
        let text = shown(place.path(), arguments);
        text.lines().next().unwrap_or_default().replace("exit status ", "")
    };
    assert_eq!(status(&["lint", "b.kql"]), "0");
    assert_eq!(status(&["lint", "."]), "1");
    assert_eq!(status(&["lint", ".", "--fail-level", "error"]), "0");
    assert_eq!(status(&["lint", ".", "--rule", "duplicate-list-item=note"]), "0");
    assert_eq!(status(&["lint", ".", "--rule", "duplicate-list-item=note", "--fail-level", "note"]), "1");
    assert_eq!(status(&["lint", ".", "--rule", "all=off"]), "0");
    assert_eq!(status(&["lint", "missing.kql"]), "2");
    assert_eq!(status(&["lint"]), "2");
    assert_eq!(status(&["lint", ".", "--update-baseline"]), "2");
}

#[test]
fn unknown_names_are_refused_with_a_suggestion() {
    let place = place(&[("a.kql", b"print a = 1"), (".kql-lint.yaml", b"rules:\n  never-tru: off\n")]);
    insta::assert_snapshot!(shown(place.path(), &["lint", "a.kql"]).replace(&format!("{}/", place.path().display()), ""), @"
    exit status 2
    --- standard error
    error: 'never-tru' is not the name of a rule
     --> .kql-lint.yaml:2:3
      |
    2 |   never-tru: off
      |   ^^^^^^^^^
      |
      = help: did you mean 'never-true'?
    ");
    let other = shown(place.path(), &["lint", "a.kql", "--rule", "never-tru=off"]);
    assert!(other.contains("--rule: 'never-tru' is not the name of a rule. (did you mean 'never-true'?)"), "{other}");
    let page = shown(place.path(), &["lint", "--explain", "never-tru"]);
    assert!(page.starts_with("exit status 2\n"), "{page}");
}

#[test]
fn mending_writes_the_file() {
    let place = place(&[("rules/a.kql", TWICE.as_bytes())]);
    let text = shown(place.path(), &["lint", "rules", "--fix"]);
    assert_eq!(
        text,
        "exit status 0\n--- standard output\n1 query: nothing found\n--- standard error\nmended 1 finding\n"
    );
    let mended = std::fs::read_to_string(place.path().join("rules/a.kql")).expect("the file is there");
    assert_eq!(mended, "SigninLogs\n| where Location in ('DE', 'FR')\n");
}

#[test]
fn a_baseline_hides_what_is_known() {
    let place = place(&[("rules/a.kql", TWICE.as_bytes())]);
    let run = |more: &[&str]| {
        let arguments: Vec<&str> = ["lint", "rules", "--baseline", "lint.json"].iter().chain(more).copied().collect();
        shown(place.path(), &arguments)
    };
    assert!(run(&[]).contains("lint.json: cannot be read"), "{}", run(&[]));
    assert_eq!(run(&["--update-baseline"]), "exit status 0\n--- standard error\nlint.json has 1 finding\n");
    assert_eq!(run(&[]), "exit status 0\n--- standard output\n1 query: nothing found\n");
    let more = format!("// moved\n{TWICE}| where AppDisplayName in ('a', 'a')\n");
    std::fs::write(place.path().join("rules/a.kql"), more).expect("the file can be written");
    let text = run(&["--format", "github"]);
    let new = "::warning file=rules/a.kql,line=4,endLine=4,col=33,endColumn=36,title=duplicate-list-item::The list has 'a' twice.";
    assert!(text.starts_with("exit status 1\n") && text.contains(new) && !text.contains("'DE'"), "{text}");
}

#[test]
fn pages_and_the_list_of_rules() {
    let place = place(&[]);
    let page = shown(place.path(), &["lint", "--explain", "never-true"]);
    assert!(page.contains("# never-true\n\nA condition is false for every row that reaches it.\n"), "{page}");
    let list = shown(place.path(), &["lint", "--list"]);
    assert!(list.lines().count() > 40 && list.contains("join-without-kind"), "{list}");
}

#[test]
fn what_is_mended_of_standard_input_is_printed() {
    let place = place(&[]);
    let output = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!(
            "printf \"SigninLogs | where Location in ('a', 'a')\" | {} lint - --fix",
            env!("CARGO_BIN_EXE_kql")
        ))
        .current_dir(place.path())
        .output()
        .expect("a shell starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "SigninLogs | where Location in ('a')");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("mended 1 finding") && said.contains("nothing found"), "{said}");
}

#[test]
fn standard_input_is_a_query() {
    let place = place(&[]);
    let output = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("printf \"SigninLogs | where Location in ('a', 'a')\" | {} lint -", env!("CARGO_BIN_EXE_kql")))
        .current_dir(place.path())
        .output()
        .expect("a shell starts");
    assert!(String::from_utf8_lossy(&output.stdout).contains("--> -:1:"), "{output:?}");
}
