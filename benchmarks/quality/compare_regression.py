"""Compare for regression: whether unlabeled rows make predicted numbers better, and how often worse.

Takes  a folder of Parquet files `reg_NAME.parquet` with a column `target`; scikit-learn's diabetes and Friedman's three
       functions join them.
Gives  a CSV line for every table, budget, seed and method; and a summary, losses and failures included.

    python benchmarks/quality/compare_regression.py --data FOLDER --seeds 3 --out regression.csv

README.md has the protocol, the columns and more commands.
"""

from collections.abc import Sequence

from command import parser, run
from measurement import Benchmark
from protocol import value_budgets, value_split
from regression_methods import CEILING, REGRESSION_METHODS
from regression_summary import SCORES, UNIT, score, summarise
from table_files import regression_tables

BUDGETS = "30,100,300"
BENCHMARK = Benchmark(regression_tables, value_budgets, value_split, score, SCORES)


def main(words: Sequence[str] | None = None) -> None:
    arguments = parser(__doc__.splitlines()[0], BUDGETS).parse_args(words)
    run(arguments, BENCHMARK, REGRESSION_METHODS, [UNIT, CEILING], summarise)


if __name__ == "__main__":
    main()
