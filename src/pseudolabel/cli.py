"""Command line: every command of `pseudolabel`, from `check` to `import`.

Takes  what was typed.
Gives  results on stdout, everything else on stderr, and an exit code: 0 done, 1 our fault, 2 bad input,
       3 another process is writing there, 4 out of memory or disk, 5 pseudo-labels harm and that was to fail,
       130 interrupted.

Nothing heavy is imported before a command needs it, so that `--help` answers at once.

Before this: run.py, terminal.py.
"""

import ctypes
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from cyclopts import App, CycloptsError, Group, Parameter

from pseudolabel import __version__
from pseudolabel.errors import HarmError, InputError, PseudolabelError
from pseudolabel.interrupts import INTERRUPTED, heeded
from pseudolabel.validation import printable

OUT_OF_RESOURCES = 4
BAD_INPUT = 2

_M_ARENA_MAX = -8
"""Of malloc.h."""

app = App(
    name="pseudolabel",
    version=__version__,
    help="Label a table from the few rows that have a label, and say with evidence whether that helped.",
    suppress_keyboard_interrupt=False,  # we say what an interrupt left behind
)

_display = Group("Display", sort_key=2)
_evidence = Parameter(group=Group("Evidence", sort_key=1))
_scale = Parameter(group=Group("Scale", sort_key=1))
_Many = Parameter(consume_multiple=True, negative="")
_Marker = Parameter(allow_leading_hyphen=True, negative="")
_Flag = Parameter(negative="")
_Shown = Parameter(negative="", group=_display)


