"""The OCI command line, loaded once: takes the arguments, environment and streams of each `oci` of a script over a
socket, and runs the command in a fork of itself. With `--call` it is the other side, the `oci` that a script finds."""

import os
import socket
import sys

ADDRESS = "OCIAM_OCI_SOCKET"


def call():
    """Hands the command over, and ends as it ends."""
    import json

    with socket.socket(socket.AF_UNIX) as server:
        server.connect(os.environ[ADDRESS])
        task = json.dumps({"arguments": sys.argv[2:], "environment": dict(os.environ)}).encode()
        socket.send_fds(server, [len(task).to_bytes(4, "big")], [0, 1, 2])
        server.sendall(task)
        return int(server.recv(16) or b"1")


def serve():
    import json
    import signal

    import oci_cli.cli
    from oci_cli import dynamic_loader

    for service in ("generative-ai-inference", "generative-ai-agent-runtime"):
        dynamic_loader.load_service(service)

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    door = socket.socket(socket.AF_UNIX)
    door.bind(os.environ[ADDRESS])
    door.listen(16)
    print("ready", flush=True)
    while True:
        client, _ = door.accept()
        if os.fork():
            client.close()
            continue
        length, streams, _, _ = socket.recv_fds(client, 4, 3)
        task = json.loads(client.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL))
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.environ.clear()
        os.environ.update(task["environment"])
        sys.argv = ["oci", *task["arguments"]]
        status = 1
        try:
            # As at its start, when it finds the service among its arguments.
            dynamic_loader.load_required_services_for_invocation()
            oci_cli.cli.cli()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            import traceback

            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        client.sendall(str(status).encode())
        os._exit(status)


if sys.argv[1:2] == ["--call"]:
    sys.exit(call())
serve()
