"""The only room that knows pytest: it turns tests into evaluated cases, and a session into runs."""

from pytest_vtrack.plugin.own_imports import spare_rewriting

spare_rewriting("pytest_vtrack")
