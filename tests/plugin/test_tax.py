"""What the installed plugin costs a suite that does not use it."""

from __future__ import annotations

import json
import sys

import pytest

PROBE = """
    import json, sys

    def pytest_unconfigure(config):
        plugins = [str(name) for name, _ in config.pluginmanager.list_name_plugin()]
        modules = dict(sys.modules)
        own = [module for name, module in modules.items() if name.startswith("pytest_vtrack")]
        loaders = {type(module.__loader__).__name__ for module in own}
        with open("seen.json", "w") as file:
            json.dump({"modules": sorted(modules), "plugins": plugins, "loaders": sorted(loaders)}, file)
"""
SUITE = """
    import pytest

    @pytest.mark.parametrize("n", range(3))
    def test_one(n):
        pass

    class TestTwo:
        def test_method(self, tmp_path):
            pass
"""


def seen(project, *args):
    project.write(conftest=PROBE, test_suite=SUITE)
    assert project.run_apart("-pno:xdist", *args).exit == 0
    return json.loads((project.path / "seen.json").read_text())


@pytest.mark.parametrize("args", [(), ("--collect-only",), ("--vtrack-version=v1",)], ids=str)
def test_unused_it_imports_only_itself_and_the_standard_library(project, args):
    of_plugin = [arg for arg in args if arg.startswith("--vtrack")]
    without = seen(project, "-pno:vtrack", *(arg for arg in args if arg not in of_plugin))
    with_plugin = seen(project, *args)
    added = set(with_plugin["modules"]) - set(without["modules"])
    foreign = {name for name in added if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name.partition(".")[0] for name in foreign} == {"pytest_vtrack"}
    assert foreign == {
        "pytest_vtrack",
        "pytest_vtrack.errors",
        "pytest_vtrack.plugin",
        "pytest_vtrack.plugin.collection",
        "pytest_vtrack.plugin.garbage",
        "pytest_vtrack.plugin.fixtures",
        "pytest_vtrack.plugin.hooks",
        "pytest_vtrack.plugin.hookspecs",
        "pytest_vtrack.plugin.messages",
        "pytest_vtrack.plugin.options",
        "pytest_vtrack.plugin.own_imports",
        "pytest_vtrack.plugin.plan",
        "pytest_vtrack.plugin.processes",
        "pytest_vtrack.plugin.selection",
        "pytest_vtrack.plugin.slots",
    }
    heavy = {
        "asyncio",
        "sqlite3",
        "uuid",
        "hashlib",
        "difflib",
        "subprocess",
        "http",
        "xml",
        "statistics",
        "threading",
    }
    assert not (heavy & added)


def test_none_of_its_modules_is_rewritten_for_the_sake_of_asserts(project):
    loaders = seen(project)["loaders"]
    # The package itself is imported before anything of it could prevent that.
    assert set(loaders) - {"AssertionRewritingHook"} == {"SourceFileLoader"}
    project.write(
        conftest=PROBE.replace('startswith("pytest_vtrack")', 'startswith("pytest_vtrack.plugin.")'),
        test_suite=SUITE,
    )
    assert project.run_apart("-pno:xdist").exit == 0
    assert json.loads((project.path / "seen.json").read_text())["loaders"] == ["SourceFileLoader"]


def test_unused_it_registers_no_more_than_the_watch_over_collection(project):
    plugins = seen(project)["plugins"]
    assert "vtrack-collector" in plugins
    assert "vtrack-runner" not in plugins
    assert "vtrack-session" not in plugins
    assert not project.store_path.parent.exists()


def test_switched_off_it_leaves_nothing(project):
    plugins = seen(project, "-pno:vtrack")["plugins"]
    assert [name for name in plugins if name.startswith("vtrack-")] == []
