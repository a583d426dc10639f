"""Recipes: read, changed from the command line, and checked before any work."""

import tomllib

import pytest
from verbs import Double, Half, Measure

from backfeed.engine import recipe, registry
from backfeed.engine.errors import ConfigError, PluginFault, UnknownName
from backfeed.engine.recipe import Loop, Stop, load, parse
from backfeed.engine.records import Sample


class Both:
    version = 1
    each = whole = None


class Many:
    version = 1
    whole = None


class Ageless:
    each = None


STAGES = {
    "measure": Measure,
    "double": Double,
    "half": Half,
    "both": Both,
    "many": Many,
    "ageless": Ageless,
}

GOOD = """
name = "small"
seed = 7

[inputs.rows]
kind = "rows"

[models.default]
use = "extractive"

[stop]
accepted = 10

[[step]]
use = "measure"
least = 3

[[step]]
loop = "more"
rounds = 2
until = "rows < 3"

[[step.step]]
use = "measure"

[[step.step]]
use = "half"
"""


@pytest.fixture(autouse=True)
def stages(monkeypatch):
    def found(kind, name):
        if name not in STAGES:
            raise UnknownName(f"none of the {kind} is called {name!r}")
        return STAGES[name]

    monkeypatch.setattr(registry, "load", found)


@pytest.fixture
def made(tmp_path):
    def make(text=GOOD, *overrides):
        (tmp_path / "r.toml").write_text(text)
        return load(tmp_path / "r.toml", overrides)

    return make


def test_a_recipe_is_read(made):
    found = made()
    assert (found.name, found.seed, found.stop) == ("small", 7, Stop(accepted=10))
    assert [step.name for step in found.all_steps()] == ["measure", "measure-2", "half"]
    loop = found.steps[1]
    assert isinstance(loop, Loop)
    assert (loop.rounds, loop.until, loop.carry) == (2, "rows < 3", "both")


@pytest.mark.parametrize(
    ("override", "attribute", "value"),
    [
        ("measure.least=9", "steps[0].stage.least", 9),
        ("measure.least=9", "steps[1].steps[0].stage.least", 9),
        ("more.rounds=5", "steps[1].rounds", 5),
        ("stop.accepted=3", "stop.accepted", 3),
        ("stop.hours=0.5", "stop.hours", 0.5),
        ("output.split={test=0.1}", "output.split", {"test": 0.1}),
        ("models.judge.use=openai:x", "models['judge']['use']", "openai:x"),
        ("sandbox.use=docker", "sandbox['use']", "docker"),
    ],
)
def test_what_set_changes(made, override, attribute, value):
    assert eval(f"found.{attribute}", {"found": made(GOOD, override)}) == value


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("measure.leats=9", "step 'measure' has no setting 'leats'; did you mean 'least'"),
        ("measur.least=9", "no step 'measur'; did you mean 'measure'"),
        ("measure.least", "write it as step.key=value"),
        ("seed=3", "write it as step.key=value"),
        ("measure.least=many", "Expected `int`, got `str`"),
        ("stop.accepted=0", r"\[stop\] accepted = 0: it must be more than 0"),
        ("stop.acepted=1", "no setting 'acepted'; did you mean 'accepted'"),
        ("output.level=tested", "no setting 'level'"),
    ],
)
def test_a_set_that_is_wrong(made, override, complaint):
    with pytest.raises(ConfigError, match=complaint):
        made(GOOD, override)


