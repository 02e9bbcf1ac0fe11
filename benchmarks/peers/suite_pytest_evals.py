"""pytest-evals: the eval phase, which writes what each case left in its bag."""

import pytest
import workload


@pytest.mark.eval(name="peers")
@pytest.mark.parametrize("case", workload.CASES, ids=[case["id"] for case in workload.CASES])
def test_case(case, eval_bag):
    eval_bag.output = workload.app(case["question"])
    for name, scorer in workload.SCORERS.items():
        setattr(eval_bag, name, scorer(eval_bag.output, case["answer"]))
