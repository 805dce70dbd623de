"""The OCI command line in an environment that has sourced env.sh, and nothing else that points it anywhere."""

import json
import os
import pathlib
import subprocess
import sys

from common import COMPARTMENT, MODEL, STATE, TENANCY, check, needs, plane, run

needs("oci_cli")

OCI = pathlib.Path(sys.executable).parent / "oci"


def sourced():
    words = subprocess.run(
        ["sh", "-c", f". '{STATE}/env.sh' && env -0"],
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(STATE)},
    ).stdout
    return dict(pair.split("=", 1) for pair in words.decode().split("\0") if pair)


def oci(*arguments, fails=False):
    done = subprocess.run(
        [str(OCI), *arguments], capture_output=True, text=True, env=sourced(), stdin=subprocess.DEVNULL, timeout=120
    )
    assert (done.returncode != 0) == fails, (arguments, done.stdout, done.stderr)
    return json.loads(done.stdout) if not fails and done.stdout.strip() else done.stderr


def chat(*arguments, **more):
    body = {
        "compartmentId": COMPARTMENT,
        "servingMode": {"servingType": "ON_DEMAND", "modelId": MODEL},
        "chatRequest": {
            "apiFormat": "GENERIC",
            "messages": [{"role": "USER", "content": [{"type": "TEXT", "text": "Say hello."}]}],
        },
    }
    uri = plane("inference") + "/20231130/actions/chat"
    return oci("raw-request", "--http-method", "POST", "--target-uri", uri, "--request-body", json.dumps(body), *arguments, **more)


@check
def user_api_key():
    assert chat()["status"] == "200 OK"


@check
def session_token():
    assert chat("--profile", "SESSION", "--auth", "security_token")["status"] == "200 OK"


@check
def instance_principal():
    assert chat("--auth", "instance_principal")["status"] == "200 OK"


@check
def resource_principal():
    assert chat("--auth", "resource_principal")["status"] == "200 OK"


@check
def delegation_token():
    assert chat("--auth", "instance_obo_user", "--profile", "DELEGATION")["status"] == "200 OK"


@check
def a_service_command_finds_the_main_door():
    # The function that env.sh defines, as a person at a shell has it.
    command = f". '{STATE}/env.sh' && oci iam region-subscription list --tenancy-id '{TENANCY['ocid']}'"
    environment = {"PATH": f"{OCI.parent}:{os.environ['PATH']}", "HOME": str(STATE)}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert {one["region-name"] for one in json.loads(done.stdout)["data"]} == set(TENANCY["regions"])


@check
def a_profile_of_the_wrong_kind_is_refused():
    said = oci("iam", "region", "list", "--auth", "security_token", fails=True)
    assert "security_token_file" in said, said


if __name__ == "__main__":
    run()
