"""What the machine gives: the instance folder, free space, the clock of Tokyo."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask

from .findings import Finding, doubtful, good, wrong

GIGABYTE = 1024**3
LITTLE, TOO_LITTLE = 2 * GIGABYTE, GIGABYTE // 4


def check(app: Flask) -> Iterator[Finding]:
    folder = Path(app.instance_path)
    yield _writable(folder)
    yield from _private(folder)
    yield _space(folder)
    yield _clock()


def _writable(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return good(f"フォルダー {folder} に書けます。")
    except OSError as error:
        return wrong(
            f"フォルダー {folder} に書けません（{error.strerror}）。",
            "サーバーを動かす利用者のものにしてください。",
        )


def _private(folder: Path) -> Iterator[Finding]:
    if os.name == "nt":  # rights are told in another way there
        return
    files = [path for kind in ("*.sqlite", "*.txt", "backups/*") for path in folder.glob(kind)]
    if open_ := [path.name for path in files if path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP)]:
        yield doubtful(
            f"この機械のほかの利用者にも読めるファイルがあります：{'、'.join(sorted(open_)[:5])}",
            f"chmod -R o-rwx,g-w {folder} を実行し、サーバーは umask 027 で動かしてください。",
        )


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    told = f"空き容量は {free / GIGABYTE:.1f} GB です。"
    todo = "古い控えを別のところへ移すか、容量を増やしてください。"
    if free < TOO_LITTLE:
        return wrong(told, todo)
    return doubtful(told, todo) if free < LITTLE else good(told)


def _clock() -> Finding:
    try:
        zone = ZoneInfo("Asia/Tokyo")
    except ZoneInfoNotFoundError:
        return wrong("東京の時刻が分かりません。", "pip install tzdata を実行してください。")
    now = datetime.now(UTC).astimezone(zone)
    if now.utcoffset() != timedelta(hours=9):
        return wrong("東京の時刻の情報が正しくありません。", "pip install --upgrade tzdata を実行してください。")
    return good(f"いまは東京の {now:%Y-%m-%d %H:%M} です。違うときは、この機械の時計を直してください。")
