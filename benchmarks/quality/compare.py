"""Compare: which ways of learning from few labels help on tables with classes, and how often each of them harms.

Takes  a folder of Parquet files with a column `target`; scikit-learn's own sets join them.
Gives  a CSV line for every table, budget, seed and method; and a summary, losses and failures included.

    python benchmarks/quality/compare.py --data FOLDER --seeds 3 --jobs 4 --out results.csv

README.md has the protocol, the columns and more commands.
"""

from collections.abc import Sequence

from command import add_peer_options, parser, peer_environment, run
from measurement import Benchmark
from methods import CEILINGS, METHODS
from peers import peer_methods
from protocol import class_budgets, class_split
from summary import SCORES, UNIT, score, summarise
from table_files import classification_tables

BUDGETS = "10c,100,500"
BENCHMARK = Benchmark(classification_tables, class_budgets, class_split, score, SCORES)


def main(words: Sequence[str] | None = None) -> None:
    options = parser(__doc__.splitlines()[0], BUDGETS)
    add_peer_options(options)
    arguments = options.parse_args(words)
    methods = METHODS | peer_methods(peer_environment(arguments))
    run(arguments, BENCHMARK, methods, [UNIT, CEILINGS[UNIT]], summarise)


if __name__ == "__main__":
    main()
