import subprocess
import sys

import pytest

from hil import registry
from hil.core.errors import BadInput

TABLES = {
    "target": registry.TARGETS,
    "controller": registry.CONTROLLERS,
    "task": registry.TASKS,
    "metric": registry.METRICS,
}
ENTRIES = [(kind, name) for kind, table in TABLES.items() for name in table]


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_name_a_user_can_type_leads_to_something_callable(kind, name):
    assert callable(registry.load(TABLES[kind], kind, name))


def test_an_unknown_name_is_told_with_the_nearest_known_one():
    with pytest.raises(BadInput, match=r"unknown controller 'geometrc'; did you mean 'geometric'\?"):
        registry.load(registry.CONTROLLERS, "controller", "geometrc")


def test_the_registry_itself_imports_none_of_what_it_names():
    script = "import sys, hil.registry; print(*sorted(m for m in sys.modules if m.startswith('hil')))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) == {"hil", "hil.core", "hil.core.errors", "hil.registry"}


def test_help_imports_neither_numpy_nor_pydantic():
    script = (
        "import sys\nfrom hil.cli import main\nsys.argv = ['hil', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print('LOADED', *sorted({m.split('.')[0] for m in sys.modules}))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    loaded = out.split("LOADED")[1].split()
    assert "typer" in loaded
    assert not {"numpy", "pydantic", "pyarrow", "yaml", "matplotlib", "scipy"} & set(loaded)
