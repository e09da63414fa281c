"""Magics, completion and drawings in IPython."""

import pandas
import polars
import pytest
from IPython.testing.globalipapp import start_ipython
from IPython.utils.capture import capture_output

import kql


@pytest.fixture(scope="module")
def shell():
    shell = start_ipython() or __import__("IPython").get_ipython()
    shell.run_line_magic("load_ext", "kql")
    return shell


def test_frames_of_the_notebook(shell):
    shell.user_ns.update(Events=pandas.DataFrame({"n": [1, 2]}), Other=polars.DataFrame({"n": [2], "m": ["x"]}), number=5)
    result = shell.run_line_magic("kql", "Events | join kind=inner Other on n | project n, m")
    assert result.to_dicts() == [{"n": 2, "m": "x"}]
    assert shell.run_cell_magic("kql", "-o found", "Events\n| count") is None
    assert shell.user_ns["found"].fetchone() == (2,)
    # a result is a table, too
    assert shell.run_line_magic("kql", "found | project Count + 1").fetchone() == (3,)


def test_options(shell, tmp_path, repository):
    (tmp_path / "Some File.csv").write_text("a\n1\n")
    result = shell.run_line_magic("kql", f"--data 'U={tmp_path}/Some File.csv' U | extend b = \"two words\"")
    assert result.fetchone() == (1, "two words")
    assert shell.run_line_magic("kql", "--now 2026-01-01 print now()").fetchone()[0].year == 2026
    assert shell.run_line_magic("kql", "--param n=4 declare query_parameters(n: long); print n").fetchone() == (4,)
    folder = repository / "queries/T1070.008-clear-mailbox-data"
    text = (folder / "query.kql").read_text("utf-8")
    result = shell.run_cell_magic("kql", f"--data {folder}/data --now 2026-03-10T12:00:00Z", text)
    assert len(result) == 26


def test_errors_have_no_traceback(shell):
    for line, message in [("print nothing", "nothing"), ("--wrong print 1", "--wrong"), ("", "There is no query."),
                          ("--param x print 1", "NAME=VALUE")]:
        with pytest.raises(kql.KqlError, match=message) as caught:
            shell.run_line_magic("kql", line)
        assert not any("Traceback" in shown or "_magic.py" in shown for shown in caught.value._render_traceback_())
    # a cell that fails stops the notebook, and leaves its variable alone
    shell.user_ns["kept"] = 1
    done = shell.run_cell("%%kql -o kept\nprint nothing")
    assert isinstance(done.error_in_exec, kql.KqlError) and shell.user_ns["kept"] == 1
    with capture_output() as shown:
        shell.run_line_magic("kql", "--help")
    assert "--data" in shown.stdout


def completions(shell, code):
    shell.Completer.use_jedi = False
    return [c.text for c in shell.Completer.completions(code, len(code))]


def test_completion(shell):
    shell.user_ns["Logons"] = pandas.DataFrame({"Account": ["a"], "LogonType": [3]})
    with pytest.warns(Warning):
        assert completions(shell, "%%kql\nLogo")[0] == "Logons"
        assert "LogonType" in completions(shell, "%%kql\nLogons\n| where Logon")
        assert completions(shell, "%%kql -o x\nLogons | summ") == ["summarize"]
        assert "strcat(" in completions(shell, "%kql Logons | extend x = strc")
        assert "mv-expand" in completions(shell, "%%kql\nLogons | mv-e")
        assert "print" in completions(shell, "pri")


def test_what_a_cell_shows():
    rows = kql.query("range n from 1 to 200 step 1 | extend s = '<b>'")
    html = rows._repr_html_()
    assert "200 rows, the first 100 shown" in html and "&lt;b&gt;" in html and "<b>" not in html
    assert "200 rows, the first 20 shown" in repr(rows)
    assert rows._repr_mimebundle_().keys() == {"text/plain", "text/html"}
    drawn = kql.query("range n from 1 to 5 step 1 | extend y = n * n | render linechart with (title = 'Squares')")
    bundle = drawn._repr_mimebundle_()
    assert "<svg" in bundle["text/html"] and bundle["application/vnd.vegalite.v5+json"]["title"] == "Squares"
    assert drawn.render == ("linechart", {"title": "Squares"})
    first, second = drawn._repr_html_(), drawn._repr_html_()
    assert first != second, "two drawings of a page must not share names"