@app.command
def fit(
    data: Path,
    *,
    label: str,
    out: Path,
    unlabeled: Annotated[list[Path] | None, _Many] = None,
    unlabeled_marker: Annotated[list[str] | None, _Marker] = None,
    id: str | None = None,
    task: Literal["auto", "classification", "regression"] = "auto",
    estimator: Literal["auto", "forest", "boosting", "logistic", "linear", "lightgbm", "xgboost"] = "auto",
    method: Literal["auto", "one-shot", "self-training", "curriculum"] = "auto",
    teacher: Literal["committee", "own"] = "committee",
    committee: Literal["lean", "full"] | None = None,
    mixture: Literal["safe", "balanced", "bold"] | None = None,
    class_prior: str | None = None,
    evidence: Annotated[Literal["standard", "thorough", "none"], _evidence] = "standard",
    groups: Annotated[str | None, _evidence] = None,
    time: Annotated[str | None, _evidence] = None,
    test: Annotated[Path | None, _evidence] = None,
    precision: Annotated[float, _evidence] = 0.95,
    confidence: Annotated[float, _evidence] = 0.9,
    per_class: Annotated[bool, _evidence, _Flag] = False,
    single_look: Annotated[bool, _evidence, _Flag] = False,
    fail_if_harms: Annotated[bool, _evidence, _Flag] = False,
    table: Path | None = None,
    raw: Annotated[bool, _Flag] = False,
    columns: Literal["all", "id", "none"] = "all",
    probabilities: Annotated[bool, _Flag] = False,
    encoding: str = "utf-8",
    seed: int = 0,
    sample_rows: Annotated[int | None, _scale] = None,
    engine: Annotated[str, _scale] = "local",
    jobs: Annotated[int, _scale, _Marker] = -1,
    memory: Annotated[str | None, _scale] = None,
    overwrite: Annotated[bool, _Flag] = False,
    json: Annotated[bool, _Shown] = False,
    quiet: Annotated[bool, _Shown] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Label the rows of a table that have no label.

    Parameters
    ----------
    data
        The table: .csv, .tsv (or .csv.gz, .tsv.gz), .parquet, or a folder of .parquet files. Give it first.
    label
        The column that holds the labels. A row whose cell is empty has none.
    out
        The run folder to make: labeled.parquet, report.html, model.skops, record.json and more.
    unlabeled
        Further tables, all of whose rows are unlabeled.
    unlabeled_marker
        A value of the label column that also means "no label", such as ? or -1. Repeatable.
    id
        A column that names the rows. It is never learnt from.
    task
        Whether labels are classes or numbers to be predicted; auto looks at them and says what it saw.
    estimator
        What learns; auto is a forest helped by a committee. Logistic is for classes, linear for numbers; lightgbm
        and xgboost need `pip install "pseudolabel[boosting]"`.
    method
        How pseudo-labels are made; auto is the one measured best.
    teacher
        Who labels the rows: a committee, or the estimator alone, which is quicker and mostly less accurate.
    committee
        How many learners teach; full takes up to twice as long. By default full for classes, lean for numbers.
    mixture
        How boldly the final model leans on pseudo-labels; safe when an estimator is named, else balanced.
    class_prior
        The share of each class among the unlabeled rows, as name=share,name=share; or estimate.
    evidence
        Compare the models on labeled rows held out in turn: 20 to 40 times the work, twice that, or not at all.
    groups
        A column that says which rows belong together, such as a patient: they are held out together.
    time
        A column of numbers or dates: later labels are held out, never earlier ones.
    test
        A table with labels that were kept for the comparison: the stronger evidence, and quicker.
    precision
        The share of the accepted pseudo-labels that shall be right.
    confidence
        How sure to be of that, from 0 to 1.
    per_class
        Promise the precision of every class by itself; takes many more labels.
    single_look
        These labels will not be looked at again when there are more: the verdict may then be bolder.
    fail_if_harms
        Exit with 5 if pseudo-labels harm here.
    table
        Write the labeled table here too: .csv, .csv.gz, .tsv or .parquet.
    raw
        Leave text in --table as it is that a spreadsheet would run as a formula.
    columns
        Which input columns the labeled table keeps.
    probabilities
        Add a column with the probability of each class; for classes only.
    encoding
        How text files are encoded.
    seed
        Same seed, same result.
    sample_rows
        Unlabeled rows that take part in training, 50000 by default; all others are scored once.
    engine
        Where rows are scored: local, threads, processes, dask (a cluster on this machine), or tcp://host:port.
    jobs
        Workers at a time; -1 is one a processor.
    memory
        To stay within, such as 2GB: fewer workers at a time. The results are the same.
    overwrite
        Replace a former run in the same folder.
    json
        Print record.json instead of the summary.
    quiet
        No progress and no warnings.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import terminal
    from pseudolabel.budget import bytes_in
    from pseudolabel.plan import Plan
    from pseudolabel.run import carry_out, no_display

    plan = Plan(
        data=data,
        label=label,
        out=out,
        unlabeled=tuple(unlabeled or ()),
        id=id,
        task=task,
        estimator=estimator,
        method=method,
        teacher=teacher,
        committee=committee,
        mixture=mixture,
        class_prior=class_prior,
        evidence=evidence,
        groups=groups,
        time=time,
        test=test,
        precision=precision,
        confidence=confidence,
        per_class=per_class,
        single_look=single_look,
        seed=seed,
        markers=tuple(unlabeled_marker or ()),
        columns=columns,
        probabilities=probabilities,
        table=table,
        raw=raw,
        encoding=encoding,
        sample_rows=sample_rows,
        engine=engine,
        jobs=jobs,
        memory=None if memory is None else bytes_in(memory),
        overwrite=overwrite,
    )
    outcome = carry_out(plan, no_display if quiet else terminal.bar)
    _show(outcome, json=json, quiet=quiet)
    if fail_if_harms and outcome.record["verdict"]["code"] == "harms":
        raise HarmError("Pseudo-labels harm here, and --fail-if-harms was given. The run folder is complete.")


@app.command
def resume(
    run: Path,
    *,
    engine: str | None = None,
    jobs: Annotated[int | None, _Marker] = None,
    memory: str | None = None,
    json: Annotated[bool, _Shown] = False,
    quiet: Annotated[bool, _Shown] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Go on with a run that was cut off: the results are those of an undisturbed one.

    Parameters
    ----------
    run
        The folder the run was to leave.
    engine
        Where to go on: local, threads, processes, dask, or tcp://host:port; by default where it was begun.
    jobs
        Workers at a time; by default as it was begun.
    memory
        To stay within; by default as it was begun.
    json
        Print record.json instead of the summary.
    quiet
        No progress and no warnings.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import terminal
    from pseudolabel.budget import bytes_in
    from pseudolabel.run import go_on, no_display

    stage, allowed = no_display if quiet else terminal.bar, None if memory is None else bytes_in(memory)
    _show(go_on(run, stage, engine=engine, jobs=jobs, memory=allowed), json=json, quiet=quiet)


def _show(outcome: Any, *, json: bool, quiet: bool) -> None:
    """Show what a run gave."""
    from pseudolabel import terminal
    from pseudolabel.storage import plain_json

    if not quiet:
        terminal.warn(outcome.record["findings"])
        terminal.tell_changed(outcome.changed)
    if json:
        sys.stdout.write(plain_json(outcome.record))
    else:
        terminal.summarise(outcome.record, str(outcome.folder))


@app.command
def check(
    data: Path,
    *,
    label: str,
    unlabeled: Annotated[list[Path] | None, _Many] = None,
    unlabeled_marker: Annotated[list[str] | None, _Marker] = None,
    id: str | None = None,
    task: Literal["auto", "classification", "regression"] = "auto",
    groups: Annotated[str | None, _evidence] = None,
    time: Annotated[str | None, _evidence] = None,
    test: Annotated[Path | None, _evidence] = None,
    encoding: str = "utf-8",
    json: Annotated[bool, _Shown] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Read a table and say what is noticed, in seconds, before anything is trained. Nothing is written.

    Parameters
    ----------
    data
        The table: .csv, .tsv (or .csv.gz, .tsv.gz), .parquet, or a folder of .parquet files. Give it first.
    label
        The column that holds the labels. A row whose cell is empty has none.
    unlabeled
        Further tables, all of whose rows are unlabeled.
    unlabeled_marker
        A value of the label column that also means "no label", such as ? or -1. Repeatable.
    id
        A column that names the rows. It is never learnt from.
    task
        Whether labels are classes or numbers to be predicted; auto looks at them and says what it saw.
    groups
        A column that says which rows belong together, such as a patient.
    time
        A column of numbers or dates.
    test
        A table with labels that were kept for the comparison.
    encoding
        How text files are encoded.
    json
        Print what was found as JSON.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import terminal
    from pseudolabel.check import check_table
    from pseudolabel.plan import Plan
    from pseudolabel.storage import plain_json

    plan = Plan(
        data=data,
        label=label,
        out=Path(),
        unlabeled=tuple(unlabeled or ()),
        markers=tuple(unlabeled_marker or ()),
        id=id,
        task=task,
        groups=groups,
        time=time,
        test=test,
        encoding=encoding,
    )
    record = check_table(plan)
    terminal.warn(record["findings"])
    if json:
        sys.stdout.write(plain_json(record))
    else:
        terminal.show_check(record, str(data))


@app.command
def predict(
    run: Path,
    new: Path,
    *,
    out: Annotated[Path, Parameter(alias="-o")],
    probabilities: Annotated[bool, _Flag] = False,
    raw: Annotated[bool, _Flag] = False,
    trust_pickle: Annotated[bool, _Flag] = False,
    encoding: str = "utf-8",
    quiet: Annotated[bool, _Shown] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Label the rows of a new table with the model of a run.

    Parameters
    ----------
    run
        The folder that `pseudolabel fit` made, or a model file that `save` wrote.
    new
        A table with the same columns; the label column is not needed.
    out
        The file to write: .csv, .csv.gz, .tsv or .parquet.
    probabilities
        Add a column with the probability of each class; for classes only.
    raw
        Leave text as it is that a spreadsheet would run as a formula.
    trust_pickle
        Open a model file that is a pickle: it runs whatever its author wrote.
    encoding
        How text files are encoded.
    quiet
        No progress and no remarks.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import terminal
    from pseudolabel.prediction import predict_file
    from pseudolabel.run import no_display

    stage = no_display if quiet else terminal.bar
    predicted = predict_file(
        run,
        new,
        out,
        probabilities=probabilities,
        encoding=encoding,
        raw=raw,
        trust_pickle=trust_pickle,
        stage=stage,
    )
    if not quiet:
        terminal.tell_changed(predicted.changed)
    if predicted.ignored and not quiet:
        terminal.remark(f"columns the model does not use: {', '.join(map(repr, predicted.ignored))}")
    terminal.say(f"{predicted.n_rows:,} rows labeled in {out}")


@app.command
def audit(
    run: Path,
    *,
    answers: Path | None = None,
    out: Annotated[Path | None, Parameter(alias="-o")] = None,
    rows: int | None = None,
    source: Literal["accepted", "suggested", "both"] | None = None,
    precision: float | None = None,
    confidence: float | None = None,
    seed: int | None = None,
    show_labels: Annotated[bool, _Flag] = False,
    encoding: str = "utf-8",
    overwrite: Annotated[bool, _Flag] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Have a random sample of a run's labels checked by a person, and say what that proves.

    Without --answers a sheet of rows to check is written; with it the filled sheet is read.

    Parameters
    ----------
    run
        The folder that `pseudolabel fit` made.
    answers
        The sheet with answers, all or some. They are added to those given before.
    out
        The sheet to write; by default audit.csv in the run folder.
    rows
        How many rows to draw in all; by default as many as certify with one error.
    source
        Which labels: the accepted ones unless you say otherwise, the suggested ones, or both.
    precision
        The share of labels that shall be right; by default what the run promised, or 0.95.
    confidence
        How sure to be of that; by default what the run promised, or 0.9.
    seed
        Same seed, same rows.
    show_labels
        Show the pseudo-labels on the sheet. People tend to agree with what they see.
    encoding
        How the sheet with answers is encoded.
    overwrite
        Begin a new audit, and forget the former one and its answers.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import terminal
    from pseudolabel.audit import Wish, draw_rows, take_answers

    wish = Wish(rows, source, precision, confidence, seed)
    if answers is None:
        terminal.show_draw(draw_rows(run, out, wish, show_labels=show_labels, overwrite=overwrite), str(run))
        return
    if wish != Wish() or out or show_labels or overwrite:
        raise InputError("--answers reads a sheet, and takes no option but --encoding: all else was fixed by the draw.")
    terminal.show_audit(take_answers(run, answers, encoding=encoding), str(run))


@app.command
def review(
    run: Path,
    *,
    port: Annotated[int | None, _Marker] = None,
    browser: bool = True,
    reviewer: str | None = None,
    images: Path | None = None,
    host: str = "127.0.0.1",
    i_understand: Annotated[bool, _Flag] = False,
    quiet: Annotated[bool, _Shown] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Open a local page where a person settles doubtful labels. Ctrl-C ends it; every answer is kept.

    Parameters
    ----------
    run
        The folder that `pseudolabel fit` made.
    port
        Where to answer; 0 is any that is free. By default that of the last time.
    browser
        Open the link in a browser.
    reviewer
        Who is at it; by default the user of this machine.
    images
        The folder that names of images in the table are relative to; by default the one the table lay in.
    host
        The address to answer at. Others than this machine's own need --i-understand.
    i_understand
        Let others on the network reach the page.
    quiet
        No progress.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import terminal
    from pseudolabel.review.serving import Wish, serve_review
    from pseudolabel.run import no_display

    wish = Wish(port, host, i_understand, browser, reviewer, images)
    serve_review(run, wish, stage=no_display if quiet else terminal.bar, say=terminal.say_plainly)


@app.command
def refit(
    run: Path,
    *,
    test: Annotated[Path | None, _evidence] = None,
    engine: str = "local",
    jobs: Annotated[int, _Marker] = -1,
    json: Annotated[bool, _Shown] = False,
    quiet: Annotated[bool, _Shown] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Train the next round of a run from the answers of its review, and say what has changed.

    Answers become labels, and a class that was ruled out stays so. The run folder then holds the new round.

    Parameters
    ----------
    run
        The folder that `pseudolabel fit` made, with a review.
    test
        The table of --test of the first fit, to be compared on again.
    engine
        Where rows are scored: local, threads, processes, dask (a cluster on this machine), or tcp://host:port.
    jobs
        Workers at a time; -1 is one a processor.
    json
        Print record.json instead of the summary.
    quiet
        No progress and no warnings.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import terminal
    from pseudolabel.review.refit import refit as train
    from pseudolabel.run import no_display

    refitted = train(run, no_display if quiet else terminal.bar, test=test, engine=engine, jobs=jobs)
    if not json:
        terminal.show_refit(refitted)
    _show(refitted.outcome, json=json, quiet=quiet)


@app.command
def export(
    run: Path,
    *,
    to: Literal["csv", "parquet", "jsonl", "label-studio"],
    out: Annotated[Path | None, Parameter(alias="-o")] = None,
    raw: Annotated[bool, _Flag] = False,
    quiet: Annotated[bool, _Shown] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Write every row of a run with its label, and whether a person or a machine gave it.

    Parameters
    ----------
    run
        The folder that `pseudolabel fit` made; answers of its review count.
    to
        A table (csv, parquet), one JSON object a line (jsonl), or tasks for Label Studio with their interface.
    out
        The file to write; by default named after the run, in the folder you are in.
    raw
        Leave text as it is that a spreadsheet would run as a formula; for csv.
    quiet
        No progress and no remarks.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import terminal
    from pseudolabel.review.exporting import SUFFIXES, export_run
    from pseudolabel.run import no_display

    out = out or Path(f"{run.resolve().name}{SUFFIXES[to][0]}")
    done = export_run(run, to, out, raw=raw, stage=no_display if quiet else terminal.bar)
    if not quiet:
        terminal.tell_changed(done.changed)
    terminal.say(", ".join(f"{status} {count:,}" for status, count in done.counts.items()))
    terminal.say(f"{sum(done.counts.values()):,} rows in {out}")
    if done.interface is not None:
        terminal.say(f"Labeling interface for these tasks: {done.interface}")


@app.command(name="import")
def import_(
    run: Path,
    file: Path,
    *,
    quiet: Annotated[bool, _Shown] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Store in the review of a run what people answered in Label Studio: all of a file, or nothing.

    Parameters
    ----------
    run
        The folder that `pseudolabel fit` made.
    file
        What Label Studio exported as JSON or JSON-MIN, from tasks that `pseudolabel export` wrote.
    quiet
        No progress.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import terminal
    from pseudolabel.review.importing import import_answers
    from pseudolabel.run import no_display

    done = import_answers(run, file, stage=no_display if quiet else terminal.bar)
    terminal.say(
        f"{done.stored:,} stored, {done.known:,} known already, {done.skipped:,} skipped, {done.conflicts:,} conflicts"
    )
    if done.outside:
        terminal.say(f"{done.outside:,} left out: their rows are not under review, mostly because the label was given.")
    if done.conflicts:
        terminal.say(f"Settle the conflicts: pseudolabel review {run}")


@app.command
def demo(
    *,
    out: Path = Path("demo-run"),
    overwrite: Annotated[bool, _Flag] = False,
    quiet: Annotated[bool, _Shown] = False,
    debug: Annotated[bool, _Shown] = False,
) -> None:
    """Show on real data what the usual tutorial gets wrong, and leave a run folder to open.

    Parameters
    ----------
    out
        The run folder to make.
    overwrite
        Replace a former run in the same folder.
    quiet
        No progress and no warnings.
    debug
        Show the traceback of an error.
    """
    from pseudolabel import demo as showcase
    from pseudolabel import terminal
    from pseudolabel.run import no_display

    stage = no_display if quiet else terminal.bar
    outcome = showcase.leave_a_run(out, overwrite=overwrite, stage=stage)
    terminal.compare(showcase.measure(stage))
    terminal.summarise(outcome.record, str(out))
    new_rows = out / showcase.NEW_ROWS
    terminal.say(f"Rows kept untouched: {new_rows}. Label them: pseudolabel predict {out} {new_rows} -o new_labels.csv")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Parameters
    ----------
    arguments : sequence of str, optional
        What was typed after `pseudolabel`; by default what the process was started with.
    """
    typed = list(sys.argv[1:] if arguments is None else arguments)
    # Threads of a numerical library that have nothing to do must not spin: set before any of them is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    _reserve_little()
    if "--debug" not in typed:
        warnings.simplefilter("ignore")  # our findings say what a reader can act on
    with heeded(to_the_end=arguments is None):
        code = _exit_code(typed)
    sys.exit(code)


def _reserve_little() -> None:
    """Reserve few addresses: a limit on them (`ulimit -v`) counts also what is never used.

    glibc reserves 64 MB for each thread that ever allocates, pyarrow's allocator a gigabyte at once.
    """
    os.environ.setdefault("MIMALLOC_ARENA_RESERVE", "65536")  # KiB
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 4)


def _exit_code(typed: list[str]) -> int:
    """Run a command; turn whatever goes wrong into one paragraph and an exit code."""
    try:
        app(typed, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _fail(str(error) + " See `pseudolabel --help`.", BAD_INPUT, typed)
    except PseudolabelError as error:
        return _fail(str(error), error.exit_code, typed)
    except KeyboardInterrupt as interrupt:
        return _fail(str(interrupt) or "Interrupted. Nothing half-made was left.", INTERRUPTED, typed)
    except BrokenPipeError:  # whoever read our results has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        return _fail("Out of memory. Give fewer rows or columns, or a larger machine.", OUT_OF_RESOURCES, typed)
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename or 'the output'}.", OUT_OF_RESOURCES, typed)
    except Exception as error:  # a bug of ours must not look like a bug of the user's
        fault = f"This is a mistake of ours ({type(error).__name__}: {error}). Add --debug and report it."
        return _fail(" ".join([fault, *getattr(error, "__notes__", ())]), 1, typed)
    return 0


def _fail(message: str, code: int, typed: list[str]) -> int:
    if "--debug" in typed:
        traceback.print_exc()
    sys.stderr.write(f"pseudolabel: {printable(message)}\n")
    return code
