"""What the client scripts share: where the sandbox is, and a way to say what failed.

Each script takes the state directory of a running sandbox, drives one client unchanged, and exits with 1 when
anything is not as it should be, with 77 when the client is not installed.
"""

import importlib.util
import json
import os
import pathlib
import sys
import traceback

STATE = pathlib.Path(sys.argv[1]).resolve()
ENDPOINTS = json.loads((STATE / "endpoints.json").read_text())
TENANCY = json.loads((STATE / "tenancy.json").read_text())
HOME = TENANCY["home-region"]
COMPARTMENT = TENANCY["ocid"]
MODEL = "meta.llama-3.3-70b-instruct"

for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(name, None)

_checks = []


def needs(*modules):
    """Ends the script when a module that it drives is not installed."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        print("not installed:", ", ".join(missing))
        sys.exit(77)



def check(function):
    """Marks a function as a check; its docstring or name is what is said of it."""
    _checks.append(function)
    return function


def text(name):
    return (STATE / name).read_text()


def plane(name, region=None):
    return ENDPOINTS[name][region or HOME]


def raises(kind, call, status=None, words=None):
    """The exception that a call must raise."""
    try:
        call()
    except kind as error:
        if status is not None:
            found = getattr(error, "status", None) or getattr(error, "status_code", None)
            assert found == status, f"status {found} instead of {status}: {error}"
        if words is not None:
            assert words in str(error), f"{words!r} is not in {error}"
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def run():
    failed = 0
    for function in _checks:
        try:
            function()
            print("ok    ", function.__name__)
        except Exception:
            failed += 1
            print("FAILED", function.__name__)
            traceback.print_exc()
    sys.exit(1 if failed else 0)
