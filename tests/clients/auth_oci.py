"""Every signer of the official Python SDK."""

import base64
import email.utils
import json
import os
import time

from common import COMPARTMENT, ENDPOINTS, HOME, MODEL, STATE, TENANCY, check, needs, plane, raises, run, text

needs("oci")

os.environ["OCI_METADATA_BASE_URL"] = ENDPOINTS["imds"]

import oci  # noqa: E402
import requests  # noqa: E402
from oci.auth import signers  # noqa: E402
from oci.generative_ai_inference import GenerativeAiInferenceClient  # noqa: E402
from oci.generative_ai_inference import models  # noqa: E402

NO_RETRY = oci.retry.NoneRetryStrategy()
FEDERATION = ENDPOINTS["auth"] + "/v1/x509"


def chat(signer=None, config=None, region=HOME, compartment=COMPARTMENT):
    more = {"signer": signer} if signer else {}
    client = GenerativeAiInferenceClient(
        config or {}, service_endpoint=plane("inference", region), retry_strategy=NO_RETRY, **more
    )
    details = models.ChatDetails(
        compartment_id=compartment,
        serving_mode=models.OnDemandServingMode(model_id=MODEL),
        chat_request=models.GenericChatRequest(
            messages=[models.UserMessage(content=[models.TextContent(text="Say hello.")])], max_tokens=20
        ),
    )
    answer = client.chat(details)
    assert answer.status == 200
    assert answer.data.chat_response.choices, answer.data
    return answer


def default():
    return oci.config.from_file(str(STATE / "config"))


def session(profile="SESSION"):
    config = oci.config.from_file(str(STATE / "config"), profile)
    with open(config["security_token_file"]) as file:
        token = file.read()
    key = oci.signer.load_private_key_from_file(config["key_file"])
    return config, signers.SecurityTokenSigner(token, key)


def instance():
    return signers.InstancePrincipalsSecurityTokenSigner(federation_endpoint=FEDERATION)


@check
def user_api_key():
    chat(config=default())


@check
def user_api_key_in_every_region():
    for region in TENANCY["regions"]:
        chat(config=default(), region=region)


@check
def session_token():
    config, signer = session()
    chat(signer, config)


@check
def instance_principal():
    chat(instance())


@check
def instance_principal_by_metadata_version_1():
    kept = signers.InstancePrincipalsSecurityTokenSigner.METADATA_URL_BASE
    os.environ["OCI_METADATA_BASE_URL"] = ENDPOINTS["imds"].replace("/opc/v2", "/opc/v1")
    try:
        chat(instance())
    finally:
        os.environ["OCI_METADATA_BASE_URL"] = ENDPOINTS["imds"]
        signers.InstancePrincipalsSecurityTokenSigner.METADATA_URL_BASE = kept


@check
def instance_principal_renews_its_token():
    signer = instance()
    first = signer.federation_client.get_security_token()
    chat(signer)
    signer.refresh_security_token()
    assert signer.federation_client.get_security_token() != first
    chat(signer)


@check
def delegation_token():
    signer = signers.InstancePrincipalsDelegationTokenSigner(
        delegation_token=text("delegation_token"), federation_endpoint=FEDERATION
    )
    chat(signer)


@check
def resource_principal_2_2():
    set_resource_principal(
        VERSION="2.2", RPST=str(STATE / "rpst"), PRIVATE_PEM=str(STATE / "rp_key.pem"), REGION=HOME
    )
    chat(signers.get_resource_principals_signer())


@check
def resource_principal_2_2_by_value():
    set_resource_principal(VERSION="2.2", RPST=text("rpst"), PRIVATE_PEM=text("rp_key.pem"), REGION=HOME)
    chat(signers.get_resource_principals_signer())


def of_kind(kind):
    return next(one["ocid"] for one in TENANCY["resources"] if one["type"] == kind)


def asks_for_itself(version, **more):
    set_resource_principal(
        VERSION=version,
        RPT_ENDPOINT=ENDPOINTS["auth"],
        RPST_ENDPOINT=ENDPOINTS["auth"],
        RESOURCE_ID=of_kind("fnfunc"),
        PRIVATE_PEM=str(STATE / "rp_key.pem"),
        REGION=HOME,
        **more,
    )
    return signers.get_resource_principals_signer()


@check
def resource_principal_2_1():
    chat(asks_for_itself("2.1"))


@check
def resource_principal_2_1_1():
    chat(asks_for_itself("2.1.1", TENANCY_ID=TENANCY["ocid"]))


@check
def resource_principal_2_1_2():
    chat(asks_for_itself("2.1.2", TENANCY_ID=TENANCY["ocid"], SECURITY_CONTEXT="context"))


@check
def resource_principal_1_1():
    set_resource_principal(
        VERSION="1.1", RPT_ENDPOINT=ENDPOINTS["auth"], RPST_ENDPOINT=ENDPOINTS["auth"], RPT_ID=of_kind("instance")
    )
    # The SDK looks the region's auth service and the instance up in places of its own.
    kept = oci.regions.SERVICE_ENDPOINTS["auth"]
    base = signers.InstancePrincipalsSecurityTokenSigner.METADATA_URL_BASE
    oci.regions.SERVICE_ENDPOINTS["auth"] = ENDPOINTS["auth"]
    signers.InstancePrincipalsSecurityTokenSigner.METADATA_URL_BASE = ENDPOINTS["imds"]
    try:
        chat(signers.get_resource_principals_signer())
    finally:
        oci.regions.SERVICE_ENDPOINTS["auth"] = kept
        signers.InstancePrincipalsSecurityTokenSigner.METADATA_URL_BASE = base


