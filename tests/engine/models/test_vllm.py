"""`vllm:PATH` before anything is loaded: which folders are models, which settings are possible."""

import json

import pytest

from backfeed.engine.errors import ConfigError, MissingExtra
from backfeed.engine.models import _vllm_engine, _weights, vllm


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What looks like a model. Of vLLM nothing is needed until the first request."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(vllm, "find_spec", lambda _name: object())
    made = tmp_path / "models" / "toy"
    made.mkdir(parents=True)
    (made / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    (made / "model.safetensors").write_bytes(b"weights")
    (made / "tokenizer.json").write_text("{}")
    monkeypatch.setattr(_vllm_engine, "_engines", {})
    return made


def made(folder, method="service", **settings):
    return getattr(vllm.PLUGIN, method)(str(folder), settings)


def test_without_the_package_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setattr(vllm, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match=r"backfeed\[vllm\]"):
        made(folder)


@pytest.mark.parametrize("lacking", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_folder_that_is_not_whole_is_no_model(folder, lacking):
    (folder / lacking).unlink()
    with pytest.raises(ConfigError, match=r"toy is no model: it lacks .*" + lacking[-8:]):
        made(folder)


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"architectures": []}'])
def test_a_configuration_of_something_else_is_no_model(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(ConfigError, match="no configuration of a model"):
        made(folder)


def test_a_folder_that_is_not_there(folder):
    with pytest.raises(ConfigError, match="there is no such folder"):
        made(folder / "deeper")
    with pytest.raises(ConfigError, match="vllm:PATH"):
        made("")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"no_such": 1}, "no_such"),
        ({"temperature": -1}, "temperature = -1"),
        ({"temperature": 2.5}, "temperature = 2.5"),
        ({"top_p": 0}, "top_p = 0"),
        ({"max_tokens": 0}, "max_tokens = 0"),
        ({"parallel": 0}, "parallel = 0"),
        ({"engine": {"model": "x", "dtype": "float32"}}, "may not hold model"),
    ],
)
def test_a_setting_that_is_not_possible_is_refused(folder, settings, told):
    with pytest.raises(ConfigError, match=told):
        made(folder, **settings)


def test_a_template_that_is_no_good_holds_no_engine(folder):
    with pytest.raises(ConfigError, match="template"):
        made(folder, "scorer", template="{answer} {prompt}")
    assert not _vllm_engine._engines


def test_the_address_of_others_is_not_looked_at(folder):
    assert made(folder, base_url="http://localhost/v1").identity == made(folder).identity


def identities(folder, **settings):
    return [made(folder, method, **settings).identity for method in ("service", "scorer")]


def test_the_place_is_no_part_of_the_identity(folder, tmp_path):
    before = identities(folder)
    moved = folder.rename(tmp_path / "moved")
    assert identities(moved) == before
    assert str(tmp_path) not in "".join(before)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_other_bytes_are_another_model(folder, name):
    before = made(folder)
    path = folder / name
    path.write_bytes(path.read_bytes() + b" ")
    after = made(folder)
    assert after.identity != before.identity
    assert after.name != before.name
    assert after.name.startswith("toy@")


def test_files_are_read_again_only_if_they_changed(folder, monkeypatch):
    mark = _weights.found(str(folder)).mark
    monkeypatch.setattr(_weights, "sha256_of", lambda path: pytest.fail(f"{path} is read"))
    assert _weights.found(str(folder)).mark == mark


@pytest.mark.parametrize(
    ("settings", "same"),
    [
        ({"temperature": 0.0}, False),
        ({"top_p": 0.5}, False),
        ({"max_tokens": 9}, False),
        ({"seed": 1}, False),
        ({"chat": {"enable_thinking": False}}, False),
        ({"engine": {"dtype": "float16"}}, False),
        ({"engine": {"tensor_parallel_size": 2}}, True),
        ({"parallel": 2}, True),
        ({"timeout_s": 5.0}, True),
    ],
)
def test_what_determines_an_answer_stands_in_the_identity(folder, settings, same):
    assert (made(folder, **settings).identity == made(folder).identity) is same


def test_at_temperature_0_neither_seed_nor_place_matters(folder):
    one = made(folder, temperature=0, seed=1, top_p=0.5)
    assert one.identity == made(folder, temperature=0).identity
    assert one.form == "text"
    assert made(folder).form == "drawn"
