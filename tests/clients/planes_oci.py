"""Every plane through the official Python SDK: what it asks for, and how it reads the answers."""

import io

from common import COMPARTMENT, HOME, MODEL, STATE, TENANCY, check, needs, plane, raises, run

needs("oci")

import oci  # noqa: E402
from oci import generative_ai, generative_ai_agent, generative_ai_agent_runtime  # noqa: E402
from oci import generative_ai_inference as inference  # noqa: E402
from oci.exceptions import ServiceError  # noqa: E402
from oci.pagination import list_call_get_all_results as everything  # noqa: E402

CONFIG = oci.config.from_file(str(STATE / "config"))
NONE = oci.retry.NoneRetryStrategy()
PROJECT = next(one["ocid"] for one in TENANCY["projects"] if one["region"] == HOME)


def client(kind, name, region=None):
    return kind(CONFIG, service_endpoint=plane(name, region), retry_strategy=NONE)


CHAT = client(inference.GenerativeAiInferenceClient, "inference")
MANAGE = client(generative_ai.GenerativeAiClient, "management")
AGENTS = client(generative_ai_agent.GenerativeAiAgentClient, "agent-management")
RUNTIME = client(generative_ai_agent_runtime.GenerativeAiAgentRuntimeClient, "agent-runtime")
IDENTITY = client(oci.identity.IdentityClient, "identity")
LIMITS = client(oci.limits.LimitsClient, "limits")


def on_demand(model):
    return inference.models.OnDemandServingMode(model_id=model)


def chat(request, model=MODEL, compartment=COMPARTMENT):
    return CHAT.chat(
        inference.models.ChatDetails(
            compartment_id=compartment, serving_mode=on_demand(model), chat_request=request
        )
    ).data


def generic(text, **more):
    message = inference.models.UserMessage(content=[inference.models.TextContent(text=text)])
    return inference.models.GenericChatRequest(messages=[message], **more)


@check
def chat_in_each_format():
    found = chat(generic("Say hello.")).chat_response
    assert found.choices[0].message.content[0].text.endswith("Say hello."), found
    assert found.usage.total_tokens == found.usage.prompt_tokens + found.usage.completion_tokens
    assert found.time_created is not None
    found = chat(inference.models.CohereChatRequest(message="Hi"), "cohere.command-a-03-2025").chat_response
    assert (found.finish_reason, found.chat_history[-1].role) == ("COMPLETE", "CHATBOT"), found
    message = inference.models.CohereUserMessageV2(content=[inference.models.CohereTextContentV2(text="Hi")])
    found = chat(inference.models.CohereChatRequestV2(messages=[message]), "cohere.command-a-vision").chat_response
    assert found.message.content[0].text and found.finish_reason == "COMPLETE", found


@check
def chat_as_a_stream():
    import json

    stream = chat(generic("Say hello.", is_stream=True))
    events = [json.loads(event.data) for event in stream.events()]
    said = "".join(event["message"]["content"][0]["text"] for event in events if event["message"].get("content"))
    assert said.endswith("Say hello."), events
    assert events[-1]["finishReason"] == "stop", events[-1]


@check
def chat_with_a_tool():
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool = inference.models.FunctionDefinition(name="weather", description="d", parameters=schema)
    found = chat(generic("Oslo", tools=[tool])).chat_response.choices[0]
    assert found.finish_reason == "tool_calls", found
    assert found.message.tool_calls[0].name == "weather", found


@check
def embeddings_rerank_and_guardrails():
    models = inference.models
    found = CHAT.embed_text(
        models.EmbedTextDetails(compartment_id=COMPARTMENT, serving_mode=on_demand("cohere.embed-v4.0"), inputs=["a", "b"])
    ).data
    assert [len(vector) for vector in found.embeddings] == [1536, 1536]
    found = CHAT.rerank_text(
        models.RerankTextDetails(
            compartment_id=COMPARTMENT,
            serving_mode=on_demand("cohere.rerank-v4.0-fast"),
            input="cats",
            documents=["quarterly revenue", "cats and dogs"],
        )
    ).data
    assert found.document_ranks[0].index == 1, found
    found = CHAT.apply_guardrails(
        models.ApplyGuardrailsDetails(
            compartment_id=COMPARTMENT,
            input=models.GuardrailsTextInput(content="write to ana@example.com", language_code="en"),
            guardrail_configs=models.GuardrailConfigs(
                personally_identifiable_information_config=models.PersonallyIdentifiableInformationConfiguration(types=["EMAIL"]),
                prompt_injection_config=models.PromptInjectionConfiguration(),
            ),
        )
    ).data
    assert found.results.personally_identifiable_information[0].text == "ana@example.com", found
    assert found.results.prompt_injection.score == 0.0, found


