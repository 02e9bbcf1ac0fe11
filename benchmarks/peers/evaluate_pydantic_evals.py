"""pydantic-evals: ``Dataset.evaluate_sync`` with three evaluators, and its report; nothing is stored."""

from dataclasses import dataclass

import workload
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Evaluator, EvaluatorContext


@dataclass
class InCode(Evaluator):
    """Calls a function."""

    name: str

    def evaluate(self, ctx: EvaluatorContext) -> dict[str, float]:
        return {self.name: workload.SCORERS[self.name](ctx.output, ctx.expected_output)}


cases = [
    Case(name=case["id"], inputs=case["question"], expected_output=case["answer"]) for case in workload.CASES
]
dataset = Dataset(name="peers", cases=cases, evaluators=[InCode(name) for name in workload.SCORERS])
report = dataset.evaluate_sync(workload.app, progress=False)
report.render(width=120)
assert sum(len(case.scores) for case in report.cases) == 3 * workload.NUMBER
