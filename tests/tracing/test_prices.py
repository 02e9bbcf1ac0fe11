from __future__ import annotations

import json

import pytest

from pytest_vtrack.errors import SettingError
from pytest_vtrack.tracing.prices import NO_PRICES, Price, PriceTable, load_prices

TABLE = PriceTable(
    {
        "big": Price(input=2.0, output=8.0, cached_input=0.5),
        "big-*": Price(input=4.0, output=4.0),
        "*": Price(input=1.0),
    }
)
COSTS = {
    "exact name": ("big", 1_000_000, 500_000, None, 6.0),
    "cached": ("big", 1_000_000, 0, 400_000, 1.4),
    "cached without a price of its own": ("big-1", 1_000_000, 0, 400_000, 4.0),
    "longest pattern": ("big-1", 0, 1_000_000, None, 4.0),
    "no price for outputs": ("small", 1, 1, None, None),
    "no outputs": ("small", 1_000_000, None, None, 1.0),
    "nothing counted": ("big", None, None, None, None),
    "free": ("big", 0, 0, 0, 0.0),
}


@pytest.mark.parametrize(("model", "into", "out", "cached", "cost"), COSTS.values(), ids=COSTS)
def test_cost_is_tokens_times_price_or_unknown(model, into, out, cached, cost):
    assert TABLE.cost(model, into, out, cached) == (None if cost is None else pytest.approx(cost))


def test_no_prices_are_built_in():
    assert NO_PRICES.cost("gpt-4o", 1, 1) is None


def test_prices_are_read_from_toml_and_json(tmp_path):
    toml, plain = tmp_path / "prices.toml", tmp_path / "prices.json"
    toml.write_text('["gpt-*"]\ninput = 2.5\noutput = 10\n')
    plain.write_text(json.dumps({"gpt-*": {"input": 2.5, "output": 10}}))
    assert load_prices(toml) == load_prices(plain) == PriceTable({"gpt-*": Price(2.5, 10)})


BAD = {
    "not toml": ("p.toml", "= 1", "is not TOML"),
    "not json": ("p.json", "{", "is not JSON"),
    "no table": ("p.json", "[1]", "holds no table of models, but list"),
    "no price": ("p.json", '{"m": 2}', "model 'm': 2 is no price per million tokens, like {input = 2.5"),
    "unknown key": (
        "p.json",
        '{"m": {"inputs": 2}}',
        "'inputs' is not one of input, output, cached_input; did you mean 'input'?",
    ),
    "negative": ("p.json", '{"m": {"input": -2}}', "input = -2 is not an amount of 0 or more"),
    "text": ("p.json", '{"m": {"input": "2"}}', "input = '2' is not an amount of 0 or more"),
    "not a number": ("p.toml", "[m]\ninput = nan", "input = nan is not an amount of 0 or more"),
}


@pytest.mark.parametrize(("name", "text", "message"), BAD.values(), ids=BAD)
def test_file_that_holds_no_prices_is_refused_with_the_place(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SettingError) as error:
        load_prices(path)
    assert str(error.value).startswith(f"vtrack_prices: {path}")
    assert message in str(error.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(SettingError, match=r"vtrack_prices: .*none\.toml cannot be read: No such file"):
        load_prices(tmp_path / "none.toml")
