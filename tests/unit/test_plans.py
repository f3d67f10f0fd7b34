"""Plans and prices: which plan holds, what an operator changes in it, what something costs."""

import msgspec
import pytest

from estampe import checks, settings
from estampe.errors import InvalidSetting
from estampe.plans import Limits, Plan, Price, choose, price_of, read_limits

FREE, PRO = Plan(quotas={"images": 5}), Plan(period="day", max_queued=9)
PLANS = {"free": FREE, "pro": PRO}

TOML = """
default_plan = "free"
currency = "CHF"

[plans.free]
period = "day"
max_queued = 20
max_running = 2
quotas = { images = 500, video_seconds = 60.5, gpu_seconds = 3600 }

[plans.pro]

[prices."*"]
gpu_second = 0.001

[prices.vignette]
unit = 0.02
"""


def test_the_first_plan_that_is_known_holds():
    assert choose(PLANS, "pro", "free", "free") == ("pro", PRO)
    assert choose(PLANS, None, "pro", "free") == ("pro", PRO)
    assert choose(PLANS, None, "gold", "free") == ("free", FREE)
    assert choose({}, None, "gold", "default") == ("default", Plan())


def test_an_operator_changes_some_numbers_and_lifts_others():
    own = read_limits({"max_running": 3, "weight": 2, "quotas": {"images": None, "gpu_seconds": 60}})

    assert own.within(FREE) == Plan(max_running=3, weight=2, quotas={"gpu_seconds": 60})
    assert Limits().within(FREE) == FREE


@pytest.mark.parametrize(
    "said", [{"quotas": {"images": -1}}, {"max_running": 0}, {"weight": 0}, {"quota": {}}, {"period": "week"}]
)
def test_limits_that_mean_nothing_are_refused(said):
    with pytest.raises(msgspec.ValidationError):
        read_limits(said)


def test_a_model_without_a_price_of_its_own_has_everyone_s():
    prices = {"*": Price(gpu_second=0.001), "vignette": Price(unit=0.02, gpu_second=0.5)}

    assert price_of(prices, "vignette").of(3, 2.5) == 1.31
    assert price_of(prices, "flux").of(3, 2.5) == 0.0025
    assert price_of({}, "flux") is None


def test_plans_and_prices_are_read_and_handed_to_our_processes(tmp_path):
    file = tmp_path / "estampe.toml"
    file.write_text(TOML)

    read = settings.read({}, file)
    again = settings.read(read.environment())

    assert read.plans["free"] == Plan(
        period="day", max_queued=20, max_running=2, quotas={"images": 500, "video_seconds": 60.5, "gpu_seconds": 3600}
    )
    assert read.plans["pro"] == Plan()
    assert read.prices == {"*": Price(gpu_second=0.001), "vignette": Price(unit=0.02)}
    assert (again.plans, again.prices, again.currency) == (read.plans, read.prices, "CHF")


@pytest.mark.parametrize(
    ("name", "text"),
    [("plans", "free"), ("plans", '{"free": {"quotas": {"images": "many"}}}'), ("plans", '{"free": {"image": 1}}'),
     ("prices", '{"a": {"unit": -1}}'), ("currency", "euro"), ("rate_limit_store", "memcached://here")],
)  # fmt: skip
def test_a_wrong_limit_is_one_clear_line(name, text):
    with pytest.raises(InvalidSetting, match=f"ESTAMPE_{name.upper()}"):
        settings.read({f"ESTAMPE_{name.upper()}": text})


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("plans.free.quotas", "images = inf is no amount; what is left out is not limited"),
        ("prices.vignette", "unit = inf is no amount; what is left out costs nothing"),
    ],
)
def test_an_amount_without_end_is_refused_with_what_to_write_instead(tmp_path, table, told):
    (tmp_path / "estampe.toml").write_text(f"[{table}]\n{told.split(' is ')[0]}\n")

    with pytest.raises(InvalidSetting, match=told):
        settings.read({}, tmp_path / "estampe.toml")


@pytest.mark.parametrize("text", ["inf", "nan", "1e400"])
def test_what_a_model_is_expected_to_take_has_an_end(text):
    with pytest.raises(InvalidSetting, match="ESTAMPE_UNMEASURED_GPU_SECONDS"):
        settings.read({"ESTAMPE_UNMEASURED_GPU_SECONDS": text})


@pytest.mark.parametrize(
    ("said", "culprit"),
    [
        ({"plans": {"free": Plan(quotas={"pictures": 1})}, "default_plan": "free"}, "pictures"),
        ({"plans": {"free": Plan()}}, "default"),
    ],
)
def test_a_plan_that_could_never_hold_stops_the_start(tmp_path, said, culprit):
    with pytest.raises(InvalidSetting, match=culprit):
        checks.prepare(settings.Settings(data_dir=tmp_path, **said))


def test_quotas_in_every_unit_there_is_are_taken(tmp_path):
    quotas = {"images": 1, "video_seconds": 1, "gpu_seconds": 1}
    checks.prepare(settings.Settings(data_dir=tmp_path, plans={"default": Plan(quotas=quotas)}))
