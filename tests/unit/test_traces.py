from estampe.traces import trace


def broken():
    try:
        try:
            int("prompt: a fox")
        except ValueError as error:
            raise KeyError("esk_secret") from error
    except KeyError as error:
        return error


def test_the_chain_is_told_by_place_and_type():
    said = trace(broken())
    assert "builtins.KeyError\nfrom\n" in said
    assert said.endswith("builtins.ValueError")
    assert "in broken" in said
    assert "prompt: a fox'" not in said


def test_every_member_of_a_group_is_told():
    said = trace(ExceptionGroup("two", [OSError("a"), ValueError("b")]))
    assert "builtins.OSError" in said
    assert "builtins.ValueError" in said


def test_the_state_of_a_database_error_is_told():
    error = RuntimeError("Key (id)=(secret) already exists")
    error.sqlstate = "23505"
    assert trace(error) == "builtins.RuntimeError [SQLSTATE 23505]"


def test_a_chain_that_bites_its_tail_ends():
    one, two = ValueError(), KeyError()
    one.__context__, two.__context__ = two, one
    assert trace(one).count("from") == 7
