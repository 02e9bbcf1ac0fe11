"""Inspect AI: ``eval`` with a solver that answers at once, three scorers, and its log file."""

import workload
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.scorer import Score, Target, mean, scorer
from inspect_ai.solver import TaskState, solver


def in_code(name):
    @scorer(metrics=[mean()], name=name)
    def made():
        async def score(state: TaskState, target: Target) -> Score:
            return Score(value=workload.SCORERS[name](state.output.completion, target.text))

        return score

    return made()


@solver
def answer():
    async def solve(state, generate):
        state.output = ModelOutput.from_content(model="mockllm/model", content=workload.app(state.input_text))
        return state

    return solve


samples = [Sample(id=case["id"], input=case["question"], target=case["answer"]) for case in workload.CASES]
eval(
    Task(
        dataset=MemoryDataset(samples), solver=answer(), scorer=[in_code(name) for name in workload.SCORERS]
    ),
    model=get_model("mockllm/model"),
    log_dir="logs",
    display="none",
)
