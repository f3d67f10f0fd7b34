"""The contact sheet: every prompt that was asked, with all its pictures."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from atelier.evaluating import Answer, Report

_CELL, _LINE, _GAP = 56, 13, 6
_COLUMNS = 5
_WRONG = (200, 40, 40)


def write_sheet(path: Path, report: Report) -> None:
    """A prompt is red where fewer than half of its pictures show what was asked for."""
    prompts: dict[str, list[Answer]] = {}
    for answer in report.answers:
        prompts.setdefault(answer.row["prompt"], []).append(answer)
    wide = max((len(found) for found in prompts.values()), default=1) * _CELL + _GAP
    high = _CELL + _LINE + _GAP
    rows = -(-len(prompts) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * wide, max(rows, 1) * high), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    for place, (prompt, found) in enumerate(prompts.items()):
        left, top = place % _COLUMNS * wide, place // _COLUMNS * high
        wrong = sum(answer.right for answer in found) * 2 < len(found)
        pen.text((left + 2, top), prompt[: wide // 5], fill=_WRONG if wrong else "black", font=font)
        for column, answer in enumerate(found):
            small = answer.picture.resize((_CELL, _CELL), Image.Resampling.LANCZOS)
            sheet.paste(small, (left + column * _CELL, top + _LINE))
    sheet.save(path, quality=80, method=6)
