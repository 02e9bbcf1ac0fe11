"""How often the decision is wrong: simulated comparisons of two versions, judged by the product's own code.

    python benchmarks/decision_simulation.py            # 4,000 runs a cell, minutes
    python benchmarks/decision_simulation.py --quick    # 300 runs a cell, seconds

Each simulated case has a difficulty that both versions share; the rest of its variance is half a real effect
of the version on this case and half noise between trials. "Nothing changed" therefore means that the *mean*
did not change while single cases did. numpy draws the cases; what is judged are their sums, by
``pytest_vtrack.compare``. Prints Markdown.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pytest_vtrack.compare.crosscheck import mcnemar_exact
from pytest_vtrack.compare.interval import Interval, plus_two
from pytest_vtrack.compare.rule import decide
from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import MetricSums, PairSums, SideCounts
from pytest_vtrack.model.policy import Policy, Tolerance

ALPHA = 0.05
NORMAL = NormalDist()
CASES = (5, 10, 20, 50, 100, 200, 1000)
POWER_CASES = (20, 50, 100, 200, 1000)
CHUNK = 2_000_000
GRID = np.linspace(-9, 9, 36_001)
GRID_CDF = np.array([NORMAL.cdf(x) for x in GRID])

Matrix: TypeAlias = NDArray[np.floating[Any]]
judge = lru_cache(maxsize=200_000)(plus_two)
"""The product's interval; yes/no suites of one size have few distinct sums, so most are computed once."""


@dataclass(frozen=True)
class World:
    """A metric over ``n`` cases whose difficulty both versions share by ``rho``, and the drop of its mean."""

    kind: str
    rho: float = 0.7
    trials: int = 1
    n: int = 100
    drop: float = 0.0
    pass_rate: float = 0.8

    @property
    def name(self) -> str:
        """What the tables call it."""
        of = f" {self.pass_rate:.1%}" if self.kind == "boolean" else ""
        trials = f", {self.trials} trials" if self.trials > 1 else ""
        return f"{self.kind}{of}, correlation {self.rho}{trials}"


def latent(world: World, runs: int, rng: np.random.Generator) -> tuple[Matrix, Matrix]:
    """Draw how hard each trial of each case is for either version, standard normal."""
    shared = rng.standard_normal((runs, world.n, 1)) * math.sqrt(world.rho)
    rest = math.sqrt((1 - world.rho) / 2)

    def side() -> Matrix:
        own = rng.standard_normal((runs, world.n, 1))
        noise = rng.standard_normal((runs, world.n, world.trials))
        return shared + rest * own + rest * noise

    return side(), side()


def boolean(world: World, runs: int, rng: np.random.Generator) -> Matrix:
    """Return differences of the share of trials that pass, run by run."""
    baseline, current = latent(world, runs, rng)
    before = baseline < NORMAL.inv_cdf(world.pass_rate)
    now = current < NORMAL.inv_cdf(world.pass_rate - world.drop)
    return np.asarray(now.mean(2) - before.mean(2))


def score(world: World, runs: int, rng: np.random.Generator, levels: int = 0) -> Matrix:
    """Return differences of a score within 0..1, mean .80, skewed to 1; optionally rounded to levels."""
    baseline, current = latent(world, runs, rng)
    mean, spread = 1.15, 0.9
    wider = math.sqrt(1 + spread**2)
    dropped = NORMAL.inv_cdf(NORMAL.cdf(mean / wider) - world.drop) * wider
    before, now = cdf(mean + spread * baseline), cdf(dropped + spread * current)
    if levels:
        before, now = (
            np.round(before * (levels - 1)) / (levels - 1),
            np.round(now * (levels - 1)) / (levels - 1),
        )
    return np.asarray(now.mean(2) - before.mean(2))


def rare_big_drops(world: World, runs: int, rng: np.random.Generator) -> Matrix:
    """Return differences where one case of twenty loses half a point and all others gain a little."""
    share = 0.05
    gain = 0.5 * share / (1 - share)
    hit = rng.random((runs, world.n)) < share
    return np.where(hit, -0.5, gain) + 0.02 * rng.standard_normal((runs, world.n)) - world.drop


def latency(world: World, runs: int, rng: np.random.Generator) -> Matrix:
    """Return differences of the logarithm of seconds, slower is negative; 2 % time out at twenty times."""
    baseline, current = latent(replace(world, trials=1), runs, rng)

    def timeouts() -> Matrix:
        return np.where(rng.random((runs, world.n)) < 0.02, math.log(20), 0.0)

    slower = 0.6 * (current - baseline)[:, :, 0] + timeouts() - timeouts()
    return np.asarray(-slower - 2 * world.drop)


