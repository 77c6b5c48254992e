"""Equation tags pair code with chapters: a docstring says `[eq:linear-forward] chapter 03`, and
chapter 03 derives it under that tag. Each numbered formula of the reports stands in both."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from mlpcore.operation import REGISTRY

ROOT = Path(__file__).parent.parent
CHAPTERS = {p.name[:2]: p for p in sorted((ROOT / "chapters").glob("[0-9][0-9]_*.py"))}
IN_CODE = re.compile(r"\[eq:([a-z0-9-]+)\](?:\s+chapter\s+(\d\d)\b)?")
REPORT_B = re.compile(r"report B,?\s+((?:\(\d+\)(?:-\(\d+\))?[,;]?\s*)+)", re.IGNORECASE)
RANGE = re.compile(r"\((\d+)\)(?:(?:-| to )\((\d+)\))?")
REPORT_A = {*(f"2.4.{i}" for i in range(1, 8)), "2.1.2", "2.1.3"}
IN_CHAPTER = re.compile(r"\beq:([a-z0-9-]+)")


def docstring_tags(source: str) -> list[tuple[str, str]]:
    """(tag, chapter number, "" where none is named) of every tag in the docstrings of `source`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            found += IN_CODE.findall(ast.get_docstring(node) or "")
    return found


def complaints(tags: list[tuple[str, str]], chapters: dict[str, str]) -> list[str]:
    """What is wrong with these (tag, chapter) pairs, given the chapters' texts by number."""
    wrong = [f"{tag} names no chapter" for tag, chapter in tags if not chapter]
    wrong += [f"{tag} is in two places" for tag, n in Counter(t for t, _ in tags).items() if n > 1]
    for number, text in chapters.items():
        there = set(IN_CHAPTER.findall(text))
        here = {tag for tag, chapter in tags if chapter == number}
        wrong += [f"{tag}: chapter {number} does not have it" for tag in sorted(here - there)]
        anywhere = {tag for tag, _ in tags}
        wrong += [
            f"{tag}: chapter {number} has it, no docstring does" for tag in sorted(there - anywhere)
        ]
    return wrong


@pytest.fixture(scope="module")
def tags():
    files = sorted((ROOT / "mlpcore").glob("*.py"))
    return [tag for path in files for tag in docstring_tags(path.read_text(encoding="utf-8"))]


def test_tags_of_code_and_chapters_pair_up(tags):
    chapters = {n: path.read_text(encoding="utf-8") for n, path in CHAPTERS.items()}
    assert len(tags) > 40
    assert not complaints(tags, chapters)


# ---------------------------------------------------------------- the reports' formulas


def numbers(text: str) -> set[int]:
    """The formulas a text names, "(20)-(22)" and "(20) to (22)" being three."""
    pairs = RANGE.findall(text)
    return {n for first, last in pairs for n in range(int(first), int(last or first) + 1)}


def formulas(source: str) -> list[tuple[set[int], set[str]]]:
    """(formulas of report B, chapters) named by each docstring of `source`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            words = ast.get_docstring(node) or ""
            named = set().union(*map(numbers, REPORT_B.findall(words)))
            found.append((named, set(re.findall(r"chapter\s+(\d\d)", words))))
    return [pair for pair in found if pair[0]]


def test_every_formula_of_report_b_has_its_code_and_its_chapter():
    sources = [p.read_text(encoding="utf-8") for p in (ROOT / "mlpcore").glob("*.py")]
    pairs = [pair for source in sources for pair in formulas(source)]
    assert set().union(*(named for named, _ in pairs)) == set(range(1, 51))
    for named, chapters in pairs:
        assert chapters, named
        if chapters <= CHAPTERS.keys():
            texts = " ".join(CHAPTERS[n].read_text(encoding="utf-8") for n in chapters)
            assert not named - numbers(texts), f"chapters {chapters} do not show these"


def test_every_section_of_report_a_with_a_formula_is_named_by_its_code():
    sources = " ".join(p.read_text(encoding="utf-8") for p in (ROOT / "mlpcore").glob("*.py"))
    named = set(re.findall(r"report A (\d(?:\.\d)+)", sources, re.IGNORECASE))
    assert not REPORT_A - named


def test_formulas_are_read_from_docstrings():
    source = 'def f():\n    """[eq:a] chapter 09, report B (28)-(29), (8)."""'
    assert formulas(source) == [({28, 29, 8}, {"09"})]


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_operation_names_its_equation_and_chapter(name):
    assert IN_CODE.search(REGISTRY[name].__doc__ or ""), "its docstring has no [eq:...] tag"


@pytest.mark.parametrize(
    ("docstring", "chapter", "complaint"),
    [
        ("[eq:a] chapter 03, and\n    [eq:b]\n    chapter 03", r"\tag{eq:a} \tag{eq:b}", None),
        ("[eq:a] chapter 03; [eq:b] chapter 04", r"\tag{eq:a}", None),
        ("[eq:a] chapter 03", "", "a: chapter 03 does not have it"),
        ("[eq:a] chapter 03", "eq:a-backward", "a: chapter 03 does not have it"),
        ("", "eq:a", "a: chapter 03 has it, no docstring does"),
        ("[eq:a] report B (3)", "eq:a", "a names no chapter"),
        ("[eq:a] chapter 03 [eq:a] chapter 03", "eq:a", "a is in two places"),
    ],
)
def test_this_check_finds_what_it_should(docstring, chapter, complaint):
    found = complaints(docstring_tags(f'def f():\n    """{docstring}"""'), {"03": chapter})
    assert bool(found) == bool(complaint)
    assert complaint is None or complaint in found
