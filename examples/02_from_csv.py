"""From a file to a run folder: what `pseudolabel fit` does, called from Python.

The command line and this script do the same, with the same options under the same names:

    pseudolabel fit wine.csv --label cultivar --out wine-run
"""

import tempfile
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_wine

from pseudolabel.run import Plan, carry_out


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "wine.csv", Path(folder) / "wine-run"
        write_table(data)

        outcome = carry_out(Plan(data, label="cultivar", out=out))

        record = outcome.record
        print(f"{record['counts']['given']} labels, {record['counts']['suggested']} suggestions.")
        print(record["verdict"]["sentence"])
        for found in record["findings"]:
            print(f"{found['title']}: {found['detail']}")
        print("\nThe run folder holds", ", ".join(sorted(file.name for file in out.iterdir())))

        labeled = pd.read_parquet(out / "labeled.parquet")
        print(labeled[["bottle", "cultivar", "pseudo_label", "confidence", "source"]].head().to_string())


def write_table(path: Path) -> None:
    """Write the wine table with a name for every bottle and 30 of 178 labels."""
    wine = load_wine(as_frame=True)
    table = wine.data.assign(cultivar=wine.target.map({0: "Barolo", 1: "Grignolino", 2: "Barbera"}))
    table = table.sample(frac=1, random_state=0).reset_index(drop=True)
    table.insert(0, "bottle", [f"W{number:03d}" for number in table.index])
    table["cultivar"] = table["cultivar"].where(table.index < 30)
    table.to_csv(path, index=False)


if __name__ == "__main__":  # the comparison runs in several processes, which read this file too
    main()
