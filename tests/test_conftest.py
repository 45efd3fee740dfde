"""What is missing is skipped on a person's machine and fails in CI; what is there is used."""

import shutil

import pytest


@pytest.fixture(params=["needs_program", "needs_extra"])
def needs(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("ci", [None, "", "false"])
def test_what_is_missing_is_skipped(needs, ci, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.skip.Exception, match=r"needs the .* no_such_thing"):
        needs("no_such_thing")


def test_what_is_missing_in_ci_fails(needs, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"CI must have the .* no_such_thing"):
        needs("no_such_thing")


@pytest.mark.parametrize("ci", ["true", "false"])
def test_what_is_there_is_given(needs_program, needs_extra, ci, monkeypatch):
    monkeypatch.setenv("CI", ci)
    assert needs_program("sh") == shutil.which("sh")
    assert needs_extra("pytest") is pytest


def test_the_data_folder_is_a_folder(data_folder):
    assert data_folder.is_dir()
