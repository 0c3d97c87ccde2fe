"""The child that reads hostile bytes can only compute, within limits, and harms no later call."""

from __future__ import annotations

import os
import signal
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from portal.lib.confined import ChildFailed, ChildUnavailable, Limits, Refused, call, close_all

MB = 1024 * 1024


def handler(name: str) -> str:
    return f"tests.lib.handlers:{name}"


class ConfinedTestCase(unittest.TestCase):
    def tearDown(self) -> None:
        close_all()

    def assert_fails(
        self, reason: str, target: str, payload: bytes, limits: Limits | None = None
    ) -> ChildFailed:
        with self.assertRaises(ChildFailed) as caught:
            call(handler(target), payload, limits=limits)
        self.assertEqual(caught.exception.reason, reason)
        return caught.exception


class TestOneChild(ConfinedTestCase):
    def test_bytes_come_back_whole_whatever_their_number(self) -> None:
        for size in (0, 1, 5000, 65_535, 65_536, 3 * MB):
            payload = os.urandom(size)
            self.assertEqual(call(handler("echo"), payload), payload)

    def test_the_same_child_serves_many_calls(self) -> None:
        self.assertEqual(len({call(handler("pid"), b"") for _ in range(20)}), 1)

    def test_two_handlers_live_in_two_children(self) -> None:
        self.assertNotEqual(call(handler("pid"), b""), call(handler("burn"), b""))

    def test_a_child_is_replaced_after_its_share_of_calls(self) -> None:
        with mock.patch("portal.lib.confined.parent.CALLS_PER_CHILD", 3):
            served = [call(handler("pid"), b"") for _ in range(7)]
        self.assertEqual([served.count(pid) for pid in dict.fromkeys(served)], [3, 3, 1])

    def test_a_child_that_grew_is_replaced(self) -> None:
        first = call(handler("keep"), b"1")
        self.assertEqual(call(handler("keep"), b"100"), first)
        self.assertNotEqual(call(handler("keep"), b"1"), first)

    def test_a_child_killed_between_two_calls_is_replaced(self) -> None:
        pid = int(call(handler("pid"), b""))
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
        self.assertNotEqual(int(call(handler("pid"), b"")), pid)

    def test_a_refusal_carries_its_code_and_costs_no_child(self) -> None:
        with self.assertRaises(Refused) as caught:
            call(handler("refuse"), b"too-deep")
        self.assertEqual(caught.exception.code, "too-deep")

    def test_a_refusal_cannot_carry_content(self) -> None:
        failure = self.assert_fails("crash", "refuse", b"Mme Durand")
        self.assertNotIn("Durand", str(failure))

    def test_a_handler_that_does_not_exist_is_no_fault_of_the_payload(self) -> None:
        with self.assertRaises(ChildUnavailable):
            call(handler("nobody"), b"")

    def test_no_child_when_the_machine_refuses_one(self) -> None:
        with mock.patch("subprocess.Popen", side_effect=OSError), self.assertRaises(ChildUnavailable):
            call(handler("echo"), b"")
        self.assertEqual(call(handler("echo"), b"again"), b"again")


class TestLimits(ConfinedTestCase):
    def test_a_busy_child_is_stopped_and_the_next_call_is_fine(self) -> None:
        self.assert_fails("cpu", "burn", b"burn", Limits(cpu=1, wall=20))
        self.assertTrue(call(handler("burn"), b""))

    def test_each_call_has_its_own_seconds(self) -> None:
        for _ in range(3):
            with self.subTest():
                self.assertEqual(call(handler("sleep"), b"0.3", limits=Limits(wall=0.8)), b"awake")

    def test_a_sleeping_child_is_stopped_by_the_clock(self) -> None:
        begin = time.monotonic()
        self.assert_fails("wall", "sleep", b"30", Limits(wall=0.5))
        self.assertLess(time.monotonic() - begin, 25)  # it would have slept for thirty seconds
        self.assertEqual(call(handler("sleep"), b"0"), b"awake")

    def test_memory_is_bounded(self) -> None:
        self.assert_fails("memory", "allocate", b"2000")
        self.assertEqual(call(handler("allocate"), b"100"), str(100 * MB).encode())

    def test_an_answer_that_is_too_long_is_not_read(self) -> None:
        limits = Limits(output=1000)
        self.assert_fails("output", "inflate", b"1001", limits)
        self.assertEqual(len(call(handler("inflate"), b"1000", limits=limits)), 1000)

    def test_a_payload_too_large_for_the_child_is_a_matter_of_memory(self) -> None:
        self.assert_fails("memory", "echo", bytes(200 * MB), Limits(memory=128 * MB))


class TestCrashes(ConfinedTestCase):
    def test_every_way_to_die_is_a_crash_and_the_next_call_is_fine(self) -> None:
        for way in (b"abort", b"exit", b"raise"):
            with self.subTest(way=way):
                self.assert_fails("crash", "crash", way)
                self.assertEqual(call(handler("crash"), b"fine"), b"fine")

    def test_an_answer_that_is_no_frame_is_refused(self) -> None:
        with self.assertRaises(ChildFailed):
            call(handler("garble"), b"", limits=Limits(wall=2))

    def test_an_error_is_told_by_its_place_and_not_by_its_words(self) -> None:
        failure = self.assert_fails("crash", "crash", b"raise")
        self.assertRegex(failure.detail, r"^ValueError at handlers\.py:\d+$")


