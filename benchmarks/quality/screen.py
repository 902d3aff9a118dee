"""Screen: tables of text, for the terminal or as Markdown.

Takes  a title and a table whose cells are written already.
Gives  lines on standard output.

Before this: nothing. After this: command.py.
"""

import pandas as pd


def show(title: str, table: pd.DataFrame, *, markdown: bool) -> None:
    """Print a table under its title; an empty one is passed over."""
    if table.empty:
        return
    print(f"\n## {title}\n" if markdown else f"\n{title}\n")
    print(as_markdown(table) if markdown else table.to_string(index=False))


def as_markdown(table: pd.DataFrame) -> str:
    """Write a table in Markdown, the first column to the left and the others to the right."""
    rules = ["---"] + ["---:"] * (table.shape[1] - 1)
    lines = [list(map(str, table.columns)), rules, *table.astype(str).values.tolist()]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
