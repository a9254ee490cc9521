"""What uploads become before anything of them is run, and what is refused."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import sys
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.services.unpack import FilesRejected, UploadLimits, unpack


def unpacked(name, content, slug="perceptron"):
    return unpack([(name, content)], slug)


def refusal(name, content):
    with pytest.raises(FilesRejected) as caught:
        unpacked(name, content)
    return " ".join(f"{problem.field}: {problem.detail}" for problem in caught.value.errors)


def zipped(entries, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def notebook(*sources, **more):
    cells = [{"cell_type": "code", "source": source, "outputs": []} for source in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **more}).encode()


LIES = (b"\xff" * 8, b"\xff" * 4, b"\xff\xff", b"\x00" * 8, b"\xff\xff\xff\x7f", b"\x01\x00", b"PK\x06\x06")


class TestPython:
    def test_a_file_is_one_cell_of_a_module_of_its_name(self):
        (source,) = unpacked("perceptron.py", b"x = 1\n").sources
        assert (source.name, source.module, source.cells) == ("perceptron.py", "perceptron", ("x = 1\n",))

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
            (b"x = 1\r\ny = 2\r\n", "x = 1\ny = 2\n"),
            (b"x = 1\ry = 2", "x = 1\ny = 2"),
            (b"", ""),
            (b"x = 1\x0cy = 2\n", "x = 1\x0cy = 2\n"),
            ("# coding: utf-8\nπ = 3\n".encode(), "# coding: utf-8\nπ = 3\n"),
            (b"# -*- coding: ascii -*-\n", "# -*- coding: ascii -*-\n"),
            (b"x\n\n# coding: latin-1 is what I used before\n", "x\n\n# coding: latin-1 is what I used before\n"),
        ],
    )
    def test_text_is_taken_with_utf8_and_line_feeds(self, content, text):
        assert unpacked("a.py", content).sources[0].cells == (text,)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"\xff\xfex\x00", "UTF-16"),
            (b"\x00\x00\xfe\xff\x00\x00\x00x", "UTF-32"),
            (b"x = 1\ny = '\x00'\n", "NUL byte in line 2"),
            (b"x = 1\n# caf\xe9\n", "line 2 has the byte 0xe9"),
            (b"# -*- coding: latin-1 -*-\n", 'coding "latin-1" in line 1'),
            (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n", 'coding "cp1252" in line 2'),
            (b"# coding: utf-7\n", "utf-7"),
            (b"\x7fELF\x02\x01\x01\x00", "a program"),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "PNG"),
            (b"%PDF-1.7\n\xe2\xe3", "PDF"),
            (b"PK\x03\x04rest", "zip archive inside; name it a.zip"),
            (notebook("x"), "notebook inside; name it a.ipynb"),
        ],
    )
    def test_what_is_not_python_text_is_refused_with_the_reason(self, content, words):
        assert words in refusal("a.py", content)

    def test_source_that_would_crash_a_parser_is_left_for_the_box(self):
        """Nothing here compiles or parses code: small sources can crash CPython itself."""
        content = b"(" * 100_000
        assert unpacked("a.py", content).sources[0].cells == (content.decode(),)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "module"),
        [
            ("homework 1 (2).py", "homework_1_2"),
            ("hw-1.final.py", "hw_1_final"),
            ("感知器.py", "感知器"),
            ("1.py", "file_1"),
            ("class.py", "file_class"),
            ("PERCEPTRON.PY", "PERCEPTRON"),
        ],
    )
    def test_any_ordinary_name_becomes_importable(self, name, module):
        assert unpacked(name, b"").sources[0].module == module

    @pytest.mark.parametrize(
        "name", ["numpy.py", "os.py", "json.py", "NumPy.py", "sitecustomize.py", "torch.ipynb", "os!.py", "ｎumpy.py"]
    )
    def test_a_name_that_would_hide_a_module_is_refused_with_advice(self, name):
        words = refusal(name, b"" if name.endswith("py") else notebook("x"))
        assert "would hide it" in words
        assert "perceptron.py" in words

    @pytest.mark.parametrize(
        "name",
        [
            "../x.py",
            "/etc/x.py",
            "a\\b.py",
            "C:\\x.py",
            "a\nb.py",
            "a\x00.py",
            "evil\u202eyp.py",
            "con.py",
            "-rf.py",
            ".hidden.py",
            " a.py",
            "a" * 300 + ".py",
            "",
            "x.txt",
            "x.tar.gz",
            "x",
            "x.pyc",
        ],
    )
    def test_a_name_nobody_should_have_is_refused(self, name):
        assert refusal(name, b"x = 1\n")

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("../x.py", "folder in its name"),
            ("a\\b.py", "folder in its name"),
            ("a\x00.py", "cannot be shown"),
            ("evil\u202eyp.py", "cannot be shown"),
            (".hidden.py", "begins or ends"),
            ("-rf.py", "begins or ends"),
            (" a.py", "begins or ends"),
            ("con.py", "reserve"),
            ("a" * 300 + ".py", "303 characters"),
            ("x.pyc", "is not a .py, .ipynb or .zip"),
        ],
    )
    def test_a_name_is_refused_for_its_own_reason(self, name, why):
        """Several rules refuse some of these names; each of them has to be there."""
        assert why in refusal(name, b"x = 1\n")

    def test_markup_in_a_name_is_only_text(self):
        assert unpacked("<img onerror=x>.py", b"").sources[0].name == "<img onerror=x>.py"

    def test_two_files_of_one_name_are_refused(self):
        with pytest.raises(FilesRejected, match="twice"):
            unpack([("a.py", b""), ("A.py", b"")], "perceptron")

    def test_a_module_and_a_notebook_of_one_name_are_refused_naming_both(self):
        with pytest.raises(FilesRejected, match=r"a\.ipynb"):
            unpack([("a.py", b""), ("a.ipynb", notebook("x"))], "perceptron")

    def test_every_problem_is_told_at_once(self):
        with pytest.raises(FilesRejected) as caught:
            unpack([("a.txt", b""), ("b.py", b"\x00"), ("c.py", b"")], "perceptron")
        assert [problem.field for problem in caught.value.errors] == ["a.txt", "b.py"]


class TestNotebooks:
    def test_code_cells_come_in_order_and_other_cells_are_passed_over(self):
        document = json.loads(notebook("a = 1", ["b = 2\n", "c = 3"]))
        document["cells"].insert(1, {"cell_type": "markdown", "source": "# b = 4"})
        (source,) = unpacked("hw.ipynb", json.dumps(document).encode()).sources
        assert source.cells == ("a = 1", "b = 2\nc = 3")
        assert source.cell_labels == ("code cell 1", "code cell 2")

    def test_format_3_is_read(self):
        document = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "a = 1"}]}]}
        assert unpacked("hw.ipynb", json.dumps(document).encode()).sources[0].cells == ("a = 1",)

    def test_outputs_of_any_kind_are_never_looked_at(self):
        document = json.loads(notebook("a = 1"))
        document["cells"][0]["outputs"] = {"evil": [1e999, None]}
        assert unpacked("hw.ipynb", json.dumps(document).encode()).sources[0].cells == ("a = 1",)

    @pytest.mark.parametrize(
        ("cell", "python"),
        [
            ("%matplotlib inline\nx = 1", "pass\nx = 1"),
            ("if True:\n    !ls -l\n    x = 1", "if True:\n    pass\n    x = 1"),
            ("!pip install a \\\n  b\nx = 1", "pass\n\nx = 1"),
            ("files = !ls\nx = 1", "pass\nx = 1"),
            ("?np.dot\nnp.dot??\nx = 1", "pass\npass\nx = 1"),
            ("%%time\nx = 1", "pass\nx = 1"),
            ("\n%%capture out\nx = 1", "\npass\nx = 1"),
            ("x = (7\n  %np.pi)", "x = (7\n  %np.pi)"),
            ("s = '''\n%no magic\n!none\n'''", "s = '''\n%no magic\n!none\n'''"),
            ("x = 7 \\\n  %y", "x = 7 \\\n  %y"),
            ("x = '(' # (\n!ls", "x = '(' # (\npass"),
            ('x = "\\"("\n!ls', 'x = "\\"("\npass'),
            ("x != y\nz = a % b", "x != y\nz = a % b"),
        ],
    )
    def test_magics_and_shell_lines_go_and_python_keeps_its_lines(self, cell, python):
        assert unpacked("hw.ipynb", notebook(cell)).sources[0].cells == (python,)

    @pytest.mark.parametrize("magic", ["%%html", "%%bash", "%%writefile x.py", "%%javascript", "%%R", "%%"])
    def test_a_cell_in_another_language_is_left_out_with_a_note(self, magic):
        found = unpacked("hw.ipynb", notebook("a = 1", f"{magic}\nrm -rf /", "b = 2"))
        assert found.sources[0].cells == ("a = 1", "", "b = 2")
        assert "code cell 2 was left out" in found.notes[0]

    def test_notes_stay_short_however_much_is_left_out(self):
        """A few KiB of compressed cells would otherwise be tens of MiB of notes, stored and shown with every result."""
        cells = [f"%%{'a' * 9000}\n", *["%%bash\n"] * 99]
        notes = unpacked("hw.ipynb", notebook(*cells)).notes
        assert "code cell 1 was left out" in notes[0]
        assert notes[-1] == "hw.ipynb: 97 more cells of such a kind were left out."
        assert sum(map(len, notes)) < 1000

    def test_more_lines_than_anybody_writes_are_refused_before_each_is_looked_at(self):
        """An archive of notebooks of empty lines is 20 KiB large and took the web server ten seconds to read."""
        assert "20,001 lines" in refusal("hw.ipynb", notebook("\n" * 20_000))
        lines = notebook("\n" * 500_000)
        started = time.process_time()
        assert "500,001 lines" in refusal("hw.zip", zipped([(f"a{at}.ipynb", lines) for at in range(10)]))
        assert time.process_time() - started < 3  # 6 s when they were

    def test_what_was_left_out_is_noted(self):
        (note,) = unpacked("hw.ipynb", notebook("%matplotlib inline\n!ls\n!pwd\n!id")).notes
        assert note.startswith("hw.ipynb: magics, shell and help lines were left out: `%matplotlib inline` in")
        assert note.endswith(" 1, `!ls` in code cell 1, `!pwd` in code cell 1 and 1 more.")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"{", "JSON cannot be read"),
            (b"[" * 100_000, "JSON cannot be read"),
            (b"[1, 2]", "not an object"),
            (b'{"cells": 3}', "no list of cells"),
            (b'{"cells": []}', "no code cell"),
            (b'{"cells": [{"cell_type": "code", "source": 3}]}', "cell 1 whose source is not text"),
            (b'{"cells": ["x"]}', "cell 1 that is not a cell"),
            (b'{"cells": [{"cell_type": "code", "source": "\\ud800"}]}', "no text"),
            (b'{"cells": [{"cell_type": "code", "source": "\\u0000"}]}', "no text"),
            (notebook("x", metadata={"kernelspec": {"language": "R"}}), 'for "R"'),
            (b"x = 1\n", "if it is Python source, let its name end with .py"),
            (b'{"x": 1' + b"0" * 6000 + b"}", "JSON cannot be read"),
        ],
    )
    def test_what_is_no_notebook_is_refused_with_the_reason(self, content, words):
        assert words in refusal("hw.ipynb", content)

    def test_a_notebook_of_too_many_cells_is_refused(self):
        assert "2001 cells" in refusal("hw.ipynb", notebook(*["x"] * 2001))

    @given(st.text(max_size=200))
    def test_any_cell_keeps_its_number_of_lines(self, cell):
        cell = cell.replace("\x00", "").replace("\r", "")
        try:
            found = unpacked("hw.ipynb", notebook(cell)).sources[0].cells[0]
        except FilesRejected:
            return
        assert found == "" or found.count("\n") == cell.count("\n")


class TestArchives:
    def test_modules_come_out_flattened_by_one_folder(self):
        found = unpacked("hw.zip", zipped([("hw/b.py", "x = 1"), ("hw/a.py", "y = 1"), ("hw/", "")]))
        assert [source.name for source in found.sources] == ["a.py", "b.py"]

    def test_what_systems_add_is_ignored_silently_and_other_files_with_a_note(self):
        found = unpacked(
            "hw.zip",
            zipped(
                [
                    ("hw/a.py", "x = 1"),
                    ("__MACOSX/hw/._a.py", "\x00"),
                    ("hw/.DS_Store", "\x00"),
                    ("hw/__pycache__/a.pyc", "\x00"),
                    ("hw/__init__.py", ""),
                    ("hw/README.md", "hello"),
                ]
            ),
        )
        assert [source.name for source in found.sources] == ["a.py"]
        assert found.notes == ("hw.zip: only .py and .ipynb files are graded, so README.md was left out.",)

    @pytest.mark.parametrize(
        ("entries", "words"),
        [
            ([("../a.py", "x")], "leads out"),
            ([("/a.py", "x")], "leads out"),
            ([("C:/a.py", "x")], "leads out"),
            ([("hw/../../a.py", "x")], "leads out"),
            ([("hw\\a.py", "x")], "leads out"),
            ([("a/b/c.py", "x")], "more than one folder deep"),
            ([("a/x.py", ""), ("b/x.py", "")], 'two files named "x.py"'),
            ([("inner.zip", zipped([("a.py", "x")]))], "another archive"),
            ([("a.py", zipped([("b.py", "x")]))], "zip archive inside a zip"),
            ([("README.md", "x")], "no .py file"),
            ([], "no .py file"),
            ([("numpy.py", "x")], "would hide it"),
            ([("a.py", b"\xff\xfe")], "UTF-16"),
            ([(f"m{at}.py", "") for at in range(51)], "51 source files"),
            ([(f"m{at}.txt", "") for at in range(1001)], "1001 entries"),
        ],
    )
    def test_an_archive_nobody_should_open_is_refused(self, entries, words):
        assert words in refusal("hw.zip", zipped(entries))

    def test_a_link_is_refused(self):
        info = zipfile.ZipInfo("a.py")
        info.external_attr = 0o120777 << 16
        assert "link or a device" in refusal("hw.zip", zipped([(info, "/etc/passwd")]))

    def test_an_encrypted_archive_is_refused(self):
        content = bytearray(zipped([("a.py", "x = 1")]))
        content[content.index(b"PK\x01\x02") + 8] |= 1
        assert "password" in refusal("hw.zip", bytes(content))

    def test_unusual_compression_is_refused(self):
        assert "unusual compression" in refusal("hw.zip", zipped([("a.py", "x")], zipfile.ZIP_LZMA))

    @pytest.mark.parametrize("cut", [10, 40, 100])
    def test_a_broken_archive_is_refused(self, cut):
        content = zipped([("a.py", "x = 1\n" * 50)])
        assert "broken" in refusal("hw.zip", content[: len(content) - cut])

    def test_a_damaged_entry_is_refused(self):
        content = bytearray(zipped([("a.py", "x = 1\n" * 50)], zipfile.ZIP_STORED))
        content[60] ^= 0xFF
        assert "broken" in refusal("hw.zip", bytes(content))

    def test_a_bomb_is_stopped_by_what_comes_out_and_not_by_what_it_claims(self):
        bomb = bytearray(zipped([("a.py", b"#" * (50 << 20))]))
        assert len(bomb) < 100_000
        assert "more than 1024 KiB" in refusal("hw.zip", bytes(bomb))
        central = bomb.index(b"PK\x01\x02")
        bomb[central + 24 : central + 28] = (100).to_bytes(4, "little")  # claims 100 bytes
        assert refusal("hw.zip", bytes(bomb))

    def test_a_bomb_is_not_unpacked_to_find_out_how_large_it_is(self):
        bomb = zipped([("a.py", b"#" * (64 << 20))])
        tracemalloc.start()
        try:
            assert "more than 1024 KiB" in refusal("hw.zip", bomb)
            assert tracemalloc.get_traced_memory()[1] < 16 << 20
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("name", ["-rf.py", "con.py", "evil\u202eyp.py", "a" * 101 + ".py"])
    def test_a_name_nobody_should_have_is_refused_within_an_archive(self, name):
        assert "name" in refusal("hw.zip", zipped([(name, "x = 1")]))

    def test_the_sum_of_what_comes_out_is_bounded(self):
        content = zipped([(f"m{at}.py", b"#" * 1000) for at in range(10)])
        with pytest.raises(FilesRejected, match="unpacks to more"):
            unpack([("hw.zip", content)], "perceptron", UploadLimits(unpacked_bytes=5000))

    def test_what_comes_out_of_several_archives_is_bounded_together(self):
        """Fifty archives of 20 MiB each, a few hundred KiB to send, would be a GiB in the web server and the worker."""
        files = [(f"hw{at}.zip", zipped([(f"m{at}.py", b"#" * 3000)])) for at in range(3)]
        assert len(unpack(files, "perceptron", UploadLimits(unpacked_bytes=9000)).sources) == 3
        with pytest.raises(FilesRejected) as caught:
            unpack(files, "perceptron", UploadLimits(unpacked_bytes=8 << 10))
        (problem,) = caught.value.errors
        assert problem.field == "hw2.zip"
        assert "with the archives before it" in problem.detail

    def test_what_a_refused_archive_took_counts(self):
        """Else as many of them as an upload may hold would each be unpacked, to be refused for their last entry."""
        broken = bytearray(zipped([("m.py", b"#" * 3000), ("n.py", b"x = 1" * 99)], zipfile.ZIP_STORED))
        broken[broken.index(b"x = 1")] ^= 0xFF
        with pytest.raises(FilesRejected) as caught:
            unpack([(f"hw{at}.zip", bytes(broken)) for at in range(3)], "p", UploadLimits(unpacked_bytes=5000))
        broken_one, *too_much = [problem.detail for problem in caught.value.errors]
        assert "broken" in broken_one
        assert all("with the archives before it" in detail for detail in too_much)
        assert len(too_much) == 2

    def test_files_in_several_archives_are_counted_together(self):
        files = [(f"hw{at}.zip", zipped([(f"m{at}{n}.py", "x = 1") for n in "abcd"])) for at in range(3)]
        assert len(unpack(files, "perceptron", UploadLimits(files=12)).sources) == 12
        with pytest.raises(FilesRejected, match="with the archives before it; at most 11"):
            unpack(files, "perceptron", UploadLimits(files=11))

    def test_a_notebook_in_an_archive_is_read(self):
        found = unpacked("hw.zip", zipped([("hw.ipynb", notebook("a = 1"))]))
        assert found.sources[0].cells == ("a = 1",)

    def test_offset_that_no_file_can_have_is_refused(self):
        """Zip64 writes offsets of 64 bits; beyond 63 Python's `seek` overflows, which was a failure of ours."""
        content = bytearray(zipped([("a.py", "x = 1")]))
        entry = content.index(b"PK\x01\x02")
        extra = struct.pack("<HHQ", 1, 8, (1 << 64) - 1)
        content[entry + 30 : entry + 32] = struct.pack("<H", len(extra))
        content[entry + 42 : entry + 46] = b"\xff" * 4
        name_end = entry + 46 + len("a.py")
        content[name_end:name_end] = extra
        end = content.rindex(b"PK\x05\x06")
        content[end + 12 : end + 16] = struct.pack("<L", end - entry)
        assert "broken" in refusal("hw.zip", bytes(content))

    @given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from(LIES)), min_size=1, max_size=4))
    def test_any_lie_in_an_archive_is_refused_or_harmless(self, lies):
        content = bytearray(zipped([("a.py", "x = 1\n" * 9), ("b.py", "y = 1")]))
        for at, lie in lies:
            place = at % len(content)
            content[place : place + len(lie)] = lie
        with contextlib.suppress(FilesRejected):
            unpack([("hw.zip", bytes(content))], "perceptron")

    @given(st.binary(max_size=300))
    def test_any_bytes_named_zip_are_refused_and_never_crash(self, content):
        assert refusal("hw.zip", content)
        assert refusal("hw.zip", b"PK\x03\x04" + content)


@given(st.text(max_size=40), st.binary(max_size=200), st.sampled_from([".py", ".ipynb", ".zip", ""]))
def test_any_upload_is_unpacked_or_refused(name, content, extension):
    try:
        found = unpack([(name + extension, content)], "perceptron")
    except FilesRejected as error:
        problems = error.errors
    else:
        problems = ()
        assert found.sources[0].module.isidentifier()
        assert found.sources[0].module not in sys.stdlib_module_names
    assert problems or len(found.sources) == 1
