"""The frame: packaging, what the README promises, the layout, the budgets, the linters."""

import ast
import io
import re
import shutil
import subprocess
import sys
import tokenize
import tomllib

import pytest

from tests.refresh_chapters import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
NOT_IN_CONDA = {"playwright"}  # the browser test skips, and says so
TOP = {
    *("README.md", "LICENSE", "pyproject.toml", "environment.yml", ".gitignore", ".gitattributes"),
    *("chapters", "mlpcore", "data", "tests", ".ci", ".github"),
}
LINES_IN_A_FILE, LINES_OF_CODE_IN_ALL = 250, 3820
HEAVY = ("scipy", "matplotlib", "ipywidgets", "IPython", "tqdm", "pooch", "joblib", "PIL")

needs_git = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="not a git checkout"
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def readme_commands(ending: str) -> list[str]:
    """The README's command lines (whole lines in code blocks) that end so."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text_of("README.md"), flags=re.DOTALL | re.MULTILINE)
    lines = (line.strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line.endswith(ending)]


def run(*command) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


# ---------------------------------------------------------------- what the README promises


def test_ci_ends_with_the_readmes_test_command():
    last = text_of(".ci/run").rstrip().splitlines()[-1]
    assert last.startswith("python3 -m venv .venv && ")
    assert readme_commands(".venv/bin/pytest") == [last]


def test_the_readmes_other_command_sets_up_alike_and_opens_chapter_00():
    (command,) = readme_commands("chapters/00_start_here.ipynb")[:1]
    assert command == (
        "python3 -m venv .venv && .venv/bin/pip install -e . "
        "&& .venv/bin/jupyter lab chapters/00_start_here.ipynb"
    )
    assert (ROOT / "chapters/00_start_here.ipynb").exists()


def test_the_workflow_runs_ci_and_the_readmes_windows_form():
    workflow = text_of(".github/workflows/tests.yml")
    assert "run: bash .ci/run\n" in workflow
    (windows,) = readme_commands(r".venv\Scripts\pytest")
    assert f"run: {windows}\n" in workflow
    for system in ("ubuntu", "macos", "windows"):
        assert f"{system}-latest" in workflow


def test_files_the_readme_links_to_exist():
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text_of("README.md"))
    assert [link for link in links if not (ROOT / link).exists()] == []


# ---------------------------------------------------------------- environment.yml


def conda_dependencies() -> tuple[dict[str, str], list[str]]:
    """From environment.yml: conda's names with their version ranges, and what is left to pip."""
    rattler = pytest.importorskip("rattler", reason="needs py-rattler")
    import yaml

    listed = yaml.safe_load(text_of("environment.yml"))["dependencies"]
    specs = [rattler.MatchSpec(item, strict=True) for item in listed if isinstance(item, str)]
    (rest,) = [item["pip"] for item in listed if isinstance(item, dict)]
    return {spec.name.normalized: str(spec.version or "") for spec in specs}, rest


def test_conda_gets_the_same_packages_in_the_same_ranges_as_pip():
    conda, _ = conda_dependencies()
    project = PROJECT["project"]
    both = project["dependencies"] + project["optional-dependencies"]["test"]
    split = [re.fullmatch(r"([\w-]+)(.*)", item) for item in both]
    pip = {CONDA_NAMES.get(m[1], m[1]): m[2] for m in split if m[1] not in NOT_IN_CONDA}
    assert {k: v for k, v in conda.items() if k not in ("python", "pip")} == pip


def test_conda_installs_the_project_itself_and_one_python_that_it_allows():
    conda, rest = conda_dependencies()
    assert rest == ["-e ."]
    assert "pip" in conda
    pinned = re.fullmatch(r"(?:==?)?3\.(\d+)(?:\.\*)?", conda["python"])
    lowest = re.fullmatch(r">=3\.(\d+)", PROJECT["project"]["requires-python"])
    assert int(pinned[1]) >= int(lowest[1])


# ---------------------------------------------------------------- layout and size


@needs_git
def test_nothing_stands_at_the_top_that_the_layout_does_not_name():
    tracked = run("git", "ls-files").stdout.splitlines()
    assert {name.split("/")[0] for name in tracked} <= TOP


def lines(source: str) -> int:
    """Lines that are not blank."""
    return sum(1 for line in source.splitlines() if line.strip())


def lines_of_code(source: str) -> int:
    """Lines that do something: docstrings and comments are for the reader, and free."""
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER}
    nothing |= {tokenize.INDENT, tokenize.DEDENT}
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in nothing:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(
            node
        ):
            code -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(code)


def test_the_library_stays_small():
    sources = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "mlpcore").glob("*.py")}
    too_long = {name: lines(s) for name, s in sources.items() if lines(s) > LINES_IN_A_FILE}
    assert not too_long, "split by idea"
    assert sum(map(lines_of_code, sources.values())) <= LINES_OF_CODE_IN_ALL


def test_importing_the_library_imports_numpy_and_nothing_heavy():
    ask = f"import sys, mlpcore; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = run(sys.executable, "-c", ask)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_tests_and_chapters_get_one_blas_thread():
    import os

    for name, value in PROJECT["tool"]["pytest_env"].items():
        assert os.environ[name] == value == "1"


# ---------------------------------------------------------------- linters


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")], ids=" ".join)
def test_ruff_has_nothing_to_say(arguments):
    done = run(sys.executable, "-m", "ruff", *arguments, ".")
    assert done.returncode == 0, done.stdout + done.stderr
