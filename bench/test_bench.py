"""The bench measures right: known loads come out as known figures."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import run as bench_run  # noqa: E402
from measure import Cost, Failed, run  # noqa: E402
from report import put, ratios, size_of, spoken_size, transfer_table  # noqa: E402

MIB = 1 << 20


class Measure(unittest.TestCase):
    """Real programs with a known appetite."""

    def test_cpu_is_counted_for_all_programs_of_a_pipe(self):
        burn = "import time\nwhile time.process_time() < 0.3: pass"
        one, _ = run(None, [sys.executable, "-S", "-c", burn])
        two, _ = run(None, [sys.executable, "-S", "-c", burn], [sys.executable, "-S", "-c", burn])
        self.assertGreaterEqual(one.client_cpu, 0.3)
        self.assertLess(one.client_cpu, 0.6)
        self.assertGreaterEqual(two.client_cpu, 0.6)

    def test_peak_is_that_of_the_program_and_not_ours(self):
        ballast = b"x" * (200 * MIB)
        small, _ = run(None, ["cat", "/dev/null"])
        hold = f"x = b'x' * {64 * MIB}\nimport time\nend = time.monotonic() + 0.1\nwhile time.monotonic() < end: pass"
        large, _ = run(None, [sys.executable, "-S", "-c", hold])
        self.assertEqual(len(ballast), 200 * MIB)
        self.assertLess(small.client_peak, 16 * MIB)
        self.assertGreaterEqual(large.client_peak, 64 * MIB)
        self.assertLess(large.client_peak, 96 * MIB)

    def test_what_it_prints_comes_back(self):
        _, out = run(None, ["printf", "abc"], ["tr", "a-c", "A-C"])
        self.assertEqual(out, b"ABC")

    def test_a_failure_anywhere_in_the_pipe_is_told(self):
        with self.assertRaisesRegex(Failed, "false: 1"):
            run(None, ["false"], ["cat"])

    def test_a_program_that_hangs_is_ended(self):
        with self.assertRaisesRegex(Failed, "-9"):
            run(None, ["tail", "-f", "/dev/null"], timeout=0.2)


class Report(unittest.TestCase):
    """Numbers to words."""

    def test_sizes(self):
        self.assertEqual([size_of(t) for t in ("1", "1M", "100M", "4G")], [1, MIB, 100 * MIB, 4 << 30])
        self.assertEqual(spoken_size(100 * MIB), "100 MiB")
        with self.assertRaises(ValueError):
            size_of("1.5X")

    def test_ratios_are_taken_inside_a_round(self):
        rounds = [{"a": 1, "b": 2}, {"a": 10, "b": 10}, {"a": 2, "b": 6}]
        self.assertEqual(ratios(rounds, "b", "a", lambda value: value), 2)
        self.assertIsNone(ratios([{"a": 0, "b": 1}], "b", "a", lambda value: value))

    def test_a_table_has_a_row_for_each_peer(self):
        job = (Cost(wall=1, client_cpu=0.5, client_peak=MIB), Cost(wall=2, server_cpu=0.25), 1000)
        twice = (Cost(wall=2, client_cpu=1), Cost(wall=4, server_cpu=0.5), 2000)
        table = transfer_table([{"a": job, "b": twice}], ["a", "b"], 1000)
        rows = table.splitlines()
        self.assertEqual(len(rows), 4)
        self.assertIn("| a | 3 s | 1.00 | 1 s | 2 s | 750 ms | 1.00 | 1.0 MiB |", rows[2])
        self.assertIn("| b | 6 s | 2.00 |", rows[3])
        self.assertTrue(rows[3].endswith("| 2.0000 |"))

    def test_only_what_stands_between_the_markers_changes(self):
        page = "a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n"
        self.assertEqual(put(page, "x", "new"), page.replace("old", "new"))
        with self.assertRaises(ValueError):
            put(page, "y", "new")

    def test_run_parsed_on_newer_python_only(self):
        self.assertTrue(set(bench_run.PARTS) >= {"files", "growth"})

    def test_the_page_has_every_place(self):
        page = (Path(__file__).parent.parent / "docs" / "performance.md").read_text(encoding="utf-8")
        for name in ("environment", "files", "folders", "start", "handoff", "growth", "web"):
            self.assertIn("x\n", put(page, name, "x"))


if __name__ == "__main__":
    unittest.main()
