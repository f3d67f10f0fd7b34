import msgspec
import pytest
from tests.unit.http.tiny import TABLE, line, nothing, who

from estampe.http.table import Access, Route, Table
from estampe.policy.permissions import Permission


def test_a_route_that_does_not_say_who_may_call_it_cannot_be_written():
    with pytest.raises(TypeError, match="may"):
        Route("GET", "/", who, summary="…", replies={200: None}, tag="tiny")


@pytest.mark.parametrize("may", [None, "public", True, (), (Access.PUBLIC, Permission.JOBS_MANAGE)])
def test_a_route_open_to_something_else_than_an_access_or_a_permission_is_refused(may):
    with pytest.raises(TypeError, match="who may call it"):
        Table([line("GET", "/", who, may)])


def test_the_same_method_and_path_twice_is_refused():
    with pytest.raises(TypeError, match="twice"):
        Table([line("GET", "/a", who), line("GET", "/a", nothing)])


def test_one_path_under_two_names_is_refused():
    with pytest.raises(TypeError, match="other names"):
        Table([line("GET", "/a/{x}", who), line("DELETE", "/a/{y}", nothing)])


@pytest.mark.parametrize("path", ["", "a", "/a/b{x}", "/{x}y", "/{X}", "/{x:path}"])
def test_a_path_that_cannot_be_told_apart_is_refused(path):
    with pytest.raises(TypeError, match="path"):
        Table([line("GET", path, who)])


@pytest.mark.parametrize(
    ("method", "more"),
    [("get", {}), ("HEAD", {}), ("TRACE", {}), ("GET", {"body": bytes}), ("GET", {"replies": {}})],
)
def test_a_line_that_does_not_hold_together_is_refused(method, more):
    with pytest.raises(TypeError):
        Table([line(method, "/", who, **more)])


@pytest.mark.parametrize("name", ["token", "access_token"])
def test_a_query_that_would_take_a_token_is_refused(name):
    query = msgspec.defstruct("Query", [(name, str)])
    with pytest.raises(TypeError, match="token"):
        Table([line("GET", "/", who, query=query)])


def test_a_table_is_read_in_the_order_it_was_written():
    added = Table()
    added.add(line("GET", "/b", who), line("GET", "/a", who, Access.SIGNED_IN))
    assert [route.path for route in added] == ["/b", "/a"]
    assert len(added) == 2
    assert all(route.may is not None for route in TABLE)
