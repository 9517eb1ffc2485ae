# SPDX-License-Identifier: GPL-2.0-or-later
"""What is in the packages runs on both Pythons, as it is installed there."""

import ast
import glob
import os
import subprocess
import sys

import builder
import contents
import pytest
from strip import docstrings, strip

from bed import paths

#: What OpenWrt's python3-light leaves out.
ABSENT = ("asyncio", "ctypes", "decimal", "email", "logging", "lzma", "multiprocessing",
          "pydoc", "readline", "sqlite3", "ssl", "unittest", "urllib", "uuid", "xml")
PROGRAMS = {
    "pmip-mag": ("usr/sbin/pmip-mag", "-h"),
    "pmip": ("usr/bin/pmip", "-h"),
    "pmip decode": ("usr/bin/pmip", "decode", "-h"),
    "pmip-lma": ("usr/sbin/pmip-lma", "-h"),
}


def library():
    return [os.path.join(builder.root().name, "usr/lib", name) for name in contents.PROGRAMS]


def run(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **environment):
    """(status, output) of a command that finds the installed modules and no others."""
    path = ":".join(library())
    done = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, text=True,
        env={"PATH": "/bin:/usr/bin", "PYTHONPATH": path, "MICROPYPATH": path,
             "PYTHONDONTWRITEBYTECODE": "1", **environment})
    return done.returncode, done.stdout or done.stderr


def installed(*command):
    return os.path.join(builder.root().name, command[0]), *command[1:]


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_start_on_both_pythons(name):
    for python in ((sys.executable,), (paths.MICROPYTHON,)):
        status, output = run(*python, *installed(*PROGRAMS[name]))
        assert status == 0 and output.startswith(f"usage: {name} "), output


def test_the_shell_prefers_micropython_and_falls_back_on_cpython(tmp_path):
    script = os.path.join(builder.root().name, "usr/bin/pmip")
    for name in ("python3", "micropython"):
        (tmp_path / name).write_text('#!/bin/sh\necho "$0 $@"\n')
        (tmp_path / name).chmod(0o755)
        for shell in (("busybox", "ash"), ("bash",)):
            status, output = run(*shell, script, "-j", "a b", PATH=f"{tmp_path}:/bin:/usr/bin")
            wanted = {"python3": "", "micropython": "-X heapsize=4M "}[name]
            assert output == f"{tmp_path}/{name} {wanted}{script} -j a b\n" and status == 0


@pytest.mark.parametrize("words", (["-h"], ["decode", "-h"], ["check", "-c", "/nowhere"]))
def test_output_that_nobody_reads_is_not_spoken_of(words):
    for python in (sys.executable, paths.MICROPYTHON):
        reading, writing = os.pipe()
        os.close(reading)
        script = os.path.join(builder.root().name, "usr/bin/pmip")
        status, output = run(python, script, *words, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        assert (status, output) == (1, ""), python


def import_all(package, *python, before=""):
    """(status, output) of importing all of a package's modules, with no other package's at hand."""
    path = os.path.join(builder.root().name, "usr/lib", package)
    modules = sorted(contents.reachable(contents.PROGRAMS[package]))
    imports = before + "".join(f"import {module}\n" for module in modules)
    return run(*python, "-c", imports, PYTHONPATH=path, MICROPYPATH=path)


@pytest.mark.parametrize("package", contents.PROGRAMS)
def test_no_module_misses_another(package):
    for python in (sys.executable, paths.MICROPYTHON):
        status, output = import_all(package, python)
        assert status == 0, output


@pytest.mark.parametrize("package", contents.PROGRAMS)
def test_nothing_is_imported_that_python3_light_lacks(package):
    status, output = import_all(
        package, sys.executable,
        before=f"import sys\nfor name in {ABSENT!r}: sys.modules[name] = None\n")
    assert status == 0, output


def test_stripping_changes_no_statement():
    for folder in ("mag_lite", "lma_lite"):
        for path in glob.glob(f"{builder.REPOSITORY}/{folder}/**/*.py", recursive=True):
            with open(path) as file:
                source = file.read()
            tree = ast.parse(source)
            texts = docstrings(tree)
            for node in ast.walk(tree):
                if isinstance(getattr(node, "body", None), list) and node.body:
                    if node.body[0] in texts:
                        node.body.pop(0)
                if isinstance(node, ast.FunctionDef):
                    node.returns = None
                elif isinstance(node, ast.arg):
                    node.annotation = None
            short = strip(source)
            again = ast.parse(short)
            assert ast.dump(tree) == ast.dump(again), path
            assert short.startswith("# SPDX-License-Identifier: GPL-2.0-or-later\n"), path


def test_stripping_knows_strings_from_comments():
    assert strip('"""D"""\nx = "# no"  # yes\n\n\ndef f():\n    """Doc.\n\n    # x\n    """\n'
                 '    return """# kept"""\n') == (
        'x="# no"\ndef f():\n return """# kept"""\n')
    assert strip('def f():\n    """All there is."""\n') == 'def f():\n """All there is."""\n'


def test_stripping_leaves_what_says_more_than_annotations():
    source = 'def f(a: int, *b: str, c: str = "x: int", **d: dict) -> dict:\n    return {a: c}\n'
    assert strip(source) == 'def f(a,*b,c="x: int",**d):\n return{a:c}\n'


def test_stripping_leaves_the_lines_of_a_text_alone():
    source = 'def f():\n    if x:\n        y(1,\n          2)\n    return """a \n    b\n\n"""\n'
    assert strip(source) == (
        'def f():\n if x:\n  y(1,\n  2)\n return """a \n    b\n\n"""\n')


def test_shell_scripts_are_shell():
    scripts = glob.glob(f"{builder.root().name}/etc/*/**", recursive=True)
    scripts += glob.glob(f"{builder.REPOSITORY}/package/*/*")
    checked = 0
    for path in scripts:
        if os.path.isfile(path):
            with open(path) as file:
                if file.readline().startswith("#!/bin/sh"):
                    checked += 1
                    status, output = run("busybox", "ash", "-n", path)
                    assert status == 0, output
    assert checked >= 11
