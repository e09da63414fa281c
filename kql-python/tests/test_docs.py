"""The examples of docstrings and of the documentation, the notebook, the stubs."""

import doctest
import importlib
import inspect
import re
import subprocess
import sys

import pytest

import kql


@pytest.mark.parametrize("module", ["kql", "kql._engine", "kql._errors", "kql._result"])
def test_docstrings(module):
    done = doctest.testmod(importlib.import_module(module))
    assert done.failed == 0 and (done.attempted > 0)


def test_python_page(repository, tmp_path, monkeypatch):
    """The page's code blocks run, one after the other."""
    text = (repository / "docs/python.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(blocks) > 5
    monkeypatch.chdir(repository)
    names = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)


def test_notebook(repository):
    import nbformat
    from nbclient import NotebookClient

    path = repository / "docs/notebooks/hunting.ipynb"
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("<svg" in output.get("data", {}).get("text/html", "") for output in outputs)
    errors = [output for output in outputs if output.output_type == "error"]
    assert len(errors) == 1 and "did you mean" in errors[0].traceback[-1] + "".join(errors[0].traceback)


def test_stubs(tmp_path):
    """The names of the stubs are those of the package, and mypy accepts a program that uses them."""
    stub = (importlib.resources.files("kql") / "__init__.pyi").read_text("utf-8")
    for name in re.findall(r"^(?:class|def|async def) ([^\W_]\w*)", stub, re.M):
        assert hasattr(kql, name), name
    for name in kql.__all__:
        assert re.search(rf"\b{name}\b", stub), name
    settings = re.search(r"^class _Settings.*?(?=^class )", stub, re.M | re.S).group(0)
    assert re.findall(r"^    (\w+):", settings, re.M) == list(inspect.signature(kql._settings.settings).parameters)
    for cls in [kql.Engine, kql.Result, kql.Prepared, kql.Row]:
        body = re.search(rf"^class {cls.__name__}.*?(?=^class |^def |\Z)", stub, re.M | re.S).group(0)
        for name in re.findall(r"^    (?:async )?def (\w+)", body, re.M):
            assert hasattr(cls, name), f"{cls.__name__}.{name}"
    program = tmp_path / "program.py"
    program.write_text(
        "import kql\n"
        "engine: kql.Engine = kql.Engine({'T': [{'n': 1}]}, now='2026-01-01')\n"
        "result = engine.query('T')\n"
        "row = result.fetchone()\n"
        "names: list[str] = [column.name for column in result.columns]\n"
        "reveal_type(result.to_dicts())\n"
    )
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", program], capture_output=True, text=True)
    assert "Success" in done.stdout and "list[dict[str, Any]]" in done.stdout, done.stdout
    program.write_text("import kql\nkql.query(5)\n")
    done = subprocess.run([sys.executable, "-m", "mypy", program], capture_output=True, text=True)
    assert "incompatible type" in done.stdout
