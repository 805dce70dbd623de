"""Responses and Conversations through the openai library, by API key and signed; the client class of oci-openai."""

from common import COMPARTMENT, HOME, STATE, TENANCY, check, needs, plane, raises, run, text

needs("openai", "httpx", "oci_genai_auth", "oci_openai")

import httpx  # noqa: E402
import openai  # noqa: E402
from oci_genai_auth import OciUserPrincipalAuth as GenaiUser  # noqa: E402
from oci_openai import OciOpenAI, OciSessionAuth, OciUserPrincipalAuth  # noqa: E402

BASE = plane("inference-openai") + "/openai/v1"
CONFIG = str(STATE / "config")
RESPONDS = "xai.grok-4.3"
PROJECT = next(one["ocid"] for one in TENANCY["projects"] if one["region"] == HOME)


def by_key(**options):
    return openai.OpenAI(api_key=text("genai_api_key").strip(), base_url=BASE, max_retries=0, **options)


def by_signature(**options):
    return openai.OpenAI(
        base_url=BASE,
        api_key="unused",
        default_headers={"opc-compartment-id": COMPARTMENT},
        http_client=httpx.Client(auth=GenaiUser(config_file=CONFIG)),
        max_retries=0,
        **options,
    )


@check
def responses_and_their_stream():
    for client in (by_key(project=PROJECT), by_signature(project=PROJECT)):
        response = client.responses.create(model=RESPONDS, input="Say hello.")
        assert response.status == "completed" and response.output_text, response
        assert client.responses.retrieve(response.id).id == response.id
        events = [event.type for event in client.responses.create(model=RESPONDS, input="Say hello.", stream=True)]
        assert events[0] == "response.created" and events[-1] == "response.completed", events
        assert "response.output_text.delta" in events, events


@check
def conversations():
    client = by_signature(project=PROJECT)
    conversation = client.conversations.create()
    assert client.conversations.retrieve(conversation.id).id == conversation.id
    client.conversations.delete(conversation.id)
    raises(openai.NotFoundError, lambda: client.conversations.retrieve(conversation.id), 404)


@check
def the_client_class_of_oci_openai():
    for auth in (
        OciUserPrincipalAuth(config_file=CONFIG),
        OciSessionAuth(config_file=CONFIG, profile_name="SESSION"),
    ):
        client = OciOpenAI(base_url=BASE, auth=auth, compartment_id=COMPARTMENT, max_retries=0)
        messages = [{"role": "user", "content": "Say hello."}]
        stream = client.chat.completions.create(model="openai.gpt-oss-120b", messages=messages, stream=True)
        pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
        assert len(pieces) > 1 and "".join(pieces), pieces


@check
def a_model_that_is_not_there_is_named():
    messages = [{"role": "user", "content": "Say hello."}]
    call = lambda: by_key().chat.completions.create(model="openai.gpt-unheard-of", messages=messages)  # noqa: E731
    raises(openai.NotFoundError, call, 404, "Entity with key")


run()