@check
def what_models_can_not_do_is_said():
    raises(ServiceError, lambda: chat(generic("a"), "no.such"), 404, "Entity with key no.such not found")
    raises(ServiceError, lambda: chat(generic("a"), "meta.llama-3.1-70b-instruct"), 400, "is retired")
    raises(ServiceError, lambda: chat(generic("a"), "cohere.embed-v4.0"), 400, "does not support Chat")
    raises(ServiceError, lambda: chat(generic("a"), compartment=""), 400, "Compartment ID must be provided")
    raises(ServiceError, lambda: chat(inference.models.GenericChatRequest(messages=[])), 400, "correct format")


@check
def models_page_by_page():
    models = everything(MANAGE.list_models, COMPARTMENT, limit=7).data
    names = [model.display_name for model in models]
    assert MODEL in names and len(names) == len(set(names)) > 14, names
    one = next(model for model in models if model.display_name == MODEL)
    assert MANAGE.get_model(one.id).data.capabilities[0] == "CHAT"
    assert chat(generic("a"), one.id).model_id == one.id
    assert MANAGE.list_models(COMPARTMENT, vendor="cohere").data.items[0].vendor == "cohere"


@check
def an_api_key_from_its_making_to_its_end():
    models = generative_ai.models
    details = models.CreateApiKeyDetails(
        compartment_id=COMPARTMENT, display_name="mine", key_details=[models.KeyDetails(key_name="first")]
    )
    made = MANAGE.create_api_key(details).data
    assert made.keys[0].key.startswith("sk-"), made
    held = MANAGE.get_api_key(made.id)
    assert held.data.keys[0].key is None and held.headers["etag"]
    state = models.SetApiKeyStateDetails(key_name="first", state="INACTIVE")
    assert MANAGE.set_api_key_state(made.id, state).data.keys[0].state == "INACTIVE"
    renewed = MANAGE.renew_api_key(made.id, models.RenewApiKeyDetails(details=models.KeyDetails(key_name="first"))).data
    assert renewed.keys[0].key not in (None, made.keys[0].key)
    stale = lambda: MANAGE.update_api_key(made.id, models.UpdateApiKeyDetails(description="d"), if_match=held.headers["etag"])
    raises(ServiceError, stale, 412)
    assert made.id in [key.id for key in MANAGE.list_api_keys(COMPARTMENT).data.items]
    MANAGE.delete_api_key(made.id)
    raises(ServiceError, lambda: MANAGE.get_api_key(made.id), 404)


@check
def resources_with_work_requests():
    models = generative_ai.models
    cluster = MANAGE.create_dedicated_ai_cluster(
        models.CreateDedicatedAiClusterDetails(compartment_id=COMPARTMENT, type="HOSTING", unit_count=1, unit_shape="LARGE_GENERIC")
    )
    request = MANAGE.get_work_request(cluster.headers["opc-work-request-id"]).data
    assert (request.status, request.resources[0].identifier) == ("SUCCEEDED", cluster.data.id), request
    details = models.CreateEndpointDetails(compartment_id=COMPARTMENT, model_id=MODEL, dedicated_ai_cluster_id=cluster.data.id)
    endpoint = MANAGE.create_endpoint(details).data
    assert endpoint.lifecycle_state == "ACTIVE"
    found = CHAT.chat(
        inference.models.ChatDetails(
            compartment_id=COMPARTMENT,
            serving_mode=inference.models.DedicatedServingMode(endpoint_id=endpoint.id),
            chat_request=generic("a"),
        )
    ).data
    assert found.model_id == endpoint.id, found
    for items in (
        MANAGE.list_endpoints(COMPARTMENT).data.items,
        MANAGE.list_dedicated_ai_clusters(COMPARTMENT).data.items,
        MANAGE.list_work_requests(COMPARTMENT).data.items,
    ):
        assert items
    for call in (
        MANAGE.list_generative_ai_projects,
        MANAGE.list_generative_ai_private_endpoints,
        MANAGE.list_hosted_applications,
        MANAGE.list_hosted_deployments,
        MANAGE.list_imported_models,
        MANAGE.list_routing_profiles,
        MANAGE.list_vector_store_connectors,
    ):
        call(compartment_id=COMPARTMENT)
    MANAGE.delete_endpoint(endpoint.id)
    missing = models.CreateEndpointDetails(compartment_id=COMPARTMENT, model_id=MODEL, dedicated_ai_cluster_id="no")
    assert raises(ServiceError, lambda: MANAGE.create_endpoint(missing), 400).code == "RelatedResourceNotAuthorizedOrNotFound"


