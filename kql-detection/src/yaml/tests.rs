use super::*;
use crate::problem::Place;
use std::path::Path;

fn tree(file: &str, text: &str) -> Node {
    read(&Source::new(Path::new(file), text)).expect("valid").into_iter().next().expect("a document")
}

fn problem(file: &str, text: &str) -> String {
    read(&Source::new(Path::new(file), text)).expect_err("not valid").to_string()
}

fn written(text: &str, node: &Node) -> String {
    text[node.place.start..node.place.end].to_owned()
}

/// Each line of a scalar is where the node says.
fn lines_hold(text: &str, node: &Node) {
    let content = node.text().expect("a text");
    let lines: Vec<_> = content.lines().collect();
    assert_eq!(lines.len(), node.lines().len(), "{content:?}");
    for (line, at) in lines.iter().zip(node.lines()) {
        assert!(text[*at..].starts_with(line), "{line:?} at {at}");
    }
}

#[test]
fn places_behind_text_that_is_not_ascii() {
    let text = "name: Ümläut 😀 x # é\nlist:\n- ä\n- 'b'\nflow: {ö: [1, \"ü\"]}\nend: z\n";
    for text in [text.to_owned(), format!("\u{feff}{text}"), text.replace('\n', "\r\n")] {
        let node = tree("a.yaml", &text);
        assert_eq!(written(&text, node.get("name").unwrap()), "Ümläut 😀 x");
        let list = node.get("list").unwrap();
        assert_eq!(list.list().unwrap().iter().map(|n| written(&text, n)).collect::<Vec<_>>(), ["ä", "'b'"]);
        assert_eq!(written(&text, node.get("flow").unwrap()), "{ö: [1, \"ü\"]}");
        assert_eq!(written(&text, node.get("end").unwrap()), "z");
        assert!(written(&text, &node).ends_with("end: z"));
    }
}

#[test]
fn lines_of_block_scalars() {
    let text = "a: é\nquery: |\n\n  T\n    | where x == 'ü'\n\n  | take 5 \n\nb: 2\n";
    for text in [text.to_owned(), format!("\u{feff}{text}"), text.replace('\n', "\r\n")] {
        let node = tree("a.yaml", &text);
        let query = node.get("query").unwrap();
        assert_eq!(query.text(), Some("\nT\n  | where x == 'ü'\n\n| take 5 \n"));
        lines_hold(&text, query);
    }
    for text in
        ["q: |-\n  a\n  b\n", "q: |+\n  a\n\n\n", "q: |2\n    a\n  b", "q: | # note\n  a\n", "- q: |\n   a\n- 1"]
    {
        let node = tree("a.yaml", text);
        let map = node.list().map_or(&node, |items| &items[0]);
        lines_hold(text, map.get("q").unwrap());
    }
}

#[test]
fn lines_of_other_scalars() {
    for (text, lines) in [
        ("q: T | take 5", vec![3]),
        ("q: 'T | take 5'", vec![4]),
        ("q: \"T | take 5\"", vec![4]),
        ("q: 'it''s'", vec![]),
        ("q: \"a\\tb\"", vec![]),
        ("q: >\n  a\n  b\n", vec![]),
        ("q: a\n  b\n", vec![]),
    ] {
        assert_eq!(tree("a.yaml", text).get("q").unwrap().lines(), lines, "{text}");
    }
}

#[test]
fn json_that_is_not_yaml() {
    let text = "// a comment\n{\n\t\"a\": \"\\ud83d\\ude00 \\/ \t\",\n\t\"b\": [1, -2.5e3, true, null] /* c */ }\n";
    let node = tree("a.json", text);
    assert_eq!(node.get("a").unwrap().text(), Some("😀 / \t"));
    let items = node.get("b").unwrap().list().unwrap();
    assert_eq!(items.iter().map(|n| n.text().unwrap()).collect::<Vec<_>>(), ["1", "-2.5e3", "true", "null"]);
    assert!(items[3].is_null());
    assert_eq!(tree("a.yaml", "{\"a\":\t\"\\ud83d\\ude00\"}").get("a").unwrap().text(), Some("😀"));
    assert_eq!(tree("a.yaml", "{a: b}").get("a").unwrap().text(), Some("b"));
}

#[test]
fn documents_and_nulls() {
    let all = read(&Source::new(Path::new("a.yaml"), "a: 1\n---\nb: ~\nc: ''\nd:\n")).unwrap();
    assert_eq!(all.len(), 2);
    assert!(all[1].get("b").unwrap().is_null());
    assert!(!all[1].get("c").unwrap().is_null());
    assert!(all[1].get("d").unwrap().is_null());
    assert_eq!(all[1].get("e"), None);
    assert_eq!(read(&Source::new(Path::new("a.yaml"), "")).unwrap(), []);
}

#[test]
fn aliases() {
    let text = "a: &x {b: 1}\nc: *x\n";
    let node = tree("a.yaml", text);
    assert_eq!(node.get("c"), node.get("a"));
    assert_eq!(node.get("c").unwrap().get("b").unwrap().place, Place { start: 10, end: 11 });
}

#[test]
fn refused() {
    let deep = "[".repeat(200);
    let laughs: String = std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned())
        .chain((1..12).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "))))
        .collect();
    let problems = [
        problem("a.yaml", "é: 1\nb: [1\nc: 2\n"),
        problem("a.yaml", "é: 1\nb: 2\né: 3\n"),
        problem("a.json", "{\"a\": 1,\n \"a\": 2}"),
        problem("a.yaml", "a: &x [*x]\n"),
        problem("a.yaml", "a: *y\n"),
        problem("a.yaml", &deep),
        problem("a.json", &deep),
        problem("a.yaml", &laughs),
        problem("a.json", "{\"a\": 1,\n}"),
        problem("a.json", "{\"a\" 1}"),
        problem("a.json", "{\"a\": [1 2]}"),
        problem("a.json", "{\"a\": yes}"),
        problem("a.json", "\n{\"a\": \"x}"),
        problem("a.json", "{\"a\": \"\\q\"}"),
        problem("a.json", "{a: 1}"),
    ];
    insta::assert_snapshot!(problems.join("\n"));
}