def set_resource_principal(**variables):
    for name in list(os.environ):
        if name.startswith("OCI_RESOURCE_PRINCIPAL_"):
            del os.environ[name]
    for name, value in variables.items():
        os.environ["OCI_RESOURCE_PRINCIPAL_" + name] = value


def workload(token):
    from oci.auth.signers import oke_workload_identity_resource_principal_signer as oke

    set_resource_principal(VERSION="2.2", REGION=HOME)
    host, port = ENDPOINTS["proxymux"].removeprefix("https://").split(":")
    os.environ["KUBERNETES_SERVICE_HOST"] = host
    os.environ["OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH"] = str(STATE / "k8s_ca.crt")
    # The port is a constant of the SDK; another sandbox may have taken it.
    for module in (oke, oci.auth.signers.resource_principals_signer, signers):
        if hasattr(module, "OCI_KUBERNETES_PROXYMUX_SERVICE_PORT"):
            module.OCI_KUBERNETES_PROXYMUX_SERVICE_PORT = int(port)
    return signers.get_oke_workload_identity_resource_principal_signer(service_account_token=token)


@check
def oke_workload():
    chat(workload(text("k8s_token")))


@check
def scoped_token():
    from oci.auth.signers.oauth_exhange_token_signer import OauthExchangeTokenSigner

    for source in (instance(), session()[1]):
        signer = OauthExchangeTokenSigner(
            source,
            scope="generative-ai_use_urn-" + COMPARTMENT,
            target_compartment=COMPARTMENT,
            oauth_token_endpoint=ENDPOINTS["auth"] + "/v1/oauth2/scoped",
        )
        chat(signer)


@check
def token_exchange():
    foreign = ".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=").decode()
        for part in (
            b'{"alg":"RS256"}',
            ('{"sub":"%s","iss":"https://ci.example.com","exp":%d}' % (TENANCY["users"][0]["name"], time.time() + 600)).encode(),
            b"signature",
        )
    )
    from oci.auth.signers.token_exchange_signer import TokenExchangeSigner

    signer = TokenExchangeSigner(
        jwt_or_func=lambda: foreign,
        oci_domain_url=ENDPOINTS["identity-domain"],
        client_id="sandbox-client",
        client_secret="sandbox-client-secret",
        region=HOME,
    )
    chat(signer)


@check
def another_key_is_refused():
    config = dict(default(), key_file=str(STATE / "session_key.pem"))
    raises(oci.exceptions.ServiceError, lambda: chat(config=config), 401)


@check
def another_fingerprint_is_refused():
    config = dict(default(), fingerprint=":".join(["00"] * 16))
    raises(oci.exceptions.ServiceError, lambda: chat(config=config), 401, "required information to complete authentication")


@check
def a_clock_that_is_off_is_told_the_time():
    url = plane("inference") + "/20231130/actions/chat"
    signer = oci.signer.Signer.from_config(default())
    date = email.utils.formatdate(time.time() - 3600, usegmt=True)
    answer = requests.post(url, json={}, auth=signer, headers={"date": date})
    assert answer.status_code == 401, answer.text
    message = answer.json()["message"]
    assert message.startswith(f"Date '{date.replace('GMT', 'UTC')}' is not within allowed clock skew."), message


@check
def an_expired_token_is_refused():
    config, _ = session()
    key = oci.signer.load_private_key_from_file(config["key_file"])
    header, claims, signature = text("session_token").split(".")
    document = json.loads(base64.urlsafe_b64decode(claims + "=="))
    document["exp"] = int(time.time()) - 60
    forged = base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()
    token = ".".join((header, forged, signature))
    error = raises(oci.exceptions.ServiceError, lambda: chat(signers.SecurityTokenSigner(token, key), config), 401)
    assert error.headers["opc-request-id"], error.headers


@check
def a_session_is_renewed():
    config, signer = session()
    body = {"currentToken": text("session_token")}
    answer = requests.post(ENDPOINTS["auth"] + "/v1/authentication/refresh", json=body, auth=signer)
    assert answer.status_code == 200, answer.text
    key = oci.signer.load_private_key_from_file(config["key_file"])
    chat(signers.SecurityTokenSigner(answer.json()["token"], key), config)


@check
def identity_answers():
    client = oci.identity.IdentityClient(default(), service_endpoint=plane("identity"), retry_strategy=NO_RETRY)
    regions = client.list_region_subscriptions(TENANCY["ocid"]).data
    assert {region.region_name for region in regions} == set(TENANCY["regions"]), regions
    names = {one.name for one in client.list_compartments(TENANCY["ocid"]).data}
    assert "genai" in names, names


@check
def a_compartment_without_a_policy_is_not_found():
    other = "ocid1.compartment.oc1..aaaaaaaaelsewhere"
    raises(
        oci.exceptions.ServiceError,
        lambda: chat(config=default(), compartment=other),
        404,
        "Authorization failed or requested resource not found.",
    )


if __name__ == "__main__":
    run()
