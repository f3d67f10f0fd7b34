import pytest

from estampe.http import table
from estampe.http.route import Access
from estampe.policy.permissions import Permission


@pytest.mark.parametrize(
    ("setting", "may"), [("operator", [Permission.OPERATOR]), ("public", [Access.PUBLIC]), ("off", [])]
)
def test_the_setting_says_who_reads_the_metrics(setting, may):
    assert [route.may for route in table(1, setting) if route.path == "/metrics"] == may
