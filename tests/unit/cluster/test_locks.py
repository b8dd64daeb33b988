from __future__ import annotations

import os
import signal
import time

from aura_engine.cluster.locks import FileLock, is_held


def test_an_exclusive_lock_shuts_others_out_until_it_is_released(tmp_path):
    path = tmp_path / "lock"
    with FileLock(path) as first, FileLock(path) as second:
        assert first.acquire()
        assert not second.acquire(shared=True)
        first.release()
        assert second.acquire(shared=True)


def test_shared_locks_stand_side_by_side_and_shut_out_an_exclusive_one(tmp_path):
    path = tmp_path / "lock"
    with FileLock(path) as first, FileLock(path) as second, FileLock(path) as third:
        assert first.acquire(shared=True)
        assert second.acquire(shared=True)
        assert not third.acquire()
        first.release()
        assert not third.acquire()
        second.release()
        assert third.acquire()


def test_waiting_ends_after_the_time_given(tmp_path):
    path = tmp_path / "lock"
    with FileLock(path) as first, FileLock(path) as second:
        first.acquire()
        begin = time.monotonic()
        assert not second.acquire(timeout=0.1)
        assert time.monotonic() - begin >= 0.1


def test_a_lock_on_a_removed_file_does_not_count(tmp_path):
    path = tmp_path / "lock"
    with FileLock(path) as old, FileLock(path) as new:
        old.acquire()
        path.unlink()
        assert new.acquire()
        assert is_held(path)


def test_only_an_exclusive_lock_counts_as_held(tmp_path):
    path = tmp_path / "lock"
    assert not is_held(path)
    with FileLock(path) as lock:
        lock.acquire(shared=True)
        assert not is_held(path)
        lock.release()
        lock.acquire()
        assert is_held(path)


def fork_a_sleeper():
    """Return a child that is past its at-fork handlers and sleeps."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell, b"x")
        time.sleep(60)
        os._exit(0)
    os.read(told, 1)
    os.close(told)
    os.close(tell)
    return child


def end(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_forked_child_does_not_keep_the_lock(tmp_path):
    path = tmp_path / "lock"
    lock = FileLock(path)
    lock.acquire()
    child = fork_a_sleeper()
    try:
        assert is_held(path)
        lock.release()
        assert not is_held(path)
    finally:
        end(child)


def test_a_lock_that_survives_forks_is_kept_by_the_child(tmp_path):
    path = tmp_path / "lock"
    lock = FileLock(path, survives_fork=True)
    lock.acquire()
    child = fork_a_sleeper()
    try:
        lock.release()
        assert is_held(path)
    finally:
        end(child)
    assert not is_held(path)
