"""What code finds where it runs on OCI and not here: the auth service of its region at the name of its host; in a pod
the token of its service account at a fixed path, and the cluster's token service at a fixed port. The SDK has no
variable for any of them, and knows them as these constants."""

import contextlib
import os

if "OCIAM_AUTH_SERVICE" in os.environ:
    with contextlib.suppress(ImportError):
        from oci import regions
        from oci.auth import rpt_path_providers
        from oci.auth.signers import resource_principals_signer

        regions.SERVICE_ENDPOINTS["auth"] = os.environ["OCIAM_AUTH_SERVICE"]
        rpt_path_providers.OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH = os.environ["OCIAM_POD_TOKEN"]
        resource_principals_signer.OCI_KUBERNETES_PROXYMUX_SERVICE_PORT = os.environ["OCIAM_POD_PORT"]