STEP = '[[step]]\nuse = "measure"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", r"has no \[\[step\]\]"),
        (f"steps = 1\n{STEP}", "no setting 'steps'; did you mean 'step'"),
        ("step = 1", "Expected `array`, got `int`"),
        ('step = ["measure"]', "Expected `object`, got `str`"),
        ('seed = "x"\n' + STEP, "Expected `int`, got `str`"),
        ('models.default = "x"\n' + STEP, "Expected `object`, got `str`"),
        ("[[step]]\nleast = 1", "needs `use = "),
        ('[[step]]\nloop = "l"', r"loop 'l' has no \[\[step.step\]\]"),
        (f'inputs.x.kind = "row"\n{STEP}', r"kind = 'row': did you mean 'rows'"),
        (f'inputs.x.knid = "rows"\n{STEP}', "no setting 'knid'; did you mean 'kind'"),
    ],
)
def test_a_file_that_is_wrong(made, text, complaint):
    with pytest.raises(ConfigError, match=complaint):
        made(text)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("rounds = 0", "rounds = 0: it must be 1 or more"),
        ('carry = "all"', "carry = 'all': there are: both, out, seeds"),
        ('until = "rows"', "write METRIC < NUMBER"),
        ('until = "rows < few"', "write METRIC < NUMBER"),
        ('until = "rows = 3"', "write METRIC < NUMBER"),
        ("round = 1", "no setting 'round'; did you mean 'rounds'"),
    ],
)
def test_a_loop_that_is_wrong(made, line, complaint):
    with pytest.raises(ConfigError, match=complaint):
        made(f'[[step]]\nloop = "l"\n{line}\n[[step.step]]\nuse = "measure"')


def test_a_stage_that_nobody_has(made):
    with pytest.raises(UnknownName, match="none of the stages is called 'mesure'"):
        made('[[step]]\nuse = "mesure"')


@pytest.mark.parametrize(
    ("use", "complaint"), [("both", "`each` or `whole`, and not both"), ("ageless", "a `version`")]
)
def test_a_stage_that_breaks_its_contract(made, use, complaint):
    with pytest.raises(PluginFault, match=complaint):
        made(f'[[step]]\nuse = "{use}"')


def test_what_a_run_writes_is_a_recipe(made):
    plain = dict(tomllib.loads(GOOD), given={"x": {}}, services={"a": "b"}, versions={"m": 1})
    assert parse(plain, "recipe.toml").steps == made().steps


def test_a_recipe_is_found_by_name_or_path(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "recipe_path", lambda name: tmp_path / f"{name}.toml")
    assert recipe.find("synth") == tmp_path / "synth.toml"
    assert str(recipe.find("my/synth")) == "my/synth"
    assert str(recipe.find("synth.toml")) == "synth.toml"


def test_the_identity_of_a_step_is_its_settings_and_version(made):
    first, second, _ = made().all_steps()
    assert first.identity() != second.identity()
    assert made().steps[0].identity() == first.identity()


def test_a_later_step_of_a_name_can_be_set_alone(made):
    for override, expected in (("measure.least=9", [9, 9]), ("measure-2.least=9", [3, 9])):
        steps = made(GOOD, override).all_steps()
        assert [step.stage.least for step in steps if step.use == "measure"] == expected


def test_a_stage_that_is_no_class(made, monkeypatch):
    monkeypatch.setitem(STAGES, "measure", Measure())
    with pytest.raises(PluginFault, match="'measure' is an instance: it has to be the class"):
        made()


def test_a_step_may_be_for_rows_of_one_kind(made):
    text = '[[step]]\nuse = "double"\n'
    [plain], [step] = made(text).steps, made(f'{text}only = "code"\n').steps
    code, chat = Sample(kind="code"), Sample(kind="general")
    assert [len(step.driven.each(row)) for row in (code, chat)] == [2, 1]
    assert [len(plain.driven.each(row)) for row in (code, chat)] == [2, 2]
    assert step.identity() != plain.identity()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD.replace("least = 3", 'only = "chat"'), "only = 'chat': there are: code, general"),
        (GOOD + '[[step]]\nuse = "many"\nonly = "code"\n', "needs the whole set"),
    ],
)
def test_a_kind_that_is_none_or_not_asked_for(made, text, complaint):
    with pytest.raises(ConfigError, match=complaint):
        made(text)
