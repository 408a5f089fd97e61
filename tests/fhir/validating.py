"""Two validators of FHIR R4 that know nothing of each other: `fhir.resources` for Python, `fhir` for Node."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from tests.fhir.conftest import BASE

ROOT = Path(__file__).resolve().parents[2]
SCRIPT, INSTALLED = Path(__file__).parent / "validator" / "validate.js", ROOT / ".venv" / "validator" / "node_modules"

# It compares codes with value sets that are examples or may be added to; those of this site's own systems are such.
OWN_CODE = re.compile(rf'Code ".*" \({BASE}/fhir/CodeSystem/[a-z-]+\) not found in value set')


def wrong(resources: Iterable[dict[str, Any]]) -> list[str]:
    """What either validator has against some resources, warnings too."""
    listed = list(resources)
    return [*wrong_by_python(listed), *wrong_by_node(listed)]


def wrong_by_python(resources: Iterable[dict[str, Any]]) -> list[str]:
    found = []
    for each in resources:
        try:
            get_fhir_model_class(each["resourceType"]).model_validate(each)
        except ValidationError as error:
            found.append(f"{each['resourceType']}/{each.get('id')}: {error}")
    return found


def wrong_by_node(resources: Iterable[dict[str, Any]]) -> list[str]:
    node = shutil.which("node")
    if node is None or not INSTALLED.is_dir():
        message = "The FHIR validator for Node is not installed: apt-get install -y nodejs npm, then scripts/test"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    lines = [json.dumps(each) for each in resources]
    done = subprocess.run(
        [node, str(SCRIPT)],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NODE_PATH": str(INSTALLED)},
    )
    *found, read = done.stdout.splitlines()
    assert json.loads(read) == ["read", len(lines)]
    return [each for each in found if not OWN_CODE.fullmatch(json.loads(each)[-1])]
