"""The studio's door: what other rooms may import, and nothing heavy behind it."""

import subprocess
import sys

import walras.studio

NAMES = """
    Asset AssetId CAUSES Cause Duplicate Fault MEDIA_FOLDER Making Measures MediaFile OutOfRange Studio Understood
    Unmakeable WrongOffset dying_with_parent find_file open_studio part_of
"""
HEAVY = ("cv2", "rapidocr_onnxruntime", "nudenet", "pocketsphinx", "lingua", "PIL", "onnxruntime", "scipy")


def test_the_door() -> None:
    assert sorted(walras.studio.__all__) == sorted(NAMES.split())
    assert all(hasattr(walras.studio, name) for name in walras.studio.__all__)


def test_whoever_serves_loads_no_model() -> None:
    code = f"import sys, walras.studio; print([name for name in {HEAVY} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"
