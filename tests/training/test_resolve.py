import json

import pytest

from cutaway.equations import ACTIVATIONS
from cutaway.errors import OptionError
from cutaway.hyperparameters import ROWS, Hyperparameters
from cutaway.training.plan import Plan
from cutaway.training.resolve import Facts, resolve

FACTS = {
    "two classes": Facts(task="classification", m=100, n_x=4, n_y=1, m_dev=30),
    "ten classes": Facts(task="classification", m=5000, n_x=784, n_y=10, m_dev=100),
    "labels": Facts(task="multi-label", m=100, n_x=4, n_y=3),
    "regression": Facts(task="regression", m=300, n_x=10, n_y=2, m_dev=30, target_scale=(3.0, 1.0)),
    "wide": Facts(task="classification", m=50, n_x=12288, n_y=1, m_dev=10),
    "one example": Facts(task="regression", m=1, n_x=1, n_y=1),
}


@pytest.mark.parametrize("facts", FACTS.values(), ids=FACTS)
def test_nothing_is_left_open(facts):
    plan = resolve(Hyperparameters(), facts)
    left_open = {name for name, row in ROWS.items() if "auto" in row.words and row.group != "data"}
    assert left_open <= set(plan.values)
    assert "auto" not in plan.values.values()
    assert plan.early_stopping == facts.has_dev


@pytest.mark.parametrize("facts", FACTS.values(), ids=FACTS)
def test_a_plan_survives_its_json(facts):
    plan = resolve(Hyperparameters(l1=0.1, schedule="cosine"), facts)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@pytest.mark.parametrize(
    ("facts", "output", "loss"),
    [
        ("two classes", "sigmoid", "log"),
        ("ten classes", "softmax", "cross_entropy"),
        ("labels", "sigmoid", "log"),
        ("regression", "identity", "squared"),
    ],
)
def test_the_task_chooses_output_and_loss(facts, output, loss):
    network = resolve(Hyperparameters(), FACTS[facts]).network
    assert (network.output, network.loss) == (output, loss)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_activation_chooses_its_initialiser(name):
    plan = resolve(Hyperparameters(hidden=(4, 4), activation=name), FACTS["two classes"])
    assert plan.initializers == (*(ACTIVATIONS[name].initializer,) * 2, "lecun")


@pytest.mark.parametrize(
    ("facts", "given", "epochs"),
    [
        ("two classes", {}, 750),  # 4 updates an epoch
        ("two classes", {"early_stopping": False}, 63),
        ("labels", {}, 63),
        ("labels", {"hidden": "none"}, 750),
        ("labels", {"optimizer": "momentum"}, 750),
        ("ten classes", {"early_stopping": False}, 10),
        ("regression", {"early_stopping": False}, 100),  # 10 updates an epoch
    ],
)
def test_without_early_stopping_a_network_is_trained_for_less(facts, given, epochs):
    assert resolve(Hyperparameters(**given), FACTS[facts]).epochs == epochs


@pytest.mark.parametrize(
    ("given", "rate", "schedule"),
    [
        ({}, 0.01, "cosine"),
        ({"optimizer": "rmsprop"}, 0.003, "cosine"),
        ({"schedule": "cosine"}, 0.01, "cosine"),
        ({"schedule": "constant"}, 0.003, "constant"),
        ({"epochs": 5}, 0.003, "constant"),
        ({"learning_rate": 0.1}, 0.1, "constant"),
        ({"hidden": "none"}, 0.003, "constant"),
    ],
)
def test_the_rate_falls_where_there_are_few_updates(given, rate, schedule):
    plan = resolve(Hyperparameters(**given), FACTS["labels"])
    assert (plan.rates.alpha, plan.schedule) == (rate, schedule)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"activation": "relu,tanh", "hidden": (4,)}, "2 given for 1 hidden layers"),
        ({"keep_prob": (0.5, 0.5, 0.5), "hidden": (4,)}, "3 numbers for 1 hidden layers"),
        ({"output": "softmax"}, "needs at least 2 outputs"),
        ({"output": "relu", "loss": "log"}, "makes no sense"),
        ({"early_stopping": True}, "needs a dev set"),
    ],
)
def test_what_does_not_fit_is_refused(given, text):
    facts = FACTS["two classes"]
    if "early_stopping" in given:
        facts = FACTS["labels"]
    with pytest.raises(OptionError, match=text):
        resolve(Hyperparameters(**given), facts)


@pytest.mark.parametrize(
    ("keep_prob", "expected"),
    [(0.5, (1.0, 0.5, 0.5)), ((0.8, 0.5), (1.0, 0.8, 0.5)), ((0.9, 0.8, 0.5), (0.9, 0.8, 0.5))],
)
def test_keep_prob_is_one_a_layer_the_inputs_in_front(keep_prob, expected):
    given = Hyperparameters(hidden=(40, 40), keep_prob=keep_prob)
    assert resolve(given, FACTS["two classes"]).keep_prob == expected
