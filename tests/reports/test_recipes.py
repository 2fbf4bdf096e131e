"""Recipes: every block runs, in the order of its page; each page is found."""

import re
import runpy

import pytest
from commands import stiminfo

from stiminfo.reports.studies import pages

FOLDER = pages.SITE / "pages"
RECIPES = sorted(FOLDER.glob("recipe-*.md"))
BLOCK = re.compile(r'```(\w+)(?: title="([^"]+)")?\n(.*?)```', re.DOTALL)


@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.stem)
def test_a_recipe_works(page, tmp_path, monkeypatch, capsys):
    text = page.read_text(encoding="utf-8")
    if "torch" in text:
        pytest.importorskip("torch", reason="the diffusion side needs torch")
        pytest.importorskip("diffusers", reason="the diffusion side needs diffusers")
    if ".estimate(model" in text:
        pytest.importorskip("torch", reason="estimates from denoisers need torch")
    monkeypatch.chdir(tmp_path)
    ran = 0
    for number, (language, title, content) in enumerate(BLOCK.findall(text)):
        if title:
            (tmp_path / title).write_text(content, encoding="utf-8")
        if language == "python":
            (tmp_path / f"block_{number}.py").write_text(content, encoding="utf-8")
            runpy.run_path(str(tmp_path / f"block_{number}.py"))
            ran += 1
        elif language == "console":
            for line in content.splitlines():
                assert line.startswith("$ stiminfo "), line
                done = stiminfo(*line.removeprefix("$ stiminfo ").split(), cwd=tmp_path)
                assert done.returncode == 0, (line, done.stdout, done.stderr)
                ran += 1
        else:
            assert language == "yaml", language
    assert ran


def test_the_list_names_every_recipe():
    listed = re.findall(r"\]\((recipe-[\w-]+\.md)\)", (FOLDER / "recipes.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [page.name for page in RECIPES]
    navigation = (pages.SITE / "mkdocs.yml").read_text(encoding="utf-8")
    assert all(name in navigation for name in listed)
