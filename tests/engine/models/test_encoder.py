"""`encoder:PATH` before anything is loaded: which folders are encoders, which settings possible."""

import json

import pytest

from backfeed.engine.errors import ConfigError, MissingExtra
from backfeed.engine.models import encoder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """What looks like an encoder. Of the library nothing is needed until the first request."""
    monkeypatch.setattr(encoder, "find_spec", lambda _name: object())
    monkeypatch.setattr(encoder, "version", lambda _name: "1.0")
    made = tmp_path / "toy"
    (made / "1_Pooling").mkdir(parents=True)
    (made / "modules.json").write_text("[]")
    (made / "model.safetensors").write_bytes(b"weights")
    (made / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "mean"}))
    return made


def made(folder, **settings):
    return encoder.PLUGIN.embedder(str(folder), settings)


def test_without_the_package_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setattr(encoder, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'backfeed\[embed\]'"):
        made(folder)


@pytest.mark.parametrize("lacking", ["modules.json", "model.safetensors"])
def test_a_folder_that_is_not_whole_is_no_encoder(folder, lacking):
    (folder / lacking).unlink()
    with pytest.raises(ConfigError, match=rf"toy is no sentence encoder: it lacks .*{lacking}"):
        made(folder)


@pytest.mark.parametrize(
    ("name", "told"), [("", "name its folder"), ("/no/such", "no such folder")]
)
def test_a_folder_that_is_not_there(folder, name, told):
    with pytest.raises(ConfigError, match=told):
        made(name)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"no_such": 1}, "no_such"),
        ({"device": "gpu"}, "device = 'gpu': it is cpu, cuda or cuda:N"),
        ({"batch": 0}, "batch = 0: it must be more than 0"),
        ({"timeout_s": -1.0}, "timeout_s = -1.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(folder, settings, told):
    with pytest.raises(ConfigError, match=told):
        made(folder, **settings)


def test_an_address_is_meant_for_others(folder):
    assert made(folder, base_url="http://x/v1").identity == made(folder).identity


@pytest.mark.parametrize("name", ["modules.json", "model.safetensors", "1_Pooling/config.json"])
def test_its_identity_is_that_of_all_its_files(folder, name):
    before = made(folder)
    (folder / name).write_text("[1]")
    after = made(folder)
    assert before.identity != after.identity
    assert before.name != after.name
    assert after.name.startswith("toy@")


def test_its_identity_knows_no_path(folder):
    before = made(folder).identity
    assert str(folder) not in before
    assert made(folder.rename(folder.parent / "moved")).identity == before


def test_what_changes_a_vector_is_in_its_identity(folder):
    plain = made(folder).identity
    assert made(folder, prompt="query: ").identity != plain
    assert made(folder, cut=True).identity != plain
    assert made(folder, batch=2, timeout_s=5.0, device="cuda").identity == plain


def test_it_answers_no_prompts(folder):
    with pytest.raises(ConfigError, match=r"embedder=encoder:PATH"):
        encoder.PLUGIN.service(str(folder), {})