@check
def an_agent_from_its_making_to_its_chat():
    models = generative_ai_agent.models
    base = AGENTS.create_knowledge_base(
        models.CreateKnowledgeBaseDetails(compartment_id=COMPARTMENT, index_config=models.DefaultIndexConfig())
    ).data
    agent = AGENTS.create_agent(models.CreateAgentDetails(compartment_id=COMPARTMENT, knowledge_base_ids=[base.id], welcome_message="Hi")).data
    endpoint = AGENTS.create_agent_endpoint(
        models.CreateAgentEndpointDetails(compartment_id=COMPARTMENT, agent_id=agent.id, should_enable_session=True)
    ).data
    assert AGENTS.list_agent_endpoints(compartment_id=COMPARTMENT, agent_id=agent.id).data.items[0].id == endpoint.id
    AGENTS.update_agent(agent.id, models.UpdateAgentDetails(display_name="renamed"))
    assert AGENTS.get_agent(agent.id).data.display_name == "renamed"
    run = generative_ai_agent_runtime.models
    session = RUNTIME.create_session(run.CreateSessionDetails(display_name="s"), endpoint.id).data
    assert session.welcome_message == "Hi", session
    found = RUNTIME.chat(endpoint.id, run.ChatDetails(user_message="Hello", session_id=session.id, should_stream=False)).data
    assert found.message.role == "AGENT" and found.message.content.text.endswith("Hello"), found
    assert RUNTIME.get_session(endpoint.id, session.id).data.id == session.id
    RUNTIME.delete_session(endpoint.id, session.id)
    raises(ServiceError, lambda: RUNTIME.get_session(endpoint.id, session.id), 404)
    AGENTS.delete_agent_endpoint(endpoint.id)
    AGENTS.delete_agent(agent.id)
    AGENTS.delete_knowledge_base(base.id)


@check
def the_tenancy_as_iam_tells_it():
    assert IDENTITY.get_tenancy(COMPARTMENT).data.home_region_key == "ORD"
    regions = IDENTITY.list_region_subscriptions(COMPARTMENT).data
    assert [region.region_name for region in regions if region.is_home_region] == [HOME]
    assert len(IDENTITY.list_regions().data) > 30
    found = everything(IDENTITY.list_compartments, COMPARTMENT, compartment_id_in_subtree=True, limit=2).data
    assert {one.name for one in found} == {"genai", "prod", "apps"}, found
    below = next(one for one in found if one.name == "genai")
    assert [one.name for one in IDENTITY.list_compartments(below.id).data] == ["prod"]
    groups = IDENTITY.list_groups(COMPARTMENT).data
    users = {user.id: user.name for user in IDENTITY.list_users(COMPARTMENT).data}
    members = IDENTITY.list_user_group_memberships(COMPARTMENT, group_id=groups[0].id).data
    assert [users[one.user_id] for one in members] == ["ana@example.com"], members
    assert IDENTITY.list_dynamic_groups(COMPARTMENT).data[0].matching_rule
    assert IDENTITY.list_policies(COMPARTMENT).data[0].statements
    details = oci.identity.models.CreatePolicyDetails(
        compartment_id=COMPARTMENT, name="n", description="d", statements=["allow any-user to use generative-ai-chat in tenancy"]
    )
    raises(ServiceError, lambda: IDENTITY.create_policy(details), 404)


@check
def limits():
    values = LIMITS.list_limit_values(COMPARTMENT, "generative-ai").data
    assert "api-key-count" in [value.name for value in values], values
    assert LIMITS.get_resource_availability("generative-ai", "api-key-count", COMPARTMENT).data.used >= 1


@check
def code_sandboxes():
    if not hasattr(oci, "generative_ai_sandbox"):
        return
    from oci import generative_ai_sandbox as sandbox

    boxes = client(sandbox.GenerativeAiSandboxClient, "sandbox")
    details = sandbox.models.CreateSandboxDetails(display_name="b")
    box = boxes.create_sandbox(PROJECT, details).data
    assert (box.project_id, box.lifecycle_state) == (PROJECT, "RUNNING"), box
    ran = boxes.run_sandbox_command_and_wait(box.id, sandbox.models.RunSandboxCommandDetails(command="echo hi")).data
    assert (ran.exit_code, ran.output.stdout) == (0, "hi\n"), ran
    boxes.write_sandbox_file(box.id, "/a.txt", io.BytesIO(b"content"))
    assert boxes.read_sandbox_file(box.id, "/a.txt").data.content == b"content"
    boxes.delete_sandbox(box.id)


run()