class TestWalls(ConfinedTestCase):
    def test_nothing_outside_can_be_reached(self) -> None:
        for action in (
            b"open",
            b"create",
            b"socket",
            b"unix",
            b"process",
            b"fork",
            b"exec",
            b"dup",
            b"listdir",
        ):
            with self.subTest(action=action):
                self.assertRegex(call(handler("act"), action), rb"^refused \d+$")
        self.assertFalse(Path("/tmp/from-the-child").exists())

    def test_no_secret_is_inherited(self) -> None:
        with mock.patch.dict(os.environ, {"VAULT_KEY": "canary-vault", "DATABASE_URL": "canary-db"}):
            seen = call(handler("environ"), b"") + call(handler("arguments"), b"")
        self.assertNotIn(b"canary", seen)
        self.assertNotIn(b"VAULT_KEY", seen)

    def test_no_open_file_is_inherited(self) -> None:
        with Path(__file__).open() as ours:
            os.set_inheritable(ours.fileno(), True)
            pid = int(call(handler("pid"), b""))
            fds = Path(f"/proc/{pid}/fd")
            if not fds.exists():
                self.skipTest("this system does not list the files of a process")
            held = {str(link.readlink()) for link in fds.iterdir()}
        self.assertNotIn(__file__, held)


class TestThreadsAndForks(ConfinedTestCase):
    def test_threads_get_their_own_answers(self) -> None:
        wrong: list[bytes] = []

        def ask(number: int) -> None:
            for turn in range(30):
                payload = f"{number}-{turn}".encode() * 500
                if call(handler("echo"), payload) != payload:
                    wrong.append(payload)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_who_will_not_wait_is_told_that_the_child_is_busy(self) -> None:
        slow = threading.Thread(target=lambda: call(handler("sleep"), b"2"))
        slow.start()
        time.sleep(0.2)

        with self.assertRaises(ChildUnavailable):
            call(handler("sleep"), b"0", limits=Limits(queue=0.1))

        self.assertTrue(slow.is_alive())
        slow.join()

    def test_each_lane_has_a_child_of_its_own_and_none_waits_for_another(self) -> None:
        slow = threading.Thread(target=lambda: call(handler("sleep"), b"2", limits=Limits(lane="strangers")))
        slow.start()
        time.sleep(0.2)

        self.assertEqual(call(handler("sleep"), b"0", limits=Limits(queue=0.1)), b"awake")

        self.assertTrue(slow.is_alive())
        slow.join()

    def test_a_child_outlives_the_thread_that_started_it(self) -> None:
        pids: list[bytes] = []
        thread = threading.Thread(target=lambda: pids.append(call(handler("pid"), b"")))
        thread.start()
        thread.join()
        time.sleep(0.1)
        self.assertEqual(call(handler("pid"), b""), pids[0])

    def test_after_a_fork_each_process_has_its_own_child(self) -> None:
        ours = call(handler("pid"), b"")
        reader, writer = os.pipe()
        forked = os.fork()
        if not forked:
            os.write(writer, call(handler("pid"), b""))
            close_all()
            os._exit(0)
        os.waitpid(forked, 0)
        theirs = os.read(reader, 100)
        os.close(reader)
        os.close(writer)
        self.assertNotEqual(theirs, ours)
        self.assertEqual(call(handler("pid"), b""), ours)

    def test_an_interrupted_call_does_not_answer_the_next_one(self) -> None:
        def interrupt(_number: int, _frame: object) -> None:
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try:
            call(handler("sleep"), b"0")
            with self.assertRaises(KeyboardInterrupt):
                call(handler("sleep"), b"3")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        self.assertEqual(call(handler("sleep"), b"0"), b"awake")

    def test_the_child_dies_with_its_parent(self) -> None:
        for payload in (b"0", b"60"):  # idle, or in the middle of its work
            with self.subTest(payload=payload):
                child = self._orphan(payload)
                for _ in range(50):
                    if not _alive(child):
                        break
                    time.sleep(0.1)
                self.assertFalse(_alive(child))

    def _orphan(self, payload: bytes) -> int:
        """Fork, let the fork ask its child, kill the fork; give the child's pid."""
        reader, writer = os.pipe()
        forked = os.fork()
        if not forked:
            call(handler("sleep"), b"0")
            from portal.lib.confined import parent

            (slot,) = parent._slots.values()
            os.write(writer, str(slot.child.process.pid if slot.child else 0).encode())
            call(handler("sleep"), payload)
            time.sleep(60)
        child = int(os.read(reader, 100))
        time.sleep(0.2)
        os.kill(forked, signal.SIGKILL)
        os.waitpid(forked, 0)
        os.close(reader)
        os.close(writer)
        return child


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
