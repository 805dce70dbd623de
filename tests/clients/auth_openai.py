"""The openai library: with an API key, and with the signers of oci-openai and oci-genai-auth."""

import os

from common import COMPARTMENT, ENDPOINTS, HOME, MODEL, STATE, check, needs, plane, raises, run, text

needs("openai", "httpx", "oci_genai_auth", "oci_openai")

os.environ["OCI_METADATA_BASE_URL"] = ENDPOINTS["imds"]
os.environ["OCI_RESOURCE_PRINCIPAL_VERSION"] = "2.2"
os.environ["OCI_RESOURCE_PRINCIPAL_RPST"] = str(STATE / "rpst")
os.environ["OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM"] = str(STATE / "rp_key.pem")
os.environ["OCI_RESOURCE_PRINCIPAL_REGION"] = HOME

import httpx  # noqa: E402
import oci_genai_auth  # noqa: E402
import oci_openai  # noqa: E402
import openai  # noqa: E402

CONFIG = str(STATE / "config")
HEADERS = {"CompartmentId": COMPARTMENT, "opc-compartment-id": COMPARTMENT}


def chat(client, **more):
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Say hello."}], **more
    )
    assert answer.choices[0].message.content, answer
    assert answer.usage.total_tokens > 0, answer
    return answer


def with_key(key, region=HOME, base="/openai/v1"):
    return openai.OpenAI(api_key=key, base_url=plane("inference-openai", region) + base, max_retries=0)


def signed(auth):
    # openai 3 has a copy of httpx of its own, which these signers don't know; it takes the other one's clients too.
    transport = httpx.Client(auth=auth, headers=HEADERS)
    return openai.OpenAI(
        api_key="<NOTUSED>", base_url=plane("inference-openai") + "/openai/v1", max_retries=0, http_client=transport
    )


@check
def api_key_on_both_base_paths():
    for name in ("genai_api_key", "genai_api_key_two"):
        for base in ("/openai/v1", "/20231130/actions/v1"):
            chat(with_key(text(name), base=base))


@check
def api_key_streams():
    client = with_key(text("genai_api_key"))
    messages = [{"role": "user", "content": "Say hello."}]
    pieces = list(client.chat.completions.create(model=MODEL, messages=messages, stream=True))
    said = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert len(pieces) > 1 and said, pieces


@check
def api_key_of_another_region():
    raises(openai.AuthenticationError, lambda: chat(with_key(text("genai_api_key"), "eu-frankfurt-1")), 401)


@check
def unknown_api_key():
    raises(openai.AuthenticationError, lambda: chat(with_key("sk-unknown")), 401)


@check
def placeholder_without_a_signer():
    raises(openai.NotFoundError, lambda: chat(with_key("<NOTUSED>")), 404, "Entity with key apikey not found")


def each(module):
    yield module.OciUserPrincipalAuth(config_file=CONFIG, profile_name="DEFAULT")
    yield module.OciSessionAuth(config_file=CONFIG, profile_name="SESSION")
    yield module.OciResourcePrincipalAuth()
    yield module.OciInstancePrincipalAuth(federation_endpoint=ENDPOINTS["auth"] + "/v1/x509")


@check
def signers_of_oci_genai_auth():
    for auth in each(oci_genai_auth):
        chat(signed(auth))


@check
def signers_of_oci_openai():
    for auth in each(oci_openai):
        chat(signed(auth))


if __name__ == "__main__":
    run()
