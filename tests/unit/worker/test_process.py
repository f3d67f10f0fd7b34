import asyncio
import os

import psutil
import pytest
from tests.guests import install_guest
from tests.postgres import eventually

from estampe.errors import EngineError
from estampe.worker.messages import LARGEST, Done, Drawn, Member, Refused, Run
from estampe.worker.process import Child, ChildDied


@pytest.fixture
async def children():
    started = []

    async def start(*engines, **asked):
        child = Child(engines, **asked)
        started.append(child)
        await child.start()
        return child

    yield start
    for child in started:
        await child.kill()


async def test_what_is_not_wanted_is_not_loaded(children):
    child = await children("vignette", "fake", models=["fake-image"])

    assert [model.name for model in child.models] == ["fake-image"]
    maps = psutil.Process(child._kin._process.pid).memory_maps()
    assert not [one.path for one in maps if "onnxruntime" in one.path]


async def test_of_each_kind_the_first_engine_that_has_a_default_gives_it(children):
    child = await children("fake", "vignette")

    assert {model.name for model in child.models if model.default} == {"fake-image", "fake-video"}


async def test_a_model_that_no_engine_makes_is_named(children):
    with pytest.raises(EngineError, match="no engine of fake makes vignette, zebra"):
        await children("fake", models=["fake-image", "zebra", "vignette"])


OF_ITS_OWN = """
    def models(self):
        fields = {{"prompt": {{"type": "string"}}}} | {fields}
        schema = {{"type": "object", "properties": fields, "required": ["prompt"], "additionalProperties": False}}
        return [Model(name="guest", kind="{kind}", engine="guest", title="Guest", parameters=schema)]
"""
PNG, GIF, MP4 = {"default": "png"}, {"enum": ["png", "gif"], "default": "png"}, {"default": "mp4"}


@pytest.mark.parametrize(
    ("own", "why"),
    [
        (("image", {"output_format": PNG}), None),
        (("image", {}), "the parameters of guest neither require nor default output_format$"),
        (("image", {"output_format": GIF}), "guest offers an output_format beside png, webp"),
        (("video", {"output_format": MP4}), "the parameters of guest neither require nor default num_frames, fps$"),
        (("sculpture", {"output_format": PNG}), "guest is of the kind sculpture: there is image, video"),
    ],
)
async def test_a_model_whose_outputs_no_file_could_hold_is_refused_at_the_start(
    children, tmp_path, monkeypatch, own, why
):
    kind, fields = own
    install_guest(monkeypatch, tmp_path, OF_ITS_OWN.format(kind=kind, fields=fields))

    if why is None:
        assert [model.name for model in (await children("guest")).models] == ["guest"]
    else:
        with pytest.raises(EngineError, match=why):
            await children("guest")


def ordered(tmp_path, job, prompt, engine="fake"):
    (tmp_path / job).mkdir()
    parameters = {"prompt": prompt, "width": 64, "height": 64, "seed": 1, "num_outputs": 1, "num_inference_steps": 4}
    member = Member(job=job, parameters=parameters | {"output_format": "png"}, inputs={}, scratch=str(tmp_path / job))
    return Run(engine=engine, model={"fake": "fake-image"}.get(engine, engine), kind="image", members=[member])


async def told(child, run):
    return [news async for news in child.run(run)]


async def test_a_run_is_heard_until_its_jobs_have_ended_and_the_engine_is_free(children, tmp_path):
    child = await children("fake")
    news = await told(child, ordered(tmp_path, "a", "a cat"))

    assert {Done, Drawn} <= {type(each) for each in news}


async def test_what_is_drawn_while_the_files_of_another_are_written_is_told_apart(children, tmp_path):
    child = await children("fake")
    first = child.run(ordered(tmp_path, "a", "a cat"))
    heard = []
    async for news in first:
        heard.append(news)
        if isinstance(news, Drawn):
            break
    second = await told(child, ordered(tmp_path, "b", "a dog"))
    heard += [news async for news in first]

    assert {news.job for news in heard if not isinstance(news, Drawn)} == {"a"}
    assert {news.job for news in second if not isinstance(news, Drawn)} == {"b"}


async def test_a_process_that_is_ended_for_one_job_is_no_fault_of_another(children, tmp_path):
    child = await children("fake")

    async def heard(job, prompt):
        with pytest.raises(ChildDied) as died:
            await told(child, ordered(tmp_path, job, prompt))
        return died.value.spared

    runs = [asyncio.create_task(heard(job, "[hang]")) for job in ("a", "b")]
    await asyncio.sleep(0)  # both have asked
    await child.kill(["b"])

    assert await asyncio.gather(*runs) == [True, False]


