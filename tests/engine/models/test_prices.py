"""Prices from tables: the package's, the user's; what nobody knows is said."""

import pytest
from stub_model import Reply, run, service

from backfeed.engine.errors import ConfigError
from backfeed.engine.ledger import Ledger, Price
from backfeed.engine.models import _prices, openai

OURS = "https://api.openai.com/v1"


@pytest.fixture
def table(tmp_path, monkeypatch):
    def write(text):
        path = tmp_path / "prices.toml"
        path.write_text(text)
        monkeypatch.setenv("BACKFEED_PRICES", str(path))
        return path

    return write


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    return lambda name, **settings: openai.PLUGIN.service(name, settings)


def test_the_package_knows_list_prices_of_some_date(made, capsys):
    one = made("gpt-4o-mini")
    assert one.price == Price(0.15, 0.6)
    one.pay_from(Ledger(1.0))
    assert "list prices of 20" in capsys.readouterr().err


def test_a_dated_name_has_the_price_of_its_model(made):
    assert made("gpt-4o-mini-2024-07-18").price == made("gpt-4o-mini").price
    assert not made("gpt-4o-mini-beta").price.known


def test_a_model_of_that_name_elsewhere_has_no_price():
    elsewhere = openai.PLUGIN.service("gpt-4o-mini", {"base_url": "http://here:1/v1"})
    assert not elsewhere.price.known


def test_settings_go_before_all_tables(made, table):
    table('["api.openai.com"."gpt-4o-mini"]\nin = 7\nout = 8')
    assert made("gpt-4o-mini").price == Price(7, 8)
    own = {"usd_per_million_in": 1.0, "usd_per_million_out": 2.0}
    assert made("gpt-4o-mini", **own).price == Price(1.0, 2.0)
    assert made("gpt-4o-mini", usd_per_million_in=1.0).price == Price(1.0, 8)


def test_a_table_may_hold_an_address_of_ones_own_or_any(table):
    table('["here:1"."toy"]\nin = 1\nout = 2\n["*"."toy"]\nin = 3\nout = 4')
    assert service("http://here:1/v1").price == Price(1, 2)
    assert service("http://there/v1").price == Price(3, 4)


def test_a_limit_may_rest_on_a_table(server, table, tmp_path):
    table('["*"."toy"]\nin = 100\nout = 100')
    server.script = lambda *_: Reply(used=(1000, 100))
    ran = run(tmp_path / "out", service(server.url, max_tokens=100), samples=50, usd=0.4)
    assert 0 < ran.report.spent["usd"] <= 0.4
    assert ran.report.stopped == "usd"


def test_an_unknown_price_is_said_once_and_counted(server, tmp_path, capsys):
    ran = run(tmp_path, {f"model:{role}": service(server.url) for role in ("default", "strong")})
    told = "the price of openai:toy is not known: its tokens are counted, its money is not\n"
    assert capsys.readouterr().err.count(told) == 1
    assert (ran.report.spent["unpriced"], ran.report.spent["usd"]) == (1, 0.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('["h"."m"]\nin = 1', "missing required field `out`"),
        ('["h"."m"]\nin = 1\nout = 2\ncached = 1', "unknown field `cached`"),
        ('["h"."m"]\nin = -1\nout = 2', "may not be negative"),
        ("m = 1", "'m' is no section"),
        ('currency = "EUR"', "limits and sums are in USD"),
        ("[", "cannot be read as TOML"),
    ],
)
def test_a_table_that_is_wrong_is_refused(table, text, told):
    table(text)
    with pytest.raises(ConfigError, match=told):
        service("http://here/v1")


def test_every_price_of_the_package_is_whole():
    *_, (own, table) = _prices._tables()
    models = own["api.openai.com"]
    assert own["currency"] == "USD"
    assert table == f"list prices of {own['date']}"
    assert all(_prices.listed(OURS, name).entry.batch == 0.5 for name in models)
