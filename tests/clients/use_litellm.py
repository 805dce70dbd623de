"""`litellm`'s oci provider, which signs by itself or with a signer of the SDK."""

import os

# It would fetch prices and tokenizers.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["HF_HUB_OFFLINE"] = "1"

from common import COMPARTMENT, HOME, STATE, check, needs, plane, raises, run  # noqa: E402

needs("oci", "litellm")

import litellm  # noqa: E402
import oci  # noqa: E402

CONFIG = oci.config.from_file(str(STATE / "config"))
ITS_OWN = {
    "oci_user": CONFIG["user"],
    "oci_fingerprint": CONFIG["fingerprint"],
    "oci_tenancy": CONFIG["tenancy"],
    "oci_key_file": CONFIG["key_file"],
}


def chat(compartment=COMPARTMENT, **options):
    return litellm.completion(
        model="oci/meta.llama-3.3-70b-instruct",
        messages=[{"role": "user", "content": "Say which model you are."}],
        api_base=plane("inference"),
        oci_region=HOME,
        oci_compartment_id=compartment,
        num_retries=0,
        max_tokens=20,
        **options,
    )


@check
def both_ways_to_sign():
    for credentials in (ITS_OWN, {"oci_signer": oci.signer.Signer.from_config(CONFIG)}):
        answer = chat(**credentials)
        assert answer.choices[0].message.content and answer.usage.total_tokens > 0, answer


@check
def a_stream():
    pieces = [chunk.choices[0].delta.content or "" for chunk in chat(stream=True, **ITS_OWN)]
    assert len(pieces) > 1, pieces


@check
def a_compartment_of_nobody_is_refused():
    stranger = "ocid1.compartment.oc1..aaaaaaaanowhere"
    raises(litellm.exceptions.NotFoundError, lambda: chat(compartment=stranger, **ITS_OWN), 404)


run()
