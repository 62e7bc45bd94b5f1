"""`xiaojia plan --dask`: workers in processes of their own give the same bytes; a refusal is a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.running import PATIENCE_SECONDS
from tests.test_plan_command import ROWS, outcome, plan, table

pytest.importorskip("distributed", reason="the package distributed is not installed")

CLUSTER = """
import json, sys
from distributed import LocalCluster
from distributed.diagnostics.plugin import SchedulerPlugin

class Done(SchedulerPlugin):
    workers = {}
    def transition(self, key, start, finish, *args, **more):
        if start == "processing" and finish == "memory" and "_settle" in str(key):
            self.workers[more["worker"]] = self.workers.get(more["worker"], 0) + 1

if __name__ == "__main__":
    with LocalCluster(processes=True, n_workers=int(sys.argv[1]), threads_per_worker=1,
                      dashboard_address=None, host="127.0.0.1") as cluster:
        cluster.scheduler.add_plugin(Done())
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
        print(json.dumps(list(Done.workers.values())), flush=True)
"""
"""Prints its address, and at the end how many communities each worker settled."""

FOUR = (*ROWS, *(row.replace("乙", name) for row in ROWS[-1:] for name in "丙丁"))
"""Communities of their own, so that two workers have something to share."""


class Cluster:
    """A scheduler and its workers; `ended()` tells how many communities each worker settled."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process, self.address = process, address

    def ended(self) -> list[int]:
        told, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return [int(count) for count in json.loads(told.splitlines()[-1])]


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    script = folder / "cluster.py"
    script.write_text(CLUSTER)
    words = [sys.executable, str(script), str(workers)]
    with subprocess.Popen(words, stdin=-1, stdout=-1, stderr=-3, text=True, cwd=folder) as process:
        assert process.stdout is not None
        try:
            yield Cluster(process, process.stdout.readline().strip())
        finally:
            if process.poll() is None:
                process.terminate()


def test_two_workers_give_the_bytes_of_one_process(tmp_path: Path) -> None:
    assert plan(tmp_path, table(*FOUR)).returncode == 0
    expected = outcome(tmp_path)
    (tmp_path / "plan.csv").unlink()
    with cluster(tmp_path, 2) as there:
        done = plan(tmp_path, table(*FOUR), "--dask", there.address)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert outcome(tmp_path) == expected
        # The control: it was those workers, both, that settled the four communities.
        shares = there.ended()
    assert (len(shares), sum(shares)) == (2, 4)


def test_a_worker_with_other_code_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    """`xiaojia` of the worker is another one: a folder of that name stands first on its path."""
    engine = tmp_path / "xiaojia" / "project"
    engine.mkdir(parents=True)
    (tmp_path / "xiaojia" / "__init__.py").write_text("")
    (engine / "__init__.py").write_text("")
    (engine / "plan_dask.py").write_text("def fingerprint():\n    return 'another'\n")
    with cluster(tmp_path, 1) as there:
        done = plan(tmp_path, table(*FOUR), "--dask", there.address)
        assert there.ended() == []
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "another one" in done.stderr
    assert not (tmp_path / "plan.csv").exists()


@pytest.mark.parametrize(
    ("workers", "address", "words"),
    [
        (0, "", "has no worker"),
        (None, "tcp://127.0.0.1:9", "no Dask scheduler answers"),
        (None, "x:y:z", "x:y:z"),
    ],
)
def test_a_bad_address_is_one_sentence(tmp_path: Path, workers: int | None, address: str, words: str) -> None:
    """The command gives up by itself; `tests.running.xiaojia` waits no longer than its patience."""
    if workers is None:
        done = plan(tmp_path, table(*ROWS), "--dask", address)
    else:
        with cluster(tmp_path, workers) as there:
            done = plan(tmp_path, table(*ROWS), "--dask", there.address)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert words in done.stderr
    assert not list(tmp_path.glob("plan.csv*"))