def cdf(x: Matrix) -> Matrix:
    """Return the normal distribution function, interpolated to about 1e-8."""
    return np.asarray(np.interp(x, GRID, GRID_CDF))


DRAW: dict[str, Callable[[World, int, np.random.Generator], Matrix]] = {
    "boolean": boolean,
    "score": score,
    "rating": partial(score, levels=5),
    "latency": latency,
    "rare big drops": rare_big_drops,
}


def draws(world: World, runs: int, seed: int) -> Iterator[Matrix]:
    """Yield differences, one row a simulated comparison, in chunks that fit the memory."""
    rng = np.random.default_rng([seed, world.n, world.trials])
    most = max(CHUNK // (world.n * world.trials), 1)
    for start in range(0, runs, most):
        yield DRAW[world.kind](world, min(most, runs - start), rng)


def sums(differences: Matrix) -> Iterator[PairSums]:
    """Yield the sums of each row: all that the decision sees."""
    d = np.where(np.abs(differences) > 1e-12, differences, 0.0)
    columns = (d.sum(1), (d * d).sum(1), (d > 0).sum(1), (d < 0).sum(1))
    for s1, s2, up, down in zip(*(column.tolist() for column in columns), strict=True):
        yield PairSums(d.shape[1], s1, s2, up, down)


def intervals(world: World, runs: int, seed: int) -> Iterator[Interval | None]:
    """Yield the product's interval of each simulated comparison, ``None`` where no case changed."""
    for chunk in draws(world, runs, seed):
        yield from judged(chunk)


def judged(differences: Matrix) -> list[Interval | None]:
    """Return the interval of each row, ``None`` where no case changed."""
    return [judge(pairs, ALPHA) if pairs.changed else None for pairs in sums(differences)]


def called_worse(found: Interval | None) -> bool:
    """Tell whether the evidence alone calls the new version worse; identical pairs are no evidence."""
    return found is not None and found.p_worse <= ALPHA


def covers(found: Interval | None, truth: float) -> bool:
    """Tell whether the plausible range holds the true difference; identical pairs claim no change."""
    low, high = (found.low, found.high) if found else (0.0, 0.0)
    return low - 1e-12 <= truth <= high + 1e-12


def true_effect(world: World) -> float:
    """Return the mean difference of the simulated versions; rounding to levels needs it measured."""
    if world.kind == "rating":
        large = replace(world, n=2000)
        return float(np.mean([chunk.mean() for chunk in draws(large, 400, 99)]))
    return -2 * world.drop if world.kind == "latency" else -world.drop


def share(flags: Sequence[bool]) -> float:
    """Return the percentage of true flags."""
    return 100 * sum(flags) / len(flags)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    print("\n".join(f"| {' | '.join(line)} |" for line in lines), end="\n\n", flush=True)


def false_alarms(runs: int) -> None:
    """Print how often the rule's evidence calls a version worse when nothing changed on average."""
    worlds = [
        *[World("boolean", rho, trials) for trials in (1, 5) for rho in (0.3, 0.7, 0.9)],
        *[World("boolean", rho, pass_rate=p) for p in (0.5, 0.9, 0.95, 0.98, 0.995) for rho in (0.3, 0.9)],
        *[World("score", rho) for rho in (0.3, 0.7, 0.9)],
        World("score", 0.7, 5),
        World("rating"),
        World("latency"),
        World("rare big drops", 0.3),
    ]
    rows, alarms = [], []
    for seed, world in enumerate(worlds):
        cells = [replace(world, n=n) for n in CASES]
        found = [share([called_worse(i) for i in intervals(cell, runs, seed)]) for cell in cells]
        alarms += [(percent, cell) for percent, cell in zip(found, cells, strict=True)]
        rows.append([world.name, *[f"{percent:.1f}" for percent in found]])
    print("### False alarms: percent of comparisons called worse when nothing changed (5 allowed)\n")
    table(["metric", *[f"n={n}" for n in CASES]], rows)
    worst, cell = max(alarms, key=lambda alarm: alarm[0])
    error = 200 * math.sqrt(ALPHA * (1 - ALPHA) / runs)
    print(f"Worst of {len(alarms)} cells: {worst:.1f} % ({cell.name}, n={cell.n}); error ±{error:.1f}.\n")


def alternatives(runs: int) -> None:
    """Print the false alarms of simpler and of other methods: yes/no and scores, correlation .7."""
    rows: dict[str, list[str]] = {}
    for kind in ("boolean", "score"):
        for n in (20, 50, 100, 200):
            cell = [d for chunk in draws(World(kind, n=n), runs, 500) for d in chunk]
            for name, flags in _alarms(kind, np.array(cell)).items():
                rows.setdefault(name, []).append(f"{share(flags):.1f}" if flags else "-")
    print("### Other ways to decide: false alarms in percent\n")
    header = [f"{kind}, n={n}" for kind in ("yes/no", "score") for n in (20, 50, 100, 200)]
    table(["method", *header], [[name, *cells] for name, cells in rows.items()])


def _alarms(kind: str, d: Matrix) -> dict[str, list[bool]]:
    added = list(sums(d))
    exact = [mcnemar_exact(pairs.down, pairs.up) <= ALPHA for pairs in added] if kind == "boolean" else []
    return {
        "fail when the mean drops": [pairs.s1 < -1e-9 for pairs in added],
        "fail when it drops by more than 2 points": [pairs.s1 / pairs.n < -0.02 - 1e-9 for pairs in added],
        "bootstrap, percentile": _bootstrap(
            d, lambda rng, n: rng.multinomial(n, np.full(n, 1 / n), 1000) / n
        ),
        "bootstrap, Bayesian": _bootstrap(d, lambda rng, n: rng.dirichlet(np.ones(n), 1000)),
        "McNemar, exact": exact,
        "this rule, looking after every 10 cases": _peeking(d),
        "this rule": [called_worse(found) for found in judged(d)],
    }


def _bootstrap(d: Matrix, weights: Callable[[np.random.Generator, int], Matrix]) -> list[bool]:
    means = d @ weights(np.random.default_rng(501), d.shape[1]).T
    return [bool(high < -1e-12) for high in np.quantile(means, 1 - ALPHA, axis=1)]


def _peeking(d: Matrix) -> list[bool]:
    alarm = np.zeros(len(d), dtype=bool)
    for cases in range(10, d.shape[1] + 1, 10):
        alarm |= [called_worse(found) for found in judged(d[:, :cases])]
    return [bool(flag) for flag in alarm]


def power(runs: int) -> None:
    """Print how often a true drop is found, and how often the range holds the truth."""
    worlds = [
        *[World("boolean", rho, drop=0.05) for rho in (0.3, 0.7, 0.9)],
        *[World("boolean", rho, 5, drop=0.05) for rho in (0.7, 0.9)],
        World("boolean", drop=0.1),
        *[World("score", rho, drop=0.05) for rho in (0.3, 0.7, 0.9)],
        World("score", 0.7, 5, drop=0.05),
        World("rating", drop=0.05),
        World("latency", drop=0.1),
        World("rare big drops", 0.3, drop=0.05),
    ]
    rows = []
    for seed, world in enumerate(worlds):
        found, covered = [], []
        truth = true_effect(world)
        for n in POWER_CASES:
            cell = list(intervals(replace(world, n=n), runs, 100 + seed))
            found.append(f"{share([called_worse(i) for i in cell]):.0f}")
            covered.append(f"{share([covers(i, truth) for i in cell]):.0f}")
        size = f"x{math.exp(-truth):.2f}" if world.kind == "latency" else f"{-100 * truth:.1f} points"
        rows.append([f"{world.name}, worse by {size}", *found, "/".join(covered)])
    print("### Power: percent of true drops found; then percent of 90 % ranges that hold the truth\n")
    table(["metric", *[f"n={n}" for n in POWER_CASES], f"coverage n={'/'.join(map(str, POWER_CASES))}"], rows)


def metric(name: str, kind: str, pairs: PairSums) -> MetricSums:
    """Return a metric as the store would sum it up."""
    spec = MetricSpec(name, "f", kind="bool" if kind == "boolean" else "score")
    side = SideCounts(spec, cases=pairs.n, numbers=pairs.n)
    return MetricSums(name, side, side, raw=pairs)


def verdicts(runs: int) -> None:
    """Print what the whole rule says at a tolerance of two points."""
    rows = []
    for kind in ("boolean", "score"):
        for n in (20, 50, 100, 200, 500, 1000, 3000):
            worlds = [World(kind, n=n, drop=drop) for drop in (0.0, 0.02, 0.04, 0.1)]
            cells = [_verdict_shares(world, runs if n <= 500 else runs // 4) for world in worlds]
            rows.append([f"{kind}, n={n}", *cells])
    print("### Verdicts at a tolerance of 2 points: percent worse (beyond-tolerance) / ok / not sure\n")
    table(["metric", "no change", "worse by 2 points", "by 4", "by 10"], rows)


def _verdict_shares(world: World, runs: int) -> str:
    any_, beyond = [
        Policy(tolerances={"m": Tolerance(2, "pt")}, evidence=evidence)
        for evidence in ("any", "beyond-tolerance")
    ]
    found: list[tuple[str, str]] = []
    for chunk in draws(world, runs, 200):
        for pairs in sums(chunk):
            question = [metric("m", world.kind, pairs)]
            found.append((decide(question, any_)[0].verdict, decide(question, beyond)[0].verdict))
    worse, strict = share([a == "worse" for a, _ in found]), share([b == "worse" for _, b in found])
    ok, open_ = share([a in ("ok", "better") for a, _ in found]), share([a == "not_sure" for a, _ in found])
    return f"{worse:.0f} ({strict:.0f}) / {ok:.0f} / {open_:.0f}"


def many_metrics(runs: int) -> None:
    """Print what asking several metrics at once costs, with and without Holm's adjustment."""
    rows = []
    for count in (1, 5, 10, 30):
        for bad in (0, 1):
            alarms: dict[bool, list[tuple[bool, bool]]] = {True: [], False: []}
            rng = np.random.default_rng([300, count, bad])
            for _ in range(runs // 4):
                worlds = [World("score", drop=0.05 if index < bad else 0.0) for index in range(count)]
                pairs = [next(sums(DRAW["score"](world, 1, rng))) for world in worlds]
                questions = [metric(f"m{index}", "score", p) for index, p in enumerate(pairs)]
                for holm, results in alarms.items():
                    called = [found.verdict == "worse" for found in decide(questions, Policy(holm=holm))]
                    results.append((any(called[bad:]), any(called[:bad])))
            cells = [
                f"{share([false for false, _ in alarms[holm]]):.1f}" if count > bad else "-"
                for holm in (False, True)
            ]
            cells += [
                f"{share([true for _, true in alarms[holm]]):.0f}" if bad else "-" for holm in (False, True)
            ]
            rows.append([f"{count} metrics, {bad} worse by 5 points", *cells])
    print("### Many gating metrics (scores, n=100): percent of comparisons\n")
    table(["metrics", "false alarm, raw", "with Holm", "bad one found, raw", "with Holm"], rows)


def dependence(runs: int) -> None:
    """Print the false alarms of counting trials as cases, or dependent cases as independent ones."""
    rows = []
    for n in (20, 100, 1000):
        world = World("boolean", trials=5, n=n)
        right = share([called_worse(i) for i in intervals(world, runs, 400)])
        rows.append(
            [
                f"5 trials of {n} cases, counted as {5 * n} cases",
                f"{_pooled(world, runs):.1f}",
                f"{right:.1f}",
            ]
        )
    for clusters, size in ((10, 10), (20, 10), (40, 5)):
        wrong, right = _clustered(clusters, size, runs)
        rows.append([f"{clusters} documents with {size} cases each", f"{wrong:.1f}", f"{right:.1f}"])
    print("### What depends on each other must not count twice: false alarms in percent\n")
    table(["cases", "ignoring it", "the rule"], rows)


def _pooled(world: World, runs: int) -> float:
    rng = np.random.default_rng(401)
    alarms: list[bool] = []
    most = max(CHUNK // (world.n * world.trials), 1)
    while len(alarms) < runs:
        baseline, current = latent(world, most, rng)
        limit = NORMAL.inv_cdf(world.pass_rate)
        changes = (current < limit) * 1.0 - (baseline < limit)
        alarms += [
            called_worse(judge(p, ALPHA)) for p in sums(changes.reshape(len(changes), -1)) if p.changed
        ]
    return share(alarms)


def _clustered(clusters: int, size: int, runs: int) -> tuple[float, float]:
    rng = np.random.default_rng([402, clusters])
    alike, n = 0.3, clusters * size
    shared = math.sqrt(alike) * rng.standard_normal((runs, clusters, 1))
    d = shared + math.sqrt(1 - alike) * rng.standard_normal((runs, clusters, size))
    by_cluster = d.sum(2) * clusters / n
    wrong, right = judged(d.reshape(runs, n)), judged(by_cluster)
    return share([called_worse(found) for found in wrong]), share([called_worse(found) for found in right])


def main() -> None:
    """Run all simulations and print their tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=4000, help="simulated comparisons a cell (default 4000)")
    parser.add_argument("--quick", action="store_true", help="300 runs a cell: seconds, ±2.5 points")
    arguments = parser.parse_args()
    runs = 300 if arguments.quick else arguments.runs
    started = time.perf_counter()
    for part in (false_alarms, alternatives, power, verdicts, many_metrics, dependence):
        part(runs)
    print(f"{runs} runs a cell, {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    main()