async def test_a_process_that_dies_by_itself_is_everybody_s_fault(children, tmp_path):
    child = await children("fake")

    with pytest.raises(ChildDied) as died:
        await told(child, ordered(tmp_path, "a", "[crash]"))

    assert not died.value.spared


async def test_what_does_not_load_in_time_is_told_what_gives_it_longer_in_both_languages(
    children, tmp_path, monkeypatch
):
    install_guest(monkeypatch, tmp_path, "    def setup(self):\n        time.sleep(600)\n")

    with pytest.raises(EngineError) as raised:
        await children("guest", setup_seconds=0.5)

    assert all("0.5 s" in text and "ESTAMPE_SETUP_SECONDS" in text for text in raised.value.detail)
    assert raised.value.detail.en != raised.value.detail.fr
    assert engines() == []


BRITTLE = """
    def setup(self):
        if (HERE / "broken").exists():
            raise RuntimeError("no weights any more")
"""


def engines():
    return [process for process in psutil.Process().children() if "estampe.worker.child" in process.cmdline()]


async def test_what_cannot_be_loaded_again_is_told_at_once_each_time_and_leaves_no_process(
    children, tmp_path, monkeypatch
):
    install_guest(monkeypatch, tmp_path, BRITTLE)
    child = await children("guest")
    (tmp_path / "broken").touch()
    await child.kill()

    for _ in range(2):
        async with asyncio.timeout(60):
            with pytest.raises(EngineError, match="no weights any more"):
                await told(child, ordered(tmp_path, "a", "a cat", engine="guest"))
        assert engines() == []
        (tmp_path / "a").rmdir()


TALKATIVE = f"""
    def make(self, parameters):
        if parameters["prompt"] == "notes":
            yield Notes({{"ignored": ["x" * {LARGEST}]}})
        if parameters["prompt"] == "reason":
            raise EngineError(Text("x" * {LARGEST}, "x"))
        if parameters["prompt"] == "pipe":
            for descriptor in range(3, 10):
                try:
                    os.write(descriptor, b"\\xff" * 100_000)
                except OSError:
                    pass
        yield from super().make(parameters)
"""


@pytest.fixture
async def talkative(children, tmp_path, monkeypatch):
    install_guest(monkeypatch, tmp_path, TALKATIVE)
    child = await children("guest")

    async def ends(job, prompt):
        async with asyncio.timeout(60):
            news = await told(child, ordered(tmp_path, job, prompt, engine="guest"))
        return {type(each) for each in news} & {Done, Refused}

    return ends


@pytest.mark.parametrize("told_too_much", ["notes", "reason"])
async def test_what_is_too_long_to_be_told_ends_its_own_job_alone(talkative, told_too_much):
    assert await talkative("a", told_too_much) == {Refused}
    assert await talkative("b", "a cat") == {Done}


async def test_a_report_that_cannot_be_one_ends_the_process_and_the_next_one_is_heard(talkative):
    with pytest.raises(ChildDied):
        await talkative("a", "pipe")
    assert await talkative("b", "a cat") == {Done}


PARENT = """
    def make(self, parameters):
        if os.fork() == 0:
            time.sleep(600)
        (HERE / "forked").touch()
        while parameters["prompt"] == "hang":
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGKILL)
        yield
"""


@pytest.mark.parametrize("how", ["hang", "die"])
async def test_the_end_of_a_process_is_its_own_exit_whatever_it_forked_and_nothing_of_it_is_left(
    children, tmp_path, monkeypatch, how
):
    install_guest(monkeypatch, tmp_path, PARENT)
    child = await children("guest")
    group = os.getpgid(child._kin._process.pid)
    run = asyncio.create_task(told(child, ordered(tmp_path, "a", how, engine="guest")))
    if how == "hang":
        await asyncio.to_thread(eventually, (tmp_path / "forked").exists, "the forked one")
        await child.kill()
    with pytest.raises(ChildDied):
        await run

    await asyncio.to_thread(eventually, lambda: not in_group(group), "the end of the forked one")
    await child.start()


def in_group(group):
    return [
        process.pid
        for process in psutil.process_iter(["status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE and group_of(process.pid) == group
    ]


def group_of(pid):
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None
