"""`langchain-oci`: chat, streams and embeddings, by user API key and by session token."""

from common import COMPARTMENT, STATE, check, needs, plane, raises, run

needs("oci", "langchain_oci")

import oci  # noqa: E402
from langchain_oci import ChatOCIGenAI, OCIGenAIEmbeddings  # noqa: E402

PLACE = {
    "service_endpoint": plane("inference"),
    "compartment_id": COMPARTMENT,
    "auth_file_location": str(STATE / "config"),
}


@check
def chat_and_stream():
    for auth_type, profile in (("API_KEY", "DEFAULT"), ("SECURITY_TOKEN", "SESSION")):
        for model in ("meta.llama-3.3-70b-instruct", "cohere.command-a-03-2025"):
            chat = ChatOCIGenAI(model_id=model, auth_type=auth_type, auth_profile=profile, **PLACE)
            assert chat.invoke("Say which model you are.").content
            pieces = [piece.content for piece in chat.stream("Count to three.")]
            assert len(pieces) > 1, (model, pieces)


@check
def embeddings():
    made = OCIGenAIEmbeddings(model_id="cohere.embed-v4.0", **PLACE)
    vectors = made.embed_documents(["one", "two"])
    assert len(vectors) == 2 and vectors[0] != vectors[1] and len(vectors[0]) > 100


@check
def a_compartment_of_nobody_is_refused():
    elsewhere = PLACE | {"compartment_id": "ocid1.compartment.oc1..aaaaaaaanowhere"}
    stranger = ChatOCIGenAI(model_id="meta.llama-3.3-70b-instruct", **elsewhere)
    raises(oci.exceptions.ServiceError, lambda: stranger.invoke("Hello."), 404)


run()
