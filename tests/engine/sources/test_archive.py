"""Archives are unpacked to plain files below one folder, or refused."""

import tarfile

import pytest
from archives import CODE, member, tar_of, zip_of

from backfeed.engine.errors import InputError
from backfeed.engine.sources import _archive
from backfeed.engine.sources._archive import look, unpack


@pytest.fixture
def unpacked(tmp_path):
    """Unpack bytes under a name; what lies there then, by path."""

    def do(data: bytes, name: str = "x-1.0.tar.gz"):
        archive = tmp_path / name
        archive.write_bytes(data)
        unpack(archive, tmp_path / "out")
        return look(tmp_path / "out")

    return do


def names(root) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz", "w"])
def test_an_archive_is_unpacked_without_its_outer_folder(unpacked, mode):
    found = unpacked(tar_of({"x-1.0/a.py": CODE, "x-1.0/b/c.py": ""}, mode=mode))
    assert names(found.root) == ["a.py", "b/c.py"]
    assert (found.root / "a.py").read_text() == CODE


def test_a_wheel_is_unpacked(unpacked):
    found = unpacked(
        zip_of({"x/a.py": CODE, "x-1.dist-info/METADATA": "y"}), "x-1-py3-none-any.whl"
    )
    assert names(found.root) == ["x-1.dist-info/METADATA", "x/a.py"]


def test_nothing_is_executable(unpacked, tmp_path):
    info = tarfile.TarInfo("x/run.sh")
    info.mode = 0o4777
    found = unpacked(tar_of({"x/a.py": CODE}, info))
    assert not any(path.stat().st_mode & 0o7111 for path in found.root.glob("*"))


HOSTILE_NAMES = ["../a.py", "x/../../a.py", "/etc/a.py", "x/..", "..\\a.py", "C:/a.py", "C:\\a.py"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_a_name_that_leads_out_is_refused(unpacked, tmp_path, name, pack):
    kind = "x.zip" if pack is zip_of else "x.tar.gz"
    with pytest.raises(InputError, match="leads out"):
        unpacked(pack({"x/b.py": CODE, name: CODE}), kind)
    assert sorted(p.name for p in tmp_path.iterdir()) == [kind]


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_device_is_refused(unpacked, kind):
    with pytest.raises(InputError, match="device"):
        unpacked(tar_of({"x/b.py": CODE}, member("x/null", kind)))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_are_left_out_and_told(unpacked, kind):
    found = unpacked(tar_of({"x/b.py": CODE}, member("x/a.py", kind, "/etc/passwd")))
    assert names(found.root) == ["b.py"]
    assert found.links == ("a.py",)


def test_a_file_cannot_be_written_through_a_link(unpacked, tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    raw = tar_of({"x/c/b.py": CODE}, member("x/c/d", tarfile.SYMTYPE, str(victim)))
    found = unpacked(raw)
    assert names(found.root) == ["c/b.py"]
    assert list(victim.iterdir()) == []


def test_a_bomb_is_refused(unpacked, monkeypatch):
    monkeypatch.setattr(_archive, "TOTAL_BYTES", 1 << 20)
    with pytest.raises(InputError, match="more than"):
        unpacked(tar_of({"x/zeros.py": b"\0" * (2 << 20)}))


def test_a_zip_bomb_that_lies_about_its_size_is_refused(unpacked, monkeypatch):
    honest = zip_of({"x/zeros.py": b"\0" * (2 << 20)})
    size = (2 << 20).to_bytes(4, "little")
    assert honest.count(size) == 2
    with pytest.raises(InputError):
        unpacked(honest.replace(size, (10).to_bytes(4, "little")), "x.zip")


def test_too_many_files_are_refused(unpacked, monkeypatch):
    monkeypatch.setattr(_archive, "FILES", 10)
    with pytest.raises(InputError, match="files"):
        unpacked(tar_of({f"x/{n}.py": "" for n in range(11)}))


def test_a_header_without_end_is_refused(unpacked):
    """A name of gigabytes would be read into memory before anybody sees it."""
    info = tarfile.TarInfo("x/a.py")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 4 << 30
    with pytest.raises(InputError, match="no archive that can be read"):
        unpacked(info.tobuf() + b"\0" * 4096, "x.tar")


@pytest.mark.parametrize("name", ["x.tar.gz", "x.zip"])
@pytest.mark.parametrize(
    "data", [b"", b"no archive at all" * 100, b"\x1f\x8b\x08 broken", b"PK\x03\x04"]
)
def test_what_is_no_archive_is_told(unpacked, name, data):
    with pytest.raises(InputError, match="no archive that can be read"):
        unpacked(data, name)


def test_a_cut_archive_is_told(unpacked):
    whole = tar_of({f"x/{n}.py": CODE * 50 + str(n) for n in range(50)})
    with pytest.raises(InputError, match="no archive that can be read"):
        unpacked(whole[: len(whole) // 2])


def test_a_name_that_is_file_and_folder_is_told(unpacked):
    with pytest.raises(InputError, match="twice"):
        unpacked(tar_of({"x/a": "1", "x/a/b.py": "2"}))


def test_it_is_unpacked_once(unpacked, tmp_path):
    data = tar_of({"x/a.py": CODE})
    first = unpacked(data)
    stamp = (first.root / "a.py").stat().st_mtime_ns
    assert (unpacked(data).root / "a.py").stat().st_mtime_ns == stamp
