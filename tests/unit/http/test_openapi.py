import json

import pytest
from openapi_spec_validator import validate
from tests.unit.http.tiny import TABLE, Search, Wish, line, nothing, who

from estampe.http.openapi import refusals
from estampe.http.table import Access, Table
from estampe.policy.permissions import Permission


@pytest.fixture(scope="module")
def document():
    return TABLE.document()


def codes(operation, status):
    schema = operation["responses"][status]["content"]["application/problem+json"]["schema"]
    return schema["allOf"][1]["properties"]["code"]["enum"]


def test_the_document_is_valid_and_the_same_each_time(document):
    validate(document)
    assert json.dumps(document) == json.dumps(TABLE.document())


def test_every_route_is_there_once(document):
    found = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert found == {(route.method, route.path) for route in TABLE}


def test_a_struct_that_forbids_unknown_fields_says_so(document):
    assert document["components"]["schemas"]["Wish"]["additionalProperties"] is False
    assert "additionalProperties" not in document["components"]["schemas"]["Made"]


def test_a_body_is_its_struct_or_its_media_types(document):
    paths = document["paths"]
    assert paths["/wishes"]["post"]["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}},
    }
    assert set(paths["/files"]["post"]["requestBody"]["content"]) == {"image/*", "multipart/form-data"}


def test_parameters_carry_their_types_and_limits(document):
    name, wait, kind, mine, words = document["paths"]["/things/{name}"]["get"]["parameters"]
    assert (name["name"], name["in"], name["required"]) == ("name", "path", True)
    assert wait == {
        "name": "wait",
        "in": "query",
        "required": False,
        "description": "Seconds to wait.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 60, "default": 0},
    }
    assert (kind["style"], kind["explode"]) == ("form", False)
    assert kind["schema"] == {"type": "array", "items": {"enum": ["image", "video"]}}
    assert (mine["schema"]["type"], words["schema"]) == ("boolean", {"type": "string"})


def test_a_query_is_no_component_of_its_own(document):
    assert Search.__name__ not in document["components"]["schemas"]
    assert Wish.__name__ in document["components"]["schemas"]


def test_headers_that_a_route_reads_are_parameters():
    table = Table([line("GET", "/", who, request_headers={"Prefer": "How long to wait."})])
    (found,) = table.document()["paths"]["/"]["get"]["parameters"]
    assert (found["name"], found["in"]) == ("Prefer", "header")


def test_replies_and_streams_are_told(document):
    made = document["paths"]["/wishes"]["post"]["responses"]["202"]
    assert made["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Made"}
    assert set(document["paths"]["/picture"]["get"]["responses"]["200"]["content"]) == {"image/*"}
    assert "content" not in document["paths"]["/things/{name}"]["delete"]["responses"]["204"]


def test_a_refusal_lists_its_codes(document):
    operation = document["paths"]["/wishes"]["post"]
    assert set(operation["responses"]) == {"202", "400", "401", "403", "413", "415", "422", "429", "500", "503"}
    assert codes(operation, "403") == ["permission_missing"]
    assert codes(operation, "422") == ["invalid_request_body"]
    assert codes(operation, "429") == ["rate_limited"]
    assert {"token_missing", "token_expired"} <= set(codes(operation, "401"))
    assert "WWW-Authenticate" in operation["responses"]["401"]["headers"]
    assert "Retry-After" in operation["responses"]["429"]["headers"]


@pytest.mark.parametrize(
    ("may", "security", "has_401", "has_403"),
    [
        (Access.PUBLIC, [], False, False),
        (Access.SIGNED_IN, [{"bearer": []}], True, False),
        (Access.SIGNED_URL, [{"bearer": []}, {}], True, False),
        (Permission.JOBS_MANAGE, [{"bearer": []}], True, True),
        ((Permission.JOBS_MANAGE, Permission.USAGE_READ), [{"bearer": []}], True, True),
    ],
)
def test_who_may_call_it_decides_what_it_may_refuse(may, security, has_401, has_403):
    route = line("GET", "/", who, may)
    operation = Table([route]).document()["paths"]["/"]["get"]
    assert operation["security"] == security
    assert operation["x-permission"] == (" or ".join(may) if isinstance(may, tuple) else may.value)
    assert (401 in refusals(route), 403 in refusals(route)) == (has_401, has_403)


def test_operations_are_named_after_their_handlers_and_told_apart_by_path():
    table = Table([line("GET", "/a/{x}", who), line("GET", "/b-c", who), line("DELETE", "/b-c", nothing)])
    ids = {op["operationId"] for methods in table.document()["paths"].values() for op in methods.values()}
    assert ids == {"who_get_a_x", "who_get_b_c", "nothing"}


def test_one_name_for_two_routes_is_refused():
    with pytest.raises(TypeError, match="operation id"):
        Table([line("GET", "/a-b", who), line("GET", "/a/b", who)]).document()
