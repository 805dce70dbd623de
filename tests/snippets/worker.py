"""Runs snippets one after another, so that the libraries that they import are loaded once.

Each line of standard input is a JSON object: `code`, the text to run as it stands, and `environment`, the whole
environment that it runs in. Each line of standard output says how it went: `out`, and `error` where it failed.
"""

import contextlib
import io
import json
import os
import sys
import traceback
import warnings

warnings.simplefilter("ignore")
answers = sys.stdout
for line in sys.stdin:
    task = json.loads(line)
    os.environ.clear()
    os.environ.update(task["environment"])
    out = io.StringIO()
    error = None
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(task["code"], "snippet.py", "exec"), {"__name__": "__main__"})
    except (Exception, SystemExit):
        error = traceback.format_exc()
    print(json.dumps({"out": out.getvalue(), "error": error}), file=answers, flush=True)
